"""Sentences of refusals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.web import refusals


@given(st.text(max_size=200))
def test_a_masked_key_shows_at_most_its_ends(key: str) -> None:
    masked = refusals.masked(key)
    assert len(masked) == min(len(key), 8 + refusals.MOST_STARS + 4)
    if len(key) >= 16:
        assert masked[:8] == key[:8] and masked[-4:] == key[-4:] and set(masked[8:-4]) == {"*"}
    else:
        assert set(masked) <= {"*"}


def test_the_sentences_of_the_live_service() -> None:
    assert refusals.session_expired(3600).message == "Your session hit the maximum duration of 60 minutes."
    assert refusals.session_expired(60).message == "Your session hit the maximum duration of 1 minute."
    assert refusals.bad_key("sk-0123456789abcdef").message.startswith("Incorrect API key provided: sk-01234*")
    assert refusals.missing_model().code == "missing_model"


def test_what_a_client_sends_is_not_repeated_without_bound() -> None:
    assert len(refusals.unsupported_model("x" * 10_000).message) < 300
    assert len(refusals.unknown_model("x" * 10_000).message) < 300
    assert len(refusals.wrong_path("GET", "/" * 10_000).message) < 300
