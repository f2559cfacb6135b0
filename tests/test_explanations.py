"""The pages in docs/explanation, and the plan of the course, say what the code does."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rtnb
from rtnb import pricing, tokens
from rtnb.pricing.bills.misses import MissReason
from rtnb.tokens import TokenUsage, counting
from rtnb.vad import DetectorTuning, Scoring, semantic
from rtnb.vad.detector import EXIT_FLOOR
from rtnb.vad.scores import bootstrap, definitions, detection, losing, operating, score

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PROTOCOL = ROOT / "rtnb" / "protocol"


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def facts(path: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / "rtnb" / path).read_text(encoding="utf-8")))


def rows(text: str, first: str) -> list[list[str]]:
    """The rows of the table whose first column is called so."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        found.append([re.sub(r"^`([^`]*)`$", r"\1", each.strip()) for each in line.strip("|").split("|")])
    return found


def flat(name: str) -> str:
    """The page as one line: where its lines are broken says nothing."""
    return " ".join(page(name).split())


# Turn detection


def test_mistakes_and_columns_have_the_names_of_the_code() -> None:
    text = page("explanation/vad_scores")
    assert [row[0] for row in rows(text, "name in tables")] == list(definitions.KINDS)
    named = set(re.findall(r"`(\w+)`", "".join(row[0] for row in rows(text, "name in tables"))))
    columns = set(re.findall(r"[a-z_0-9]+", " ".join(row[0] for row in rows(text, "column"))))
    assert columns <= set(score.COLUMNS) and not named
    for name in re.findall(r"[a-z_0-9.]+", " ".join(row[0] for row in rows(text, "name"))):
        of = rtnb.vad.FrameMetrics
        assert name == "detection.cost" or name in of.__dataclass_fields__ or hasattr(of, name), name


def test_defaults_of_scores_are_those_of_the_code() -> None:
    text, usual = flat("explanation/vad_scores"), Scoring(turn_gap_s=0.7)
    assert f"`collar_s` ({usual.collar_s:g} s)" in text and f"`late_s` ({usual.late_s:g} s)" in text
    assert f"`max_lost={losing.MAX_LOST:g}`" in text
    budgets = " and ".join(f"{share:.0%}".replace("%", " %") for share in operating.CUT_OFF_BUDGETS)
    assert f"({budgets.replace(' % and', ' % and')})" in text
    low, high = operating.LATENCY_BUDGETS_MS
    assert f"({low:g} ms and {high:g} ms)" in text
    assert f"max(threshold - hysteresis, {EXIT_FLOOR:g})" in text
    assert f"`hysteresis` is {DetectorTuning().hysteresis:g} unless" in text
    assert "fewer than 5 recordings" in text and bootstrap.FEW == 5
    assert "95 % percentile bootstraps" in text and "(2,000 resamples)" in text
    assert bootstrap.draws(3).shape == (2000, 3)


def test_the_formulas_of_scores_are_those_of_the_code() -> None:
    counts = {"turns": 8, "detected": 9, "false_starts": 2, "missed": 1, "clipped": 1, "cut_offs": 2, "merged": 0}
    counts |= {"late": 0, "wrong": 3}
    setting, none = rtnb.vad.Setting(0.5, 300, 200), np.zeros(0)
    found = score.Score(setting, clipped_ms=80.0, fragments=1.2, latencies_ms=none, prediction="x", **counts)
    formulas = {row[0]: row[1] for row in rows(page("explanation/vad_scores"), "column")}
    assert formulas["errors"].startswith("`false_starts + wrong`") and found.errors == 5
    assert formulas["cut_off_rate"] == "cut_offs / turns" and found.cut_off_rate == 0.25
    told = {row[0]: row[1] for row in rows(page("explanation/vad_scores"), "name")}
    duration = detection.Detection(8.0, 2.0, 1.0, 9.0)
    assert told["detection_error"].startswith("`(miss_s + false_alarm_s) / speech_s`") and duration.error_rate == 0.3
    assert told["detection.cost"] == "0.25 × false alarm rate + 0.75 × miss rate"
    assert duration.cost == pytest.approx(0.25 * 0.1 + 0.75 * 0.2)


def test_the_waits_of_semantic_vad_are_those_of_the_code() -> None:
    text, tuning = flat("explanation/vad_scores"), semantic.default_semantic_tuning()
    waits = facts("vad/semantic.json")["local"]
    assert "`min_wait` {low}, {medium} and {high} ms".format(**waits["min_wait_ms"]) in text
    assert f"(1 - completeness) ** {waits['curve']:g}" in text
    longest = facts("protocol/defaults.json")["semantic_vad_max_wait_s"]["value"]
    assert [longest[name] for name in ("low", "medium", "high")] == [8, 4, 2] and longest["auto"] == longest["medium"]
    assert "8, 4 and 2 s for `low`, `medium` and `high`" in text
    assert tuning.wait_ms(0.5, "low", 8000) == 600 + (8000 - 600) * (1 - 0.5) ** 2


# Costs


def test_the_golden_payloads_cost_what_the_page_says() -> None:
    found = rows(page("explanation/costs"), "tokens: text (cached), audio (cached), out text, audio")
    assert len(found) == 4
    for counts, which, usd in found:
        text, cached_text, audio, cached_audio, out_text, out_audio = map(int, re.findall(r"\d+", counts))
        model, day = which.split(", ")
        usage = TokenUsage(
            input_text=text, cached_text=cached_text, input_audio=audio, cached_audio=cached_audio,
            output_text=out_text, output_audio=out_audio,
        )  # fmt: skip
        assert pricing.cost(usage, model, day).exact_usd == Decimal(usd)


def test_prices_and_their_days_are_those_of_the_list() -> None:
    found = rows(page("explanation/costs"), "model")
    assert len(found) == 9
    for model, first, last, text, audio in found:
        rates = pricing.at(model, first)
        assert rates is not None and str(rates.valid_from) == first
        listed = next(
            r for r in facts("pricing/prices/rates.json")["rows"] if model in r["models"] and r["valid_from"] == first
        )
        assert last == (listed["valid_to"] or listed["shutdown"] or "not announced"), model
        for modality, shown in (("text", text), ("audio", audio)):
            prices = listed["prices"][modality]
            assert shown == " / ".join(prices[side] or "none" for side in ("input", "cached", "output")), model


def test_rules_of_counting_are_those_of_the_code() -> None:
    told = {row[0]: row[1] for row in rows(page("explanation/costs"), "what")}
    assert f"{counting.USER_AUDIO_MS_PER_TOKEN} ms" in told["the user's audio"]
    assert f"{tokens.user_audio_tokens(60_000)} a minute" in told["the user's audio"]
    assert f"{counting.ASSISTANT_AUDIO_MS_PER_TOKEN} ms" in told["the assistant's audio, made or given back"]
    assert f"{tokens.assistant_audio_tokens(60_000):,} a minute" in told["the assistant's audio, made or given back"]
    assert told["an item, and the settings"].startswith(f"{counting.ITEM_OVERHEAD_TOKENS} text tokens")
    assert told["an image"] == str(counting.IMAGE_TOKENS)
    text = flat("explanation/costs")
    assert f"steps of {tokens.CACHE_GRAIN_TOKENS}:" in text
    payloads = re.search(r"published payloads \(([\d, ]+)\)", text)
    assert payloads and all(int(n) % tokens.CACHE_GRAIN_TOKENS == 0 for n in payloads[1].split(","))


def test_reasons_of_cache_misses_are_all_named() -> None:
    text = flat("explanation/costs").partition("names the cause of each miss")[2].partition("## What grows")[0]
    assert set(re.findall(r"`([a-z ]+)`", text)) == set(MissReason.__args__)  # type: ignore[attr-defined]


def test_the_closed_form_is_what_a_projection_comes_to() -> None:
    """The formula on the page, with the prices and the habits that it names, against the code."""
    turns, side, usd_in, usd_cached, usd_out = 45, 280 / 3, 100e-6, 20e-6, 200e-6
    usd = turns * side * (usd_in + usd_out) + (turns - 1) * side * usd_in
    usd += usd_cached * side * (turns * (turns - 1) + (turns - 1) * (turns - 2)) / 2
    assert round(usd, 2) == 5.28
    table = pricing.talk_time_table(on="2024-11-21")
    assert "0.11, 0.26, 0.92, 2.68, 5.28" in page("explanation/costs")
    for amount in ("0.11", "0.26", "0.92", "2.68", "5.28"):
        assert amount in str(table._repr_mimebundle_()["text/plain"])
    ga = pricing.at("gpt-realtime", "2026-01-31")
    assert ga is not None and "an eightieth of fresh audio" in flat("explanation/costs")
    assert Decimal(32) / Decimal("0.40") == 80


# Protocol


def test_events_are_counted_right() -> None:
    catalogue = facts("protocol/catalogue.json")
    client, server = len(catalogue["client_events"]), len(catalogue["server_events"])
    assert f"{client} types of client events and {server} of server events" in flat("explanation/protocol")
    assert f"{catalogue['package']} package {catalogue['version']}, {catalogue['date']}" in flat("explanation/protocol")
    assert f"{len(catalogue['translation_client_events'])} client types more" in flat("explanation/protocol")


def test_every_event_that_is_named_is_one() -> None:
    catalogue, beta = facts("protocol/catalogue.json"), facts("protocol/beta.json")
    known = {*catalogue["client_events"], *catalogue["server_events"], *beta["renamed_events"]["from_ga"].values()}
    text = page("explanation/protocol").partition("## Names that mislead")[0]
    named = set(re.findall(r"\b(?:session|response|conversation|input_audio_buffer)\.[a-z_.]+[a-z]", text))
    assert named - known <= {"session.modalities", "session.type"}, named - known


def test_the_beta_s_names_are_those_of_the_translation() -> None:
    beta = facts("protocol/beta.json")
    table = dict(row for row in rows(page("explanation/protocol"), "GA"))
    assert table == {ga.strip("`"): old for ga, old in beta["renamed_events"]["from_ga"].items()}
    never = flat("explanation/protocol").partition("and those that the beta never had:")[2].partition(". All other")[0]
    assert set(re.findall(r"`([a-z_.]+)`", never)) == set(beta["dropped_events"])
    limits = beta["temperature"]
    assert f"{limits['minimum']} to {limits['maximum']}, default {limits['default']}" in page("explanation/protocol")
    for name in beta["formats"]["to_ga"]:
        assert f'"{name}"' in page("explanation/protocol")


def test_days_of_models_are_those_of_the_list() -> None:
    days = {row[0].strip("*"): row[1] for row in rows(page("explanation/protocol"), "day")}
    listed = facts("pricing/prices/rates.json")["rows"]
    begun = {model: row["valid_from"] for row in reversed(listed) for model in row["models"]}
    ended = {model: row["shutdown"] for row in listed for model in row["models"]}
    for model in ("gpt-realtime-1.5", "gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime"):
        assert model in days[begun[model]], model
    assert begun["gpt-4o-realtime-preview-2024-10-01"] in days
    for model in ("gpt-realtime", "gpt-realtime-mini", "gpt-4o-mini-realtime-preview-2024-12-17"):
        assert model.removesuffix("-2024-12-17") in days[ended[model]], model
    assert "whisper-1" in days[ended["whisper-1"]]
    assert "first preview snapshot is shut down" in days[ended["gpt-4o-realtime-preview-2024-10-01"]]
    assert "preview are shut down" in days[ended["gpt-4o-realtime-preview-2024-12-17"]]
    removed = json.dumps(facts("protocol/explained/errors.json"))
    (day,) = [day for day, what in days.items() if "beta shape is removed" in what]
    assert f"refused since {day}" in removed


def test_errors_that_are_named_are_explained() -> None:
    for code in ("beta_api_shape_disabled", "conversation_already_has_active_response"):
        assert code in page("explanation/protocol") and rtnb.explain(code)
    assert facts("protocol/defaults.json")["server_vad"]["silence_duration_ms"]["value"] == 200


# Emulation


def test_measured_figures_are_those_of_the_benchmarks() -> None:
    benchmarks = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    told = {row[0]: row[1] for row in rows(page("explanation/emulation"), "figure")}
    whisper = told["Whisper tiny.en on synthesised sentences"]
    assert "74 ms" in whisper and "126 MB" in whisper and "0.35 s, 126 MB, 74 ms, 0.0 % of 85 words" in benchmarks
    base = told["Whisper base on the same"]
    assert "200 ms" in base and '261 MB, 200 ms, 1.2 % ("Ana" for "Anna")' in benchmarks and "1.2 %" in base
    speech_end = told["end of speech → first audio, `silence_duration_ms` 200"]
    assert f"| {speech_end.split()[0]} s (" in benchmarks
    assert f"| {told['connect → first audio of a text turn']} (" in benchmarks
    silero = told["Silero on labelled meetings and a telephone call, at threshold 0.5"]
    assert "| silero of rtnb | .9710 (.933–.990) | .9807 | .863 | .858 | .756 / .006" in benchmarks
    for figure in (".9710", ".933–.990", ".756", ".006"):
        assert figure in silero
    lighter = told["earshot, energy (the lighter engines)"]
    assert (
        lighter == "ROC-AUC .9475, .8088"
        and "| earshot 1.2.2 | .9475" in benchmarks
        and "| energy | .8088" in benchmarks
    )
    assert "largest difference to stock 4.2e-5" in benchmarks and "measured 4.2e-5" in page("explanation/emulation")


# The course


def test_the_course_has_every_notebook_with_its_badge() -> None:
    text, found = page("course"), {}
    for title, _, minutes, badge in rows(text, "notebook"):
        (name,) = re.findall(r"\]\(\.\./notebooks/(\w+)\.ipynb\)", title)
        assert f"urlpath=lab%2Ftree%2Fnotebooks%2F{name}.ipynb)" in badge
        found[name] = int(minutes)
    there = sorted(path.stem for path in (ROOT / "tools" / "course").glob("*.py"))
    assert sorted(found) == there
    assert f"{sum(found.values())} in all" in text
    for name, minutes in found.items():
        title = (ROOT / "tools" / "course" / f"{name}.py").read_text(encoding="utf-8").partition("# %%\n")[0]
        said = re.search(r"(?i)(?:about|in|takes about) \**(\d+|ten) minutes", title)
        assert said is None or minutes == int(said[1].replace("ten", "10")), (name, said and said[1])


def test_the_lesson_takes_ninety_minutes_without_a_gap() -> None:
    spans = [tuple(map(int, row[0].split("–"))) for row in rows(page("teaching"), "minute")]
    assert spans[0][0] == 0 and spans[-1][1] == 90
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]
    for word in ("https", "headphones", "consent", "revoke", "half_duplex=True", "journal=False"):
        assert word in page("teaching"), word
