"""The spoken sentence and the pace."""

from __future__ import annotations

import pytest

from rtnb.checkup.speaking import SENTENCE, Spoken, judge_spoken, spoken


@pytest.mark.local
def test_a_real_sentence_is_recognised_word_for_word() -> None:
    facts = spoken()
    assert facts.errors == 0 and facts.speech_s > 2 and facts.pace > 0
    assert judge_spoken(facts)[0].verdict == "ok"


@pytest.mark.parametrize(("errors", "verdict"), [(0, "ok"), (2, "note"), (9, "problem")])
def test_errors(errors: int, verdict: str) -> None:
    assert judge_spoken(Spoken(2.6, 0.5, errors, "something", 2))[0].verdict == verdict


@pytest.mark.parametrize(("work_s", "verdict"), [(0.5, "ok"), (2.0, "note"), (5.2, "problem")])
def test_pace(work_s: float, verdict: str) -> None:
    _, pace = judge_spoken(Spoken(2.6, work_s, 0, SENTENCE, 1))
    assert pace.verdict == verdict and "one core" in pace.found


def test_nobody_speaks_and_a_voice_that_fails() -> None:
    assert [each.verdict for each in judge_spoken(Spoken())] == ["skipped"]
    assert [each.found for each in judge_spoken(Spoken(unloaded=True))] == ["the models are not loaded"]
    assert [each.verdict for each in judge_spoken(Spoken(said="RuntimeError: no"))] == ["problem"]
