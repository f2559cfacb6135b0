"""Values that asides give."""

from __future__ import annotations

import copy
import pickle

import pytest

from rtnb.session.verbs.aside_result import AsideResult, Label, ModelTranscript, Moderation


@pytest.mark.parametrize(
    ("text", "data"),
    [('{"a": 1}', {"a": 1}), ('Sure: {"a": 1}.', {"a": 1}), ("```\n[1]\n```", [1]), ("plain", None), ("{no}", None)],
)
def test_json_is_found(text: str, data: object) -> None:
    assert AsideResult(text=text).data == data


def test_why_it_was_not_completed() -> None:
    assert AsideResult(status="cancelled").status_reason == "cancelled"
    assert (
        AsideResult(status="incomplete", status_details={"reason": "content_filter"}).status_reason == "content_filter"
    )
    assert "failed (failed)" in repr(AsideResult(status="failed"))


def test_a_label_is_a_string_that_survives_copies() -> None:
    label = Label("a", reason="why", result=AsideResult(text="a"))
    assert {label: 1}["a"] == 1 and repr(label) == "'a'"
    for twin in (copy.deepcopy(label), pickle.loads(pickle.dumps(label))):
        assert twin == label and twin.reason == "why" and twin.result.text == "a"


def test_a_verdict_is_true_when_flagged() -> None:
    assert Moderation(flagged=True, result=AsideResult()) and not Moderation(flagged=False, result=AsideResult())


def test_without_a_second_transcript_there_is_nothing_to_compare() -> None:
    assert ModelTranscript(text="a", result=AsideResult()).disagreement is None
