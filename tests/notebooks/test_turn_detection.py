"""The notebook about turn detection: what it claims holds, and its solutions do what they say."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest
from support.course import NOTEBOOKS, Cells, cell, data, execute, said, stored

import rtnb

NAME = "03_turn_detection"

STEPS = ("Corpus.load", "vad.sweep", ".best(", "operating_points", "intervals", "held_out", ".errors(", "trial(")


@pytest.fixture(scope="module")
def kept() -> Cells:
    return stored(NAME)


def plain(each: nbformat.NotebookNode) -> str:
    """The text of all that a cell shows."""
    return "\n".join(str(o["data"]["text/plain"]) for o in each.outputs if "data" in o)


def rows(printed: str) -> list[list[float]]:
    """The numbers of each line."""
    return [[float(found) for found in re.findall(r"\d+(?:\.\d+)?", line)] for line in printed.splitlines() if line]


# What is stored


def test_from_recordings_to_a_confirmed_setting_in_under_twenty_lines(kept: Cells) -> None:
    first = kept.index(cell(kept, "corpus = "))
    lines = [line for each in kept[first:] for line in each.source.splitlines() if line.strip()]
    assert len(lines) < 20
    for step in STEPS:
        assert step in "\n".join(lines)


def test_pictures_and_players_stay(kept: Cells) -> None:
    for source in (
        'name="a hesitation")',
        'name="a hesitation, semantic_vad")',
        "rtnb.VadLab(hesitant)",
        "lab = rtnb.VadLab",
        "threshold=0.2, silence",
        "sweep = ",
        "operating_points",
        "sweep.errors",
        "rtnb.lab.trial",
    ):
        assert data(kept, source)["image/png"], source
    assert data(kept, "sweep.errors")["text/html"].count("<audio") == 7


def test_the_default_cuts_the_hesitant_speaker_off_and_meaning_does_not(kept: Cells) -> None:
    default, semantic = (plain(cell(kept, f'name="a hesitation{more}")')) for more in ("", ", semantic_vad"))
    assert "2 turns" in default and "heard: What is the weather?" in default and "heard: in Paris" in default
    assert "1 turn" in semantic and "heard: What is the weather in Paris?" in semantic


def test_each_silence_is_a_trade(kept: Cells) -> None:
    found = rows(said(kept, "silence_duration_ms=silence_ms"))
    silences, turns, waits = zip(*found, strict=True)
    assert silences == (200, 300, 400, 500, 800)
    assert turns == (2, 2, 1, 1, 1)
    assert list(waits) == sorted(waits)
    assert all(silence < wait < silence + 100 for silence, wait in zip(silences, waits, strict=True))


def test_padding_moves_what_is_kept_and_nothing_else(kept: Cells) -> None:
    (none, noticed, kept_from), (much, too, earlier) = rows(said(kept, "prefix_padding_ms=padding_ms"))
    assert (none, much) == (0, 300) and noticed == too
    assert kept_from - earlier == pytest.approx(0.3, abs=0.011)


def test_the_longest_waits_are_those_of_the_table(kept: Cells) -> None:
    longest = [numbers[-1] for numbers in rows(said(kept, "semantic_turns"))]
    assert longest == [8, 4, 2]
    assert all(estimate < limit for estimate, limit in rows(said(kept, "semantic_turns")))


def test_the_defaults_in_the_table_are_those_of_a_session(kept: Cells) -> None:
    whole = nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4)
    (table,) = [each.source for each in whole.cells if "| parameter |" in each.source]
    default = rtnb.ServerVad().resolved()
    for name, unit in (("threshold", ""), ("silence_duration_ms", " ms"), ("prefix_padding_ms", " ms")):
        assert f"| `{name}` | {getattr(default, name)}{unit} |" in table


def test_a_lower_threshold_finds_more_and_starts_falsely(kept: Cells) -> None:
    default, lowered = (plain(cell(kept, source)) for source in ("lab = rtnb.VadLab", "threshold=0.2, silence"))
    assert "4 turns" in default
    counts = {}
    for name in ("default 0", "this 0"):
        (line,) = re.findall(rf"{name}\.[^\n]*", lowered)
        false_starts, cut_offs, _, missed = map(int, re.findall(r"\b\d+\b", line.split("│", 1)[1])[:4])
        counts[name] = (false_starts, cut_offs, missed)
    (_, usual_cuts, usual_missed), (false_starts, cut_offs, missed) = counts.values()
    assert usual_missed > 0 and missed == 0 and false_starts == 1
    assert cut_offs == usual_cuts


def test_every_column_of_the_tables_is_explained_before_the_first_other_setting() -> None:
    cells = nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4).cells
    (told,) = [each.source for each in cells if "This is the **VAD lab**" in each.source]
    for term in ("false start", "missed", "false cut-off", "clipped", "merged", "late", "latency"):
        assert f"**{term}**" in told, term
    assert "p50" in told and "p90" in told and "negative" in told


def test_what_it_recommends_is_what_a_sweep_finds(kept: Cells) -> None:
    found = rtnb.vad.sweep(rtnb.sample("labelled"), turn_gap_s=0.7, progress=False).best()
    assert ast.literal_eval(data(kept, "to_wire")["text/plain"]) == found.vad.to_wire()
    assert found.errors < found.default.errors


def test_limits_that_the_prose_names_can_be_met() -> None:
    sweep = rtnb.vad.sweep(rtnb.sample("labelled"), turn_gap_s=0.7, progress=False)
    limits = {"cut_off_rate": 0.1, "merged": 0, "missed_rate": 0.4, "false_start_rate": 0.2, "late": 0}
    assert sweep.best("latency_p50_ms", limits).latency_p50_ms <= sweep.best().latency_p50_ms


# What comes out


@pytest.mark.course
@pytest.mark.local
def test_the_server_confirms_every_turn_of_both_settings() -> None:
    ran, _ = execute(NAME)
    differences = re.findall(r"│ +(-?\d+) ms\n", data(ran, "rtnb.lab.trial")["text/plain"].split("every turn")[1])
    assert len(differences) == 16 and set(differences) == {"0"}


@pytest.mark.course
@pytest.mark.local
def test_what_is_computed_comes_out_as_it_is_stored(kept: Cells) -> None:
    ran, _ = execute(NAME)
    for source in ("silence_duration_ms=silence_ms", "prefix_padding_ms=padding_ms", "semantic_turns"):
        assert said(ran, source) == said(kept, source)
    for source in ("sweep = ", "best = ", "operating_points", "held_out", "sweep.compare", "to_wire"):
        assert data(ran, source)["text/plain"] == data(kept, source)["text/plain"]


@pytest.mark.course
@pytest.mark.local
def test_the_solutions_show_what_their_words_say() -> None:
    _, solved = execute(NAME)
    (silence, latency), (patient, later) = rows(said(solved, "patient = "))
    assert patient > silence and later > latency
    meetings, dialogue = (
        ast.literal_eval(line.split(":", 1)[1].strip()) for line in said(solved, "near = ").splitlines()
    )
    assert dialogue["silence_duration_ms"] < meetings["silence_duration_ms"]
    assert "10 dB" in plain(cell(solved, "what_if"))
    ((shortest,),) = rows(said(solved, "range(200, 500, 10)"))
    assert 300 < shortest < 400
