"""Cards of explanations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.markup import assert_harmless, read

from rtnb._display import bundle
from rtnb.plots.explained import explanation_card
from rtnb.protocol.explain import explain, explainable_names
from rtnb.protocol.explanation import Explanation


@pytest.mark.parametrize("name", ["response.done", "audio_end_ms", "cannot_update_voice", "1006", "session.voice"])
def test_a_card_says_what_the_text_says(name: str) -> None:
    found = explain(name)
    text = read(explanation_card(found)).text()
    for part in found.parts or (found,):
        assert part.means in text and part.do in text
        assert all(member in text for member, _ in part.members)


def test_every_card_is_harmless() -> None:
    for name in explainable_names():
        assert_harmless(str(explanation_card(explain(name))))


@given(st.text(), st.text())
def test_what_a_server_wrote_is_shown_and_no_markup(code: str, message: str) -> None:
    for words in (code, f"<script>alert(1)</script>{message}"):
        found = explain({"type": "error", "error": {"code": words, "message": words}})
        assert_harmless(str(explanation_card(found)))


def test_a_notebook_gets_both_forms() -> None:
    found = bundle(explain("response.cancel"))
    assert found["text/plain"] == repr(explain("response.cancel"))
    assert "<section" in found["text/html"]


def test_a_bare_one_has_no_table() -> None:
    assert "<table" not in str(explanation_card(Explanation(name="x", kind="value", means="Something.")))
