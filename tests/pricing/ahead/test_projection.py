from __future__ import annotations

import inspect
import pickle
import re
from dataclasses import fields
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.assumptions import MISSING_MANUAL, Assumptions
from rtnb.pricing.ahead.projection import Projection, project
from rtnb.pricing.bills.billing import cost
from rtnb.tokens import Summarise, TokenUsage, Truncation

DAY = "2026-01-31"
PLAIN = Assumptions(text_share=0, cache_grain=1)


def quantities(projection: Projection) -> dict[str, int]:
    return {line.label: int(line.quantity) for line in projection.lines}


@given(st.integers(1, 60), st.floats(0.1, 1), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_the_closed_form(minutes: int, talk_share: float, user_share: float) -> None:
    found = project(
        minutes, "gpt-realtime-2.1", on="2026-11-21", assumptions=PLAIN, talk_share=talk_share, user_share=user_share
    )
    n = 3 * minutes
    x = 600 * talk_share * user_share / 3
    y = 1200 * talk_share * (1 - user_share) / 3
    usd = (n * (x * 32 + y * 64) + (n - 1) * y * 32 + 0.40 * (x * n * (n - 1) / 2 + y * (n - 1) * (n - 2) / 2)) / 1e6
    # Whole tokens a turn: at most one off in the cached sum of each turn, and in each total.
    assert found.turns == n
    assert found.total_usd == pytest.approx(usd, abs=(n * 0.40 + 3 * 64) / 1e6)


def test_two_turns_by_hand() -> None:
    """Instructions, text, grain and interruption together, in tokens worked out on paper."""
    found = project(
        1,
        "gpt-realtime",
        on=DAY,
        turns_per_minute=2,
        talk_share=1,
        user_share=0.5,
        instruction_tokens=100,
        tool_tokens=50,
        text_share=0.25,
        interruption_rate=0.5,
        heard_share=0.5,
        user_text_tokens_per_turn=10,
        answer_text_tokens_per_turn=8,
    )
    # A turn: 150 user audio + 10 text; 300 heard / (1 - 0.5 * 0.5) = 400 generated, 100 text + 8; back come 300 and 58.
    # Turn 1: text 160, audio 150. Turn 2: text 160 + 58 + 10, audio 150 + 300 + 150; cached text 128, audio 128.
    expected = TokenUsage(
        input_text=160 + 228,
        input_audio=150 + 600,
        cached_text=128,
        cached_audio=128,
        output_text=216,
        output_audio=800,
    )
    assert found.cost == cost(expected, "gpt-realtime", DAY)
    assert [point.context_tokens for point in found.curve] == [310, 828]
    assert [point.minutes for point in found.curve] == [0.5, 1.0]


MODELS = st.sampled_from(["gpt-realtime", "gpt-realtime-mini", "gpt-4o-realtime-preview-2025-06-03"])


@given(
    st.floats(0.1, 30),
    MODELS,
    st.builds(
        Assumptions,
        talk_share=st.floats(0, 1),
        user_share=st.floats(0, 1),
        instruction_tokens=st.integers(0, 3000),
        cache_hit_rate=st.floats(0, 1),
        interruption_rate=st.floats(0, 1),
        truncation=st.sampled_from([Truncation(), Truncation("disabled"), Truncation("retention_ratio", 0.7, 2000)]),
        summarise=st.none() | st.just(Summarise(3000)),
        transcription=st.sampled_from([None, "whisper-1", "gpt-4o-mini-transcribe"]),
    ),
)
@settings(max_examples=40, deadline=None)
def test_the_curve_ends_at_the_sum_and_lies_in_its_band(minutes: float, model: str, assumed: Assumptions) -> None:
    found = project(minutes, model, on=DAY, assumptions=assumed)
    assert found.curve[-1].usd == pytest.approx(found.total_usd)
    assert found.curve[-1].minutes == pytest.approx(minutes)
    assert len(found.curve) == found.turns
    assert not found.cost.unpriced
    before = 0.0
    for point in found.curve:
        assert point.low_usd <= point.usd + 1e-12
        assert point.usd <= point.high_usd + 1e-12
        assert point.usd >= before
        before = point.usd
    assert found.total_usd == pytest.approx(float(sum(line.exact_usd or Decimal(0) for line in found.lines)))


@given(st.floats(0.5, 30), st.floats(1, 2), MODELS)
@example(1.5, 1.03125, "gpt-realtime")
@settings(max_examples=25, deadline=None)
def test_more_talk_costs_more(minutes: float, factor: float, model: str) -> None:
    less, more = (project(length, model, on=DAY) for length in (minutes, minutes * factor))
    # Cut into other turns, the replay may be a little shorter; what is said is not.
    said = [sum(int(line.quantity) for line in each.lines if line.kind == "output") for each in (less, more)]
    assert said[0] <= said[1]
    if more.turns == less.turns:
        # What is left over of a step of the cache is charged in full: of each modality, up to one a turn.
        full = sum({line.label: float(line.unit_price or 0) for line in less.lines if line.kind == "input"}.values())
        assert less.total_usd <= more.total_usd + less.turns * 64 * full / 1e6 + 1e-3


def test_the_band_is_the_cache() -> None:
    perfect, none = (project(10, "gpt-realtime", on=DAY, cache_hit_rate=rate) for rate in (1, 0))
    half = project(10, "gpt-realtime", on=DAY, cache_hit_rate=0.5)
    assert half.curve[-1].low_usd == pytest.approx(perfect.total_usd)
    assert half.curve[-1].high_usd == pytest.approx(none.total_usd)
    assert perfect.total_usd < half.total_usd < none.total_usd
    assert "cached audio input" not in quantities(none)


def test_before_caching_there_was_none() -> None:
    found = project(5, "gpt-4o-realtime-preview-2024-10-01", on="2024-10-15")
    assert not found.cost.unpriced
    assert found.curve[-1].low_usd == found.total_usd == found.curve[-1].high_usd
    assert "no price for cached tokens on 2024-10-15" in found.notes[0]


def test_the_window_of_the_model_holds_and_is_told() -> None:
    found = project(60, "gpt-realtime", on=DAY)
    assert max(point.context_tokens for point in found.curve) <= 28_224
    assert any("oldest turns are dropped from" in note for note in found.notes)
    assert not project(20, "gpt-realtime", on=DAY).notes
    # 128k less 32k of answer: more than an hour.
    assert not project(60, "gpt-realtime-2.1", on="2026-11-21").notes


def test_truncation_begins_when_the_tokens_say() -> None:
    # Nothing but talk, all the time, halved: 900 tokens a minute, so that 28,224 are full after about 31 minutes.
    found = project(40, "gpt-realtime", on=DAY, talk_share=1, text_share=0)
    [note] = found.notes
    assert "dropped from 31." in note


def test_a_lower_ratio_is_cheaper_than_dropping_every_turn() -> None:
    auto, ratio = (
        project(60, "gpt-realtime", on=DAY, truncation=truncation)
        for truncation in ("auto", {"type": "retention_ratio", "retention_ratio": 0.7})
    )
    assert ratio.total_usd < auto.total_usd / 2


def test_a_conversation_that_is_refused() -> None:
    found = project(60, "gpt-realtime", on=DAY, truncation="disabled")
    assert any("would be refused, and not billed" in note for note in found.notes)
    full = found.curve[-1]
    assert full.usd == found.curve[-2].usd
    assert full.context_tokens > 28_224


def test_summaries_are_billed_too() -> None:
    found = project(10, "gpt-realtime", on=DAY, summarise=Summarise(2000, keep_turns=2, summary_tokens=150))
    [note] = found.notes
    assert "summarised" in note
    assert "of the sum" in note
    assert max(point.context_tokens for point in found.curve) < 2000 + 700
    plain = project(10, "gpt-realtime", on=DAY)
    extra = quantities(found)["text output"] - quantities(plain)["text output"]
    assert extra > 0
    assert extra % 150 == 0


@pytest.mark.parametrize(
    ("model", "day", "usd"),
    [
        # 10 minutes, 35 % of them the user's: 210 s, 2,100 tokens of audio, 700 of text.
        ("whisper-1", DAY, "0.021"),
        ("gpt-4o-transcribe", DAY, "0.0196"),
        ("gpt-4o-mini-transcribe", DAY, "0.0098"),
        ("gpt-transcribe", "2026-11-21", "0.01575"),
    ],
)
def test_transcription_by_the_second_and_by_the_token(model: str, day: str, usd: str) -> None:
    with_it, without = (project(10, "gpt-realtime-1.5", on="2026-11-21", transcription=name) for name in (model, None))
    assert with_it.cost.exact_usd - without.cost.exact_usd == Decimal(usd)
    assert with_it.curve[0].usd > without.curve[0].usd


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe"])
def test_more_is_transcribed_than_is_said(model: str) -> None:
    plain, more = (
        project(10, "gpt-realtime", on=DAY, transcription=model, transcribed_share=share) for share in (1, 1.5)
    )
    bills = [
        sum(line.exact_usd or Decimal(0) for line in each.lines if line.kind == "transcription")
        for each in (plain, more)
    ]
    assert bills[1] == bills[0] * Decimal("1.5")
    assert more.curve[-1].usd == pytest.approx(more.total_usd)


def test_an_unknown_transcription_model_is_unpriced() -> None:
    found = project(10, "gpt-realtime", on=DAY, transcription="my-ears")
    [reason] = found.cost.unpriced
    assert "my-ears" in reason
    assert found.total_usd == project(10, "gpt-realtime", on=DAY).total_usd


def test_an_unknown_model_is_unpriced_and_not_free() -> None:
    found = project(10, "gpt-realtimme", on=DAY, transcription="whisper-1")
    assert "known names like it: gpt-realtime" in found.notes[0]
    assert len(found.cost.unpriced) == len(found.lines) - 1
    assert found.curve[-1].usd == pytest.approx(0.021)
    assert found.curve[-1].context_tokens > 1000
    assert "unpriced" in repr(found)
    gone = project(10, "gpt-realtime", on="2024-01-01")
    assert "first is of 2025-08-28" in gone.notes[0]


def test_models_priced_by_time() -> None:
    translated = project(10, "gpt-realtime-translate", on="2026-11-21")
    assert translated.cost.exact_usd == Decimal("10") * Decimal("0.034")
    assert "silence included" in translated.notes[0]
    live = project(10, "gpt-live-1", on="2026-11-21", transcription="whisper-1")
    assert live.cost.exact_usd == Decimal("0.50") + Decimal("0.021")
    assert live.curve[14].usd == pytest.approx(0.521 / 2)
    assert all(point.context_tokens == 0 for point in live.curve)
    assert "silence included" in live.notes[0]
    heard = project(10, "gpt-4o-transcribe", on=DAY)
    assert heard.cost.exact_usd == Decimal("0.0196")
    assert "answers nothing" in heard.notes[0]
    assert project(10, "gpt-realtime-whisper", on="2026-11-21").cost.exact_usd == Decimal("3.5") * Decimal("0.017")


def test_talk_without_a_word_costs_only_the_instructions() -> None:
    found = project(1, "gpt-realtime", on=DAY, talk_share=0, instruction_tokens=100, cache_hit_rate=0)
    assert quantities(found) == {"text input": 300}


def test_what_is_asked_is_kept() -> None:
    found = project(2, "gpt-realtime", on=DAY, assumptions=MISSING_MANUAL, instruction_tokens=5)
    assert found.on == date(2026, 1, 31)
    assert found.assumptions == MISSING_MANUAL.changed({"instruction_tokens": 5})
    assert found.usd_per_minute == found.total_usd / 2
    assert found.times(600).exact_usd == found.cost.exact_usd * 600
    assert pickle.loads(pickle.dumps(found)) == found


def test_as_a_table() -> None:
    found = project(2, "gpt-realtime", on=DAY)
    frame = found.to_frame()
    assert list(frame["turn"]) == [1, 2, 3, 4, 5, 6]
    assert frame["usd"].iloc[-1] == pytest.approx(found.total_usd)
    assert frame.to_dict("records") == found.records()


def test_bad_values_are_one_clear_error() -> None:
    with pytest.raises(ConfigError, match="minutes is a number above 0"):
        project(float("nan"), "gpt-realtime")
    with pytest.raises(ConfigError, match=r"no assumption 'talkshare'\. Did you mean talk_share"):
        project(1, "gpt-realtime", talkshare=1)
    with pytest.raises(ConfigError, match="model is a name"):
        project(1, None)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="is not a day"):
        project(1, "gpt-realtime", on="tomorrow")


def test_what_has_no_price_is_none_in_records_and_told() -> None:
    found = project(10, "nope", on=DAY)
    assert found.total_usd == 0.0
    for row in found.records():
        assert (row["usd"], row["low_usd"], row["high_usd"]) == (None, None, None)
        assert "audio input" in row["unpriced"]
        assert row["context_tokens"] > 0
    assert "No price is known for the model 'nope'" in found.notes[0]
    assert "audio input" in found.notes[0]


def test_a_transcription_without_a_price_is_told() -> None:
    found = project(10, "gpt-realtime", on=DAY, transcription="nope")
    [note] = found.notes
    assert "not in the sum" in note
    assert "transcription" in note
    assert "No price is known for the model 'nope'" in note
    row = found.records()[-1]
    assert row["usd"] == pytest.approx(found.total_usd)
    assert row["unpriced"] == "transcription"
    live = project(10, "gpt-live-1", on="2026-11-21", transcription="nope")
    assert any("'nope'" in note for note in live.notes)
    assert all(row["unpriced"] == "" for row in project(1, "gpt-realtime", on=DAY).records())


def test_dropping_turn_by_turn_says_what_it_costs_and_what_to_do() -> None:
    found = project(60, "gpt-realtime", on="2026-11-21")
    [note] = found.notes
    dropping = sum(b.dropped_tokens > a.dropped_tokens for a, b in pairwise(found.curve))
    assert f"{dropping} of 180 responses" in note
    assert "retention_ratio" in note
    rather = project(
        60, "gpt-realtime", on="2026-11-21", truncation={"type": "retention_ratio", "retention_ratio": 0.8}
    )
    assert f"this talk would cost {rather.cost}" in note
    # What the full charge costs is most of what the two differ by.
    [spoilt] = re.findall(r"\$([0-9.]+) more than", note)
    assert float(spoilt) == pytest.approx(found.total_usd - rather.total_usd, rel=0.1)
    [plain] = rather.notes
    assert "would cost" not in plain
    assert "more than" in plain


def test_the_first_dropped_turn_is_where_the_curve_says() -> None:
    found = project(60, "gpt-realtime", on="2026-11-21")
    first = next(point for point in found.curve if point.dropped_tokens)
    assert f"dropped from {first.minutes:.1f} min on" in found.notes[0]


@pytest.mark.parametrize("talks", [-3, float("nan"), float("inf"), "x", None, True, Decimal("-1"), Decimal("NaN")])
def test_talks_that_are_no_number(talks: object) -> None:
    with pytest.raises(ConfigError, match="talks is a number"):
        project(1, "gpt-realtime", on=DAY).times(talks)  # type: ignore[arg-type]


def test_a_part_of_a_month() -> None:
    found = project(1, "gpt-realtime", on=DAY)
    assert found.times(0).exact_usd == 0
    assert found.times(0.5).exact_usd == found.cost.exact_usd / 2


def test_rows_of_prices_will_do() -> None:
    row = {"model": "gpt-realtime", "discount": 0.5}
    assert project(10, "gpt-realtime", on=DAY, prices=row).total_usd == pytest.approx(
        project(10, "gpt-realtime", on=DAY).total_usd / 2
    )


@pytest.mark.parametrize("minutes", [10**400, 1e300, 1e9])
def test_lengths_beyond_reason(minutes: float) -> None:
    with pytest.raises(ConfigError, match=r"minutes|times\(talks\)"):
        project(minutes, "gpt-realtime", on=DAY, turns_per_minute=1e-300)


def test_assumptions_of_another_kind() -> None:
    with pytest.raises(ConfigError, match=r"assumptions is an Assumptions.*talk_share=0\.9"):
        project(1, "gpt-realtime", on=DAY, assumptions={"talk_share": 0.9})  # type: ignore[arg-type]


@pytest.mark.parametrize("truncation", ["auto", "disabled", {"type": "retention_ratio", "retention_ratio": 0.5}])
def test_instructions_that_do_not_fit_are_refused_and_said_first(truncation: object) -> None:
    found = project(10, "gpt-realtime", on=DAY, instruction_tokens=30_000, tool_tokens=10_000, truncation=truncation)
    assert "instructions and tools alone (40,000 tokens) exceed" in found.notes[0]
    assert "28,224" in found.notes[0]
    assert len(found.notes) == 1
    assert (found.refused, found.total_usd, found.turns) == (30, 0, 30)
    assert "30 of 30 turns refused" in repr(found)
    assert "refused" not in repr(project(10, "gpt-realtime", on=DAY, instruction_tokens=20_000))
    silent = project(1, "gpt-realtime", on=DAY, instruction_tokens=40_000, talk_share=0, truncation=truncation)
    assert silent.refused == 3


def test_what_is_refused_is_counted() -> None:
    found = project(60, "gpt-realtime", on=DAY, truncation="disabled")
    assert any(f"{found.refused} responses would be refused" in note for note in found.notes)


def test_a_retention_ratio_by_itself() -> None:
    short = project(60, "gpt-realtime", on=DAY, retention_ratio=0.5)
    long = project(60, "gpt-realtime", on=DAY, truncation={"type": "retention_ratio", "retention_ratio": 0.5})
    assert short == long


def test_the_help_lists_what_can_be_set() -> None:
    told = inspect.getdoc(project) or ""
    lines = [line for line in told.splitlines() if line.lstrip().startswith("- ``")]
    for item in fields(Assumptions):
        [line] = [line for line in lines if f"``{item.name}``" in line.partition(":")[0]]
        default = item.default
        if isinstance(default, int | float):
            assert f"(default {default:g})" in line
        else:
            assert "(default None)" in line or item.name == "truncation"
    assert any("``retention_ratio``" in line for line in lines)
