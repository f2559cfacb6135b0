from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing import Cost, at, book, cost, transcription_cost
from rtnb.tokens import TokenUsage

DAY = "2026-01-31"
COUNT = st.integers(0, 10**7)
TOKEN_MODELS = st.sampled_from(
    [
        ("gpt-4o-realtime-preview-2024-10-01", "2024-11-21"),
        ("gpt-4o-realtime-preview-2024-12-17", "2025-01-15"),
        ("gpt-4o-mini-realtime-preview", "2025-01-15"),
        ("gpt-realtime", "2026-01-31"),
        ("gpt-realtime-mini", "2026-01-31"),
        ("gpt-realtime-2.1", "2026-08-01"),
    ]
)


@st.composite
def usages(draw: st.DrawFn, *, image: bool = True) -> TokenUsage:
    counts: dict[str, int] = {}
    for name in ("text", "audio", "image") if image else ("text", "audio"):
        counts[f"input_{name}"] = draw(COUNT)
        counts[f"cached_{name}"] = draw(st.integers(0, counts[f"input_{name}"]))
    return TokenUsage(**counts, output_text=draw(COUNT), output_audio=draw(COUNT))


GOLDEN = [
    ((1977, 1856, 1082, 1024, 53, 197), "gpt-4o-realtime-preview-2024-10-01", "2024-11-01", "0.071985", "0.158545"),
    (
        (5378, 5376, 2845, 2816, 250, 1019),
        "gpt-4o-mini-realtime-preview-2024-12-17",
        "2025-01-15",
        "0.0237288",
        "0.052657",
    ),
    ((313, 256, 476, 384, 9, 23), "gpt-4o-realtime-preview-2024-12-17", "2024-12-18", "0.007585", "0.022625"),
    ((119, 64, 13, 0, 30, 91), "gpt-realtime", "2025-09-01", "0.0069656", "0.007196"),
]


@pytest.mark.parametrize(("counts", "model", "on", "usd", "uncached_usd"), GOLDEN)
def test_payloads_that_were_billed(
    counts: tuple[int, ...], model: str, on: str, usd: str, uncached_usd: str | None
) -> None:
    text, cached_text, audio, cached_audio, text_out, audio_out = counts
    wire = {
        "total_tokens": text + audio + text_out + audio_out,
        "input_tokens": text + audio,
        "output_tokens": text_out + audio_out,
        "input_token_details": {
            "text_tokens": text,
            "audio_tokens": audio,
            "cached_tokens": cached_text + cached_audio,
            "cached_tokens_details": {"text_tokens": cached_text, "audio_tokens": cached_audio},
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
    }
    bill = cost(wire, model, on)
    assert bill.exact_usd == Decimal(usd)
    assert bill.total_usd == float(usd)
    assert bill.unpriced == ()
    assert bill == cost(TokenUsage.from_wire(wire), model, date.fromisoformat(on))
    if uncached_usd:
        plain = TokenUsage(input_text=text, input_audio=audio, output_text=text_out, output_audio=audio_out)
        assert round(cost(plain, model, on).exact_usd, 6) == Decimal(uncached_usd)


def test_golden_payload_without_its_cache_is_more_than_twice_as_dear() -> None:
    plain = TokenUsage(input_text=5378, input_audio=2845, output_text=250, output_audio=1019)
    assert cost(plain, "gpt-4o-mini-realtime-preview-2024-12-17", "2025-01-15").exact_usd == Decimal("0.0526568")


@pytest.mark.parametrize(
    ("counts", "model", "usd"),
    [
        ({"input_audio": 28_224}, "gpt-realtime", "0.903168"),
        ({"input_audio": 28_224, "cached_audio": 28_224}, "gpt-realtime", "0.0112896"),
        ({"input_audio": 600}, "gpt-realtime", "0.0192"),
        ({"output_audio": 1200}, "gpt-realtime", "0.0768"),
        ({"input_image": 1000, "cached_image": 200}, "gpt-realtime-mini", "0.000656"),
    ],
)
def test_published_figures(counts: dict[str, int], model: str, usd: str) -> None:
    assert cost(TokenUsage(**counts), model, DAY).exact_usd == Decimal(usd)


@given(usages(), usages())
def test_costs_are_additive(a: TokenUsage, b: TokenUsage) -> None:
    assert cost(a, "gpt-realtime", DAY) + cost(b, "gpt-realtime", DAY) == cost(a + b, "gpt-realtime", DAY)


@given(usages(), usages())
def test_unpriced_costs_are_additive_too(a: TokenUsage, b: TokenUsage) -> None:
    assert (cost(a, "llama", DAY) + cost(b, "llama", DAY)).lines == cost(a + b, "llama", DAY).lines


@given(usages(image=False), TOKEN_MODELS)
def test_the_cache_never_makes_it_dearer(usage: TokenUsage, model_on: tuple[str, str]) -> None:
    plain = TokenUsage(
        input_text=usage.input_text,
        input_audio=usage.input_audio,
        output_text=usage.output_text,
        output_audio=usage.output_audio,
    )
    cheaper, dearer = cost(usage, *model_on), cost(plain, *model_on)
    assert cheaper.unpriced == dearer.unpriced == ()
    assert cheaper.exact_usd <= dearer.exact_usd
    if usage.cached_tokens:
        assert cheaper.exact_usd < dearer.exact_usd


@given(usages(image=False), TOKEN_MODELS)
def test_a_cached_total_without_a_split_never_understates_the_cost(
    usage: TokenUsage, model_on: tuple[str, str]
) -> None:
    wire = usage.to_wire()
    del wire["input_token_details"]["cached_tokens_details"]
    assert cost(wire, *model_on).exact_usd >= cost(usage, *model_on).exact_usd


@given(usages(image=False), TOKEN_MODELS)
def test_the_formula(usage: TokenUsage, model_on: tuple[str, str]) -> None:
    rates = at(*model_on)
    assert rates is not None
    usd = Decimal(0)
    for name in ("text", "audio"):
        fresh = getattr(usage, f"input_{name}") - getattr(usage, f"cached_{name}")
        usd += fresh * (rates.price(name, "input") or 0)
        usd += getattr(usage, f"cached_{name}") * (rates.price(name, "cached") or 0)
        usd += getattr(usage, f"output_{name}") * (rates.price(name, "output") or 0)
    assert cost(usage, *model_on).exact_usd == usd / 1_000_000


def test_the_callers_decimal_context_changes_nothing() -> None:
    usage = TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)
    with localcontext(prec=2):
        bill = cost(usage, "gpt-realtime", DAY)
        assert bill.exact_usd == Decimal("0.0069656")
        assert (bill + bill).exact_usd == Decimal("0.0139312")


def test_an_unknown_model_is_unpriced_line_by_line() -> None:
    bill = cost(TokenUsage(input_text=5, output_audio=7), "llama", DAY)
    assert str(bill) == "unpriced"
    assert [(line.label, line.tokens, line.usd) for line in bill.lines] == [
        ("text input", 5, None),
        ("audio output", 7, None),
    ]
    assert all("No price is known for the model 'llama'" in text for text in bill.unpriced)


def test_a_model_before_its_first_day_is_unpriced() -> None:
    assert "its first is of 2025-08-28" in cost(TokenUsage(input_text=5), "gpt-realtime", "2025-08-27").unpriced[0]


def test_prices_of_your_own() -> None:
    mine = book(
        {"model": "gpt-realtime", "prices": {"audio": {"input": 1, "output": 2}}},
        {"model": "whisper-1", "unit": "usd_per_minute", "prices": {"audio": "0.06"}},
    )
    usage = TokenUsage(input_audio=1_000_000, cached_audio=500_000, output_audio=1_000_000)
    bill = cost(usage, "gpt-realtime", DAY, prices=mine)
    assert bill.exact_usd == Decimal("2.5")
    assert bill.unpriced == ("cached audio input (500,000 tokens): 'gpt-realtime' has no price for it",)
    assert cost(usage, "gpt-realtime", DAY).exact_usd == Decimal("80.2")
    assert transcription_cost({"seconds": 60}, "whisper-1", DAY, prices=mine).exact_usd == Decimal("0.06")
    assert transcription_cost({"seconds": 60}, "whisper-1", DAY).exact_usd == Decimal("0.006")
    assert "No price is known" in cost(usage, "llama", DAY, prices=mine).unpriced[0]


def test_a_broken_file_of_prices_leaves_costs_unpriced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.json"
    path.write_text("[")
    monkeypatch.setenv("RTNB_PRICES", str(path))
    bill = cost(TokenUsage(input_text=5), "gpt-realtime", DAY)
    assert str(bill) == "unpriced"
    assert "RTNB_PRICES: 'mine.json' is not a JSON file" in bill.unpriced[0]
    assert "RTNB_PRICES" in transcription_cost({"seconds": 5}, "whisper-1", DAY).unpriced[0]
    with pytest.raises(ConfigError, match="RTNB_PRICES"):
        at("gpt-realtime", DAY)


def test_today_is_the_default() -> None:
    assert cost(TokenUsage(input_text=5), "gpt-realtime-2.1").on == date.today()


def test_a_modality_that_the_model_has_no_price_for() -> None:
    bill = cost(TokenUsage(input_image=85, input_text=1000), "gpt-4o-realtime-preview-2024-12-17", "2025-01-15")
    assert bill.exact_usd == Decimal("0.005")
    assert bill.unpriced == ("image input (85 tokens): 'gpt-4o-realtime-preview-2024-12-17' has no price for it",)


def test_cached_tokens_before_there_was_a_cache_price() -> None:
    usage = TokenUsage(input_text=100, cached_text=64)
    bill = cost(usage, "gpt-4o-realtime-preview-2024-10-01", "2024-10-15")
    assert bill.exact_usd == 36 * Decimal("0.000005")
    assert len(bill.unpriced) == 1


def test_a_model_priced_by_time() -> None:
    assert "is priced by seconds" in cost(TokenUsage(input_text=5), "gpt-realtime-whisper", "2026-06-01").unpriced[0]
    assert "seconds of session" in cost(TokenUsage(input_text=5), "gpt-live-1", "2026-10-01").unpriced[0]


def test_tokens_of_unstated_modality_are_not_guessed() -> None:
    bill = cost({"total_tokens": 30, "input_tokens": 10, "output_tokens": 20}, "gpt-realtime", DAY)
    assert bill.total_usd == 0
    assert [line.tokens for line in bill.lines] == [10, 20]
    assert str(bill) == "unpriced"


@pytest.mark.parametrize(
    "counts",
    [
        {"input_text": -5},
        {"input_text": 5, "cached_text": 6},
        {"input_text": 5, "cached_text": -1},
        {"cached_text": 5},
        {"output_text": -1},
    ],
)
def test_counts_that_contradict_each_other_are_not_priced(counts: dict[str, int]) -> None:
    bill = cost(TokenUsage(**counts, output_audio=100), "gpt-realtime", DAY)
    assert bill.exact_usd == Decimal("0.0064")
    assert len(bill.unpriced) == 1


@given(st.dictionaries(st.sampled_from(["input_text", "cached_text", "output_text"]), st.integers(-50, 50)))
def test_no_counts_make_a_negative_bill(counts: dict[str, int]) -> None:
    assert cost(TokenUsage(**counts), "gpt-realtime", DAY).exact_usd >= 0


def test_no_usage_is_no_cost_that_could_be_told() -> None:
    with pytest.raises(ConfigError, match="leave it out"):
        cost(None, "gpt-realtime", DAY)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="A usage object is needed"):
        transcription_cost(None, "whisper-1", DAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("usage", "model", "on", "usd"),
    [
        ({"type": "duration", "seconds": 60}, "whisper-1", DAY, "0.006"),
        ({"type": "duration", "seconds": 2}, "whisper-1", DAY, "0.0002"),
        ({"seconds": 2.5}, "whisper-1", DAY, "0.00025"),
        ({"type": "duration", "seconds": 4}, "gpt-transcribe", "2026-08-01", "0.0003"),
        ({"type": "duration", "seconds": 60}, "gpt-live-transcribe", "2026-08-01", "0.017"),
        ({"type": "duration", "seconds": 0}, "whisper-1", DAY, "0"),
    ],
)
def test_transcription_by_time(usage: dict[str, Any], model: str, on: str, usd: str) -> None:
    bill = transcription_cost(usage, model, on)
    assert bill.exact_usd == Decimal(usd)
    assert [line.kind for line in bill.lines] == ["transcription"]
    assert bill.unpriced == ()


def test_transcription_by_tokens() -> None:
    usage = {
        "type": "tokens",
        "total_tokens": 610,
        "input_tokens": 600,
        "output_tokens": 10,
        "input_token_details": {"text_tokens": 0, "audio_tokens": 600},
    }
    bill = transcription_cost(usage, "gpt-4o-transcribe", DAY)
    assert bill.exact_usd == 600 * Decimal("0.000006") + 10 * Decimal("0.00001")
    assert [(line.label, line.modality, line.kind) for line in bill.lines] == [
        ("transcription, text output", "text", "transcription"),
        ("transcription, audio input", "audio", "transcription"),
    ]


@pytest.mark.parametrize(
    ("usage", "model", "reason"),
    [
        ({"type": "duration", "seconds": 3}, "gpt-4o-transcribe", "is priced by tokens, and this usage counts seconds"),
        ({"type": "tokens", "output_tokens": 3}, "whisper-1", "is priced by seconds, and this usage counts tokens"),
        ({"type": "duration", "seconds": 3}, "my-own-asr", "No price is known"),
        ({"type": "duration"}, "whisper-1", "states no duration"),
        ({"type": "duration", "seconds": -3}, "whisper-1", "states no duration"),
        ({"type": "duration", "seconds": float("inf")}, "whisper-1", "states no duration"),
        ({"type": "duration", "seconds": "3"}, "whisper-1", "states no duration"),
        ({"type": "songs", "songs": 3}, "whisper-1", "'songs' is not understood"),
        ({"type": "tokens", "input_tokens": 9}, "gpt-4o-transcribe", "did not say of which modality"),
    ],
)
def test_transcription_that_cannot_be_priced(usage: dict[str, Any], model: str, reason: str) -> None:
    bill = transcription_cost(usage, model, DAY)
    assert bill.total_usd == 0
    assert reason in bill.unpriced[0]
    assert str(bill) == "unpriced"


@given(st.lists(st.floats(0, 3600), min_size=1, max_size=20), st.sampled_from(["whisper-1", "gpt-realtime-whisper"]))
def test_transcription_adds_up_over_turns(seconds: list[float], model: str) -> None:
    bills = [transcription_cost({"seconds": x}, model, "2026-08-01") for x in seconds]
    total = sum(bills, Cost())
    assert len(total.lines) == 1
    assert total.exact_usd == pytest.approx(sum(bill.exact_usd for bill in bills), rel=Decimal("1e-20"))


NOT_BROKEN_DOWN = "tokens the server did not break down"


@pytest.mark.parametrize(
    ("usage", "tokens", "reason"),
    [
        ({"total_tokens": 500}, 500, "total_tokens is 500, but input and output add up to 0"),
        ({"input_tokens": "500", "output_tokens": "100"}, 0, "input_tokens is not a whole number ('500')"),
        ({"input_tokens": "500", "total_tokens": 600}, 600, "input_tokens is not a whole number ('500')"),
        ({"input_tokens": -500, "output_tokens": 0}, 0, "input_tokens is negative (-500)"),
        ({"input_tokens": 0, "output_tokens": 0, "total_tokens": -1}, 0, "total_tokens is negative (-1)"),
        ({"input_tokens": None}, 0, "the server sent no input_tokens"),
        ({}, 0, "the server sent no output_tokens"),
        ({"output_token_details": {"text_tokens": 0}}, 0, "the server sent no input_tokens"),
    ],
)
def test_counts_that_cannot_be_told_are_a_line_without_a_price(usage: dict[str, Any], tokens: int, reason: str) -> None:
    bill = cost(usage, "gpt-realtime", DAY)
    (line,) = bill.lines
    assert (line.label, line.tokens, line.usd) == (NOT_BROKEN_DOWN, tokens, None)
    assert reason in line.why
    assert str(bill) == "unpriced"
    assert "(0 tokens)" not in bill.unpriced[0]


def test_what_can_be_told_is_priced_beside_what_cannot() -> None:
    wire = {"input_tokens": -500, "output_tokens": 100, "output_token_details": {"audio_tokens": 100}}
    bill = cost(wire, "gpt-realtime", DAY)
    assert bill.exact_usd == Decimal("0.0064")
    assert str(bill) == "$0.0064 + unpriced"
    more = {**WIRE, "total_tokens": 300}
    assert [line.tokens for line in cost(more, "gpt-realtime", DAY).lines if line.unit_price is None] == [47]


def test_a_side_that_the_total_leaves_no_room_for_is_not_missing() -> None:
    wire = {"total_tokens": 100, "output_tokens": 100, "output_token_details": {"audio_tokens": 100}}
    assert cost(wire, "gpt-realtime", DAY).unpriced == ()


def test_an_empty_transcription_usage_is_unpriced() -> None:
    for usage in ({}, {"type": "tokens"}):
        bill = transcription_cost(usage, "whisper-1", DAY)
        assert str(bill) == "unpriced"
        assert {line.kind for line in bill.lines} == {"transcription"}
    assert "neither seconds nor tokens" in transcription_cost({}, "whisper-1", DAY).unpriced[0]
    assert NOT_BROKEN_DOWN in transcription_cost({"type": "tokens"}, "gpt-4o-transcribe", DAY).unpriced[0]


WIRE: dict[str, Any] = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}


def with_input(**details: Any) -> dict[str, Any]:
    return {**WIRE, "input_token_details": {**WIRE["input_token_details"], **details}}


@pytest.mark.parametrize(
    ("wire", "problem"),
    [
        ({**WIRE, "total_tokens": 200}, "total_tokens is 200, but input and output add up to 253"),
        ({**WIRE, "input_tokens": 100, "total_tokens": 221}, "input_tokens is 100, but its details add up to 132"),
        (with_input(cached_tokens=40), "cached_tokens is 40, but its details add up to 64"),
        (with_input(cached_tokens=90), "26 of 90 cached_tokens are of no stated modality, and charged in full"),
        (with_input(cached_tokens="64"), "cached_tokens is not a whole number ('64')"),
    ],
)
def test_other_contradictions_are_named_on_the_cost(wire: dict[str, Any], problem: str) -> None:
    bill = cost(wire, "gpt-realtime", DAY)
    assert any(problem in text for text in bill.problems)
    assert bill.exact_usd == Decimal("0.0069656")
    assert bill.unpriced == ()
    assert (bill + bill).problems == bill.problems
    assert (Cost() + bill).problems == bill.problems
    assert (2 * bill).problems == bill.problems
    assert bill == cost(WIRE, "gpt-realtime", DAY), "problems are no part of what costs are compared by"
    assert bill.problems[0] in repr(bill)


def test_sound_counts_and_unpriced_lines_make_no_problems() -> None:
    assert cost(WIRE, "gpt-realtime", DAY).problems == ()
    assert cost({"input_tokens": 10, "output_tokens": 20}, "gpt-realtime", DAY).problems == ()
    assert cost(TokenUsage(input_text=5, cached_text=6), "gpt-realtime", DAY).problems == ()


def test_more_cached_than_given_leaves_the_input_unpriced() -> None:
    details = {"text_tokens": 119, "audio_tokens": 8, "cached_tokens": 384}
    wire = {
        "input_tokens": 127,
        "output_tokens": 100,
        "input_token_details": details,
        "output_token_details": {"audio_tokens": 100},
    }
    bill = cost(wire, "gpt-realtime", DAY)
    assert bill.exact_usd == Decimal("0.0064")
    assert [line.tokens for line in bill.lines if line.unit_price is None] == [119, 8]
    assert "127 input tokens, 384 of them cached" in bill.unpriced[0]


def test_a_guessed_split_says_that_the_cost_is_an_upper_bound() -> None:
    wire = with_input(cached_tokens_details=None)
    bill = cost(wire, "gpt-realtime", DAY)
    (problem,) = bill.problems
    assert "upper bound" in problem
    assert (bill + cost(with_input(cached_tokens_details=None, cached_tokens=100), "gpt-realtime", DAY)).problems == (
        problem,
    )
    for nothing_to_guess in (0, 132):
        wire = with_input(cached_tokens_details=None, cached_tokens=nothing_to_guess)
        assert cost(wire, "gpt-realtime", DAY).problems == ()


def test_prices_as_rows_and_files(tmp_path: Path) -> None:
    row = {"model": "gpt-realtime", "prices": {"audio": {"input": 1, "output": 2}}}
    path = tmp_path / "mine.json"
    path.write_text('{"model": "whisper-1", "unit": "usd_per_minute", "prices": {"audio": "0.06"}}')
    assert cost(TokenUsage(output_audio=1_000_000), "gpt-realtime", DAY, prices=row).exact_usd == 2
    assert transcription_cost({"seconds": 60}, "whisper-1", DAY, prices=str(path)).exact_usd == Decimal("0.06")
    with pytest.raises(ConfigError, match="needs either 'prices' or 'discount'"):
        cost(TokenUsage(output_audio=1), "gpt-realtime", DAY, prices={"model": "gpt-realtime"})


@pytest.mark.parametrize("model", [3, ["gpt-realtime"], b"gpt-realtime"])
def test_a_model_is_a_name(model: Any) -> None:
    with pytest.raises(ConfigError, match="A model is named by a text such as 'gpt-realtime'"):
        cost(TokenUsage(input_text=5), model, DAY)


COUNTS = st.one_of(st.none(), st.integers(-5, 300), st.sampled_from(["500", True, 2.5, float("nan"), [], {}]))


def objects(*names: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional={**dict.fromkeys(names, COUNTS), **more})


SPLIT = objects("text_tokens", "audio_tokens")
BROKEN = objects(
    "total_tokens",
    "input_tokens",
    "output_tokens",
    input_token_details=st.one_of(
        COUNTS, objects("text_tokens", "audio_tokens", "cached_tokens", cached_tokens_details=st.one_of(COUNTS, SPLIT))
    ),
    output_token_details=st.one_of(COUNTS, SPLIT),
)


def stated(wire: dict[str, Any], side: str) -> bool:
    details = wire.get(f"{side}_token_details")
    counts = [details.get(f"{name}_tokens") for name in ("text", "audio")] if isinstance(details, dict) else []
    return 0 in (wire.get(f"{side}_tokens"), *counts)


@example({"total_tokens": None, "output_token_details": {"text_tokens": None}})
@example({"input_tokens": 0, "output_tokens": 0, "input_token_details": {"cached_tokens": 5}})
@example({"output_tokens": 0, "input_token_details": {"cached_tokens": 0}})
@given(BROKEN)
def test_no_broken_usage_is_priced_without_a_mark(wire: dict[str, Any]) -> None:
    bill = cost(wire, "gpt-realtime", DAY)
    assert bill.exact_usd >= 0
    assert bool(TokenUsage.from_wire(wire).problems) == bool(bill.unpriced or bill.problems)
    if not bill.exact_usd and not bill.unpriced:
        assert wire.get("total_tokens") == 0 or (stated(wire, "input") and stated(wire, "output"))
    transcribed = transcription_cost(wire, "gpt-4o-transcribe", DAY)
    assert transcribed.lines or TokenUsage.from_wire(wire).total_tokens == 0


@pytest.mark.parametrize(
    ("wire", "lines"),
    [
        (
            {"input_tokens": 10, "input_token_details": {"video_tokens": 10}, "output_tokens": 0},
            ["video input (10 tokens): no price is known for video tokens"],
        ),
        (
            {"input_tokens": 10, "input_token_details": {"video_tokens": 6}, "output_tokens": 0},
            [
                "input of unstated modality (4 tokens): the server did not say of which modality these tokens are",
                "video input (6 tokens): no price is known for video tokens",
            ],
        ),
        (
            {"input_tokens": 0, "output_tokens": 7, "output_token_details": {"image_tokens": 7}},
            ["image output (7 tokens): no price is known for image tokens"],
        ),
        # Details that contradict the sum name nothing.
        (
            {"input_tokens": 5, "input_token_details": {"video_tokens": 10}, "output_tokens": 0},
            ["input of unstated modality (5 tokens): the server did not say of which modality these tokens are"],
        ),
    ],
)
def test_a_modality_that_the_server_names_is_named(wire: dict[str, Any], lines: list[str]) -> None:
    bill = cost(wire, "gpt-realtime", DAY)
    assert sorted(bill.unpriced) == lines
    usage = TokenUsage.from_wire(wire)
    assert cost(usage + usage, "gpt-realtime", DAY) == bill + bill


def test_a_usage_of_a_transcription_is_billed_as_one() -> None:
    wire = {"type": "duration", "seconds": 60}
    assert cost(wire, "whisper-1", DAY) == transcription_cost(wire, "whisper-1", DAY)
    assert cost({"seconds": 60}, "whisper-1", DAY).exact_usd == Decimal("0.006")
    [line] = cost(wire, "gpt-realtime", DAY).lines
    assert "counts seconds" in line.why
    tokens: dict[str, Any] = {"type": "tokens", "total_tokens": 26, "input_tokens": 19, "output_tokens": 7}
    tokens["input_token_details"] = {"text_tokens": 0, "audio_tokens": 19}
    assert "transcription" not in {line.kind for line in cost(tokens, "gpt-4o-transcribe", DAY).lines}
