from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.views.pieces import ErrorView, ImageView, ToolCallView

ANY = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.none(), max_size=1)


@given(st.dictionaries(st.sampled_from(["code", "type", "message", "param", "x"]), ANY))
def test_an_error_is_made_of_anything(wire: dict[str, object]) -> None:
    error = ErrorView.of(wire)
    assert error.message and error.severity and str(error)


def test_an_error_without_words_goes_by_its_code() -> None:
    assert ErrorView.of({"code": "rate_limit_exceeded"}).message == "rate_limit_exceeded"
    assert ErrorView.of({}).message == "the server gave no reason"
    assert str(ErrorView.of({"code": "c", "message": "No."})) == "No. (c)"


def test_a_lost_connection_is_no_bug_of_the_user() -> None:
    error = ErrorView.of({"type": "connection_error", "code": "connection_lost"})
    assert error.severity == "retry" and error.advice.startswith("Ask again.")
    assert ErrorView.of({"code": "never_heard_of"}).advice == ""


def test_a_race_is_benign_and_a_setting_is_not() -> None:
    assert ErrorView.of({"code": "response_cancel_not_active"}).severity == "benign"
    assert ErrorView.of({"code": "cannot_update_voice", "message": ""}).severity == "config"


@pytest.mark.parametrize(
    ("arguments", "signature"),
    [
        ('{"city": "Paris", "n": 2, "on": true}', 'f(city="Paris", n=2, on=true)'),
        ("", "f()"),
        ("{}", "f()"),
        ('{"half', 'f({"half)'),
        ("[1]", "f([1])"),
        ('{"name": "Zoë"}', 'f(name="Zoë")'),
    ],
)
def test_a_call_reads_as_it_would_be_written(arguments: str, signature: str) -> None:
    assert ToolCallView("f", arguments).signature == signature


def test_what_a_call_gave_its_error_first() -> None:
    assert str(ToolCallView("f", output="{}", error="ValueError: no")) == "f() → ValueError: no"
    assert str(ToolCallView("f", output="")) == "f() → "
    assert str(ToolCallView("f", status="timed_out")) == "f() → timed out"


def test_an_image_prints_short() -> None:
    assert repr(ImageView("data:image/png;base64," + "A" * 4000)).startswith("ImageView(image/png, 3,0")
    assert repr(ImageView("")) == "ImageView(image, 0 bytes)"


def test_a_call_prints_as_one_short_line() -> None:
    assert repr(ToolCallView("f", output="1", duration_s=0.25049)) == "ToolCallView(f() → 1, 250 ms)"
    assert len(repr(ToolCallView("f", output="a\n" * 500))) < 110
