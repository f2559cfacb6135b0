from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.talks import DAY, ledger_of_steps, ledger_of_talk

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.assumptions import Assumptions
from rtnb.pricing.ahead.calibration import calibrate
from rtnb.pricing.ahead.projection import project
from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.tokens import ModalityCount, Step, TokenUsage, Truncation

TALKS = st.builds(
    Assumptions,
    turns_per_minute=st.floats(1, 6),
    talk_share=st.floats(0.2, 1),
    user_share=st.floats(0.2, 0.8),
    instruction_tokens=st.integers(0, 2000),
    text_share=st.floats(0.1, 0.5),
    cache_hit_rate=st.floats(0.3, 1),
    truncation=st.sampled_from([Truncation(), Truncation("retention_ratio", 0.7, 1500)]),
    transcription=st.sampled_from([None, "whisper-1"]),
)


@given(TALKS, st.integers(3, 20))
@settings(max_examples=40, deadline=None)
def test_what_went_as_assumed_is_found_again(assumed: Assumptions, minutes: int) -> None:
    fit = calibrate(ledger_of_talk(minutes, assumed))
    found = fit.assumptions
    assert found.turns_per_minute * minutes == pytest.approx(assumed.turns_in(minutes))
    assert found.talk_share == pytest.approx(assumed.talk_share, rel=0.01)
    assert found.user_share == pytest.approx(assumed.user_share, rel=0.01)
    assert found.user_tokens_per_minute == pytest.approx(600, rel=0.01)
    assert found.assistant_tokens_per_minute == pytest.approx(1200, rel=0.01)
    assert found.instruction_tokens == assumed.instruction_tokens
    assert found.text_share == pytest.approx(assumed.text_share, rel=0.02)
    assert found.truncation == assumed.truncation
    assert found.transcription == assumed.transcription
    # In a talk that is truncated before every response nothing comes back from which the cache could be told.
    if not any("cache could not be fitted" in note for note in fit.notes):
        assert found.cache_hit_rate == pytest.approx(assumed.cache_hit_rate, abs=0.03)
    # Whether a turn is dropped may hang on one token, and spoils the cache of a whole context once.
    assert abs(fit.error) < (0.02 if assumed.truncation == Truncation() else 0.2)
    assert fit.minutes == minutes
    assert fit.talks == 1


def test_interrupted_answers_are_found_again() -> None:
    whole = Step(ModalityCount(audio=60), ModalityCount(30, 120), ModalityCount(30, 120), ModalityCount(text=200))
    cut = replace(whole, kept=ModalityCount(0, 30))
    fit = calibrate(ledger_of_steps([whole, whole, cut, whole] * 6))
    assert fit.assumptions.interruption_rate == 0.25
    assert fit.assumptions.heard_share == 0.25
    # As many tokens are generated, and as many come back, as in the recording.
    steps = fit.assumptions.steps(10)
    assert sum(step.made.audio for step in steps) == 24 * 120
    assert sum(step.kept.audio for step in steps) == 18 * 120 + 6 * 30
    assert sum(step.kept.text for step in steps) == 18 * 30
    assert abs(fit.error) < 0.02


def test_projected_and_actual_are_one_talk_as_long_as_the_mean() -> None:
    short, long = ledger_of_talk(4), ledger_of_talk(8)
    fit = calibrate([short, long])
    assert fit.talks == 2
    assert fit.minutes == fit.projected.minutes == 6
    alone = [calibrate(each).actual.total_usd for each in (short, long)]
    assert fit.actual.total_usd == pytest.approx(sum(alone) / 2)
    assert fit.actual_curve[-1] == (6.0, pytest.approx(fit.actual.total_usd))
    assert fit.projected.on == DAY
    assert fit.projected.model == "gpt-realtime"


def test_the_actual_curve_climbs_to_the_bill() -> None:
    fit = calibrate(ledger_of_talk(5, Assumptions(transcription="whisper-1")))
    assert fit.actual_curve[-1] == (5.0, pytest.approx(fit.actual.total_usd))
    assert [usd for _, usd in fit.actual_curve] == sorted(usd for _, usd in fit.actual_curve)


def test_error_is_projected_over_actual() -> None:
    fit = calibrate(ledger_of_talk(5))
    dearer = replace(fit, actual=fit.projected.cost * 2)
    assert dearer.error == pytest.approx(-0.5)
    assert "−50.0 %" in repr(dearer)


def test_both_sides_go_to_another_model_and_day() -> None:
    ledger = ledger_of_talk(5)
    fit = calibrate(ledger, model="gpt-4o-mini-realtime-preview", on="2025-06-01")
    assert fit.projected.model == fit.actual.model == "gpt-4o-mini-realtime-preview"
    assert fit.projected.on == fit.actual.on == date(2025, 6, 1)
    assert abs(fit.error) < 0.02
    assert fit.actual.total_usd < calibrate(ledger).actual.total_usd


def test_a_talk_sent_faster_than_it_plays_has_its_tokens() -> None:
    ledger = replace(ledger_of_talk(10), duration_s=60.0)
    fit = calibrate(ledger)
    assert fit.assumptions.talk_share == 1.0
    assert any("faster than it plays" in note for note in fit.notes)
    assert sum(step.made.audio for step in fit.assumptions.steps(1)) == pytest.approx(4200, abs=1)
    assert abs(fit.error) < 0.03


def test_a_typed_talk() -> None:
    typed = Step(ModalityCount(text=12), ModalityCount(text=40), ModalityCount(text=42), ModalityCount(text=100))
    fit = calibrate(ledger_of_steps([typed] * 12, duration_s=240))
    found = fit.assumptions
    assert (found.talk_share, found.text_share) == (0, 0)
    # 12 that were typed, and 2 that frame each answer when it comes back.
    assert found.user_text_tokens_per_turn == 14
    assert found.answer_text_tokens_per_turn == 40
    assert abs(fit.error) < 0.02


def test_seconds_that_are_not_known_come_from_the_tokens() -> None:
    ledger = ledger_of_talk(5)
    silent = tuple(replace(one, user_audio_s=0.0, answer_audio_s=0.0, heard_s=None) for one in ledger.exchanges)
    found = calibrate(replace(ledger, exchanges=silent)).assumptions
    assert found.talk_share == pytest.approx(0.7, rel=0.01)
    assert found.user_share == pytest.approx(0.5, rel=0.01)


def test_one_turn() -> None:
    fit = calibrate(ledger_of_talk(0.3))
    assert fit.projected.turns == 1
    assert any("cache could not be fitted" in note for note in fit.notes)
    assert fit.assumptions.cache_hit_rate == 1.0
    assert abs(fit.error) < 0.02


def test_nothing_counted_is_estimated_and_says_so() -> None:
    ledger = ledger_of_talk(5)
    uncounted = replace(ledger, exchanges=tuple(replace(one, usage=None) for one in ledger.exchanges))
    fit = calibrate(uncounted)
    assert any("server counted nothing" in note for note in fit.notes)
    assert math.isnan(fit.error)
    assert fit.projected.total_usd > 0
    assert repr(fit)


def test_seconds_of_transcription_that_were_rounded_up() -> None:
    ledger = ledger_of_talk(5, Assumptions(transcription="whisper-1"))
    turns = [
        replace(ledger.transcriptions[0], item_id=f"item_{one.turn}", usage={"type": "duration", "seconds": 9})
        for one in ledger.exchanges
    ]
    fit = calibrate(replace(ledger, transcriptions=tuple(turns)))
    # 15 turns of 7 seconds, each charged as 9.
    assert fit.assumptions.transcribed_share == pytest.approx(9 / 7)
    assert abs(fit.error) < 0.02
    [said] = [line for line in fit.projected.lines if line.kind == "transcription"]
    assert said.seconds == pytest.approx(135)


def test_tokens_of_transcription() -> None:
    ledger = ledger_of_talk(5, Assumptions(transcription="gpt-4o-transcribe"))
    usage = {
        "type": "tokens",
        "total_tokens": 1680,
        "input_tokens": 1260,
        "output_tokens": 420,
        "input_token_details": {"text_tokens": 0, "audio_tokens": 1260},
    }
    ledger = replace(ledger, transcriptions=(replace(ledger.transcriptions[0], usage=usage),))
    fit = calibrate(ledger)
    assert fit.assumptions.transcribed_share == pytest.approx(1260 / 1050)
    assert abs(fit.error) < 0.02
    for broken in ({}, {"type": "duration", "seconds": None}, {"type": "duration", "seconds": "9"}):
        odd = replace(ledger, transcriptions=(replace(ledger.transcriptions[0], usage=broken),))
        assert calibrate(odd).assumptions.transcribed_share == 1.0


def test_a_full_window_is_not_taken_for_a_bad_cache() -> None:
    fit = calibrate(ledger_of_talk(120))
    assert fit.assumptions.cache_hit_rate == 1.0
    assert abs(fit.error) < 0.01
    assert any("oldest turns are dropped" in note for note in fit.projected.notes)


def test_no_response_is_one_clear_error() -> None:
    with pytest.raises(ConfigError, match="no answered response"):
        calibrate(Ledger())
    failed = Exchange(response_id="a", turn=0, at_s=1, on=DAY, model="m", status="failed")
    with pytest.raises(ConfigError, match="no answered response"):
        calibrate(Ledger(exchanges=(failed,)))
    with pytest.raises(ConfigError, match=r"rtnb\.replay"):
        calibrate()


def test_no_length_at_all() -> None:
    one = Exchange(response_id="a", turn=0, at_s=0, on=DAY, model="gpt-realtime", usage=TokenUsage(input_text=9))
    assert calibrate(Ledger(exchanges=(one,), model="gpt-realtime", on=DAY)).minutes == 1.0
    assert calibrate(Ledger(exchanges=(replace(one, at_s=90.0),), on=DAY)).minutes == 1.5


def test_a_recording_without_a_model_is_unpriced() -> None:
    ledger = ledger_of_talk(2, model="")
    fit = calibrate(ledger)
    assert fit.actual.unpriced
    assert fit.projected.cost.unpriced
    assert math.isnan(fit.error)
    assert abs(calibrate(ledger, model="gpt-realtime").error) < 0.02


def test_what_is_not_projected_is_said() -> None:
    ledger = ledger_of_talk(3)
    apart = replace(ledger.exchanges[-1], response_id="apart", in_conversation=False)
    other = replace(ledger.exchanges[-1], response_id="other", model="gpt-realtime-mini", given=ModalityCount(image=85))
    notes = " ".join(calibrate(replace(ledger, exchanges=(*ledger.exchanges, apart, other))).notes)
    assert "1 response outside of the conversation" in notes
    assert "Several models answered (gpt-realtime, gpt-realtime-mini)" in notes
    assert "85 tokens of images" in notes
    mixed = [ledger, replace(ledger, truncation=Truncation("disabled"))]
    assert "truncated in several ways" in " ".join(calibrate(mixed).notes)


def test_line_by_line() -> None:
    fit = calibrate(ledger_of_talk(5))
    rows = fit.records()
    assert [row["line"] for row in rows] == [line.label for line in fit.actual.lines]
    assert sum(row["actual_usd"] for row in rows) == pytest.approx(fit.actual.total_usd)
    assert sum(row["projected_usd"] for row in rows) == pytest.approx(fit.projected.total_usd)
    assert len(fit.to_frame()) == len(rows)


def test_the_assumptions_serve_a_projection() -> None:
    fit = calibrate(ledger_of_talk(5))
    longer = project(20, "gpt-realtime", on=DAY, assumptions=fit.assumptions)
    assert longer.total_usd == pytest.approx(calibrate(ledger_of_talk(20)).actual.total_usd, rel=0.02)


LAUNCH, THEN = "gpt-4o-realtime-preview-2024-10-01", date(2024, 11, 21)


def launch_talk(minutes: float) -> Ledger:
    ledger = ledger_of_talk(minutes, model=LAUNCH)
    return replace(ledger, on=THEN, exchanges=tuple(replace(one, on=THEN) for one in ledger.exchanges))


@pytest.mark.parametrize("lengths", [(5, 15), (1, 20), (2, 3, 30)])
def test_talks_of_several_lengths_are_projected_each_at_its_own(lengths: tuple[int, ...]) -> None:
    fit = calibrate([launch_talk(minutes) for minutes in lengths])
    assert abs(fit.error) < 0.01
    assert sum(row["projected_usd"] for row in fit.records()) == pytest.approx(fit.projected.total_usd)
    # Both curves are means, and end at the means.
    assert fit.projected.curve[-1].minutes == pytest.approx(fit.minutes)
    assert fit.projected.curve[-1].usd == pytest.approx(fit.projected.total_usd)
    assert fit.actual_curve[-1] == (pytest.approx(fit.minutes), pytest.approx(fit.actual.total_usd))
    assert [usd for _, usd in fit.actual_curve] == sorted(usd for _, usd in fit.actual_curve)
    assert len(fit.projected.curve) == fit.projected.turns
    assert any("own length" in note for note in fit.notes)
    assert not any("own length" in note for note in calibrate(launch_talk(5)).notes)


def test_each_talk_has_the_price_of_its_own_day_and_model() -> None:
    fit = calibrate([launch_talk(5), ledger_of_talk(5)])
    assert abs(fit.error) < 0.01
    assert {line.model for line in fit.projected.lines} == {LAUNCH, "gpt-realtime"}


def test_nothing_counted_but_zeros_is_one_clear_error() -> None:
    ledger = ledger_of_talk(2)
    zero = tuple(replace(one, usage=TokenUsage()) for one in ledger.exchanges)
    with pytest.raises(ConfigError, match="nothing to calibrate by"):
        calibrate(replace(ledger, exchanges=zero))


def test_rows_of_prices_will_do() -> None:
    ledger = ledger_of_talk(5)
    fit = calibrate(ledger, prices={"model": "gpt-realtime", "discount": 0.5})
    assert fit.actual.total_usd == pytest.approx(calibrate(ledger).actual.total_usd / 2)
    assert fit.error == pytest.approx(calibrate(ledger).error)


def test_a_model_without_a_price_leaves_a_note() -> None:
    fit = calibrate(ledger_of_talk(2, model="nope"))
    assert any("No price is known for the model 'nope'" in note for note in fit.projected.notes)
