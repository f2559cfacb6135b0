"""The notebook about events: every one of the turn is in its tables, with the meaning that rtnb gives it."""

from __future__ import annotations

import ast
import re
from html import unescape

import nbformat
import pytest
from support.course import NOTEBOOKS, Cells, data, execute, said, stored

import rtnb
from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.catalogue import catalogue

NAME = "02_timeline"

SPOKEN_TURN = {
    "input_audio_buffer.append", "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed", "conversation.item.added", "conversation.item.done", "response.created",
    "conversation.item.input_audio_transcription.delta", "conversation.item.input_audio_transcription.completed",
    "response.output_item.added", "response.content_part.added", "response.output_audio_transcript.delta",
    "response.output_audio.delta", "response.output_audio.done", "response.output_audio_transcript.done",
    "response.content_part.done", "response.output_item.done", "response.done", "rate_limits.updated",
}  # fmt: skip
"""What a spoken turn is made of on the live service, too (source: the reference of its events)."""

FAMILIES = ('"rtnb", "session"', '"input_audio_buffer"', '"conversation"', '"response"', '"rate_limits"')
"""What the chapters are about."""


def table(cells: Cells, source: str) -> str:
    """A table of events as a reader sees it, without the places where long names may break."""
    (found,) = [each for each in cells if each.source.strip().endswith(source)]
    shown = [o["data"]["text/html"] for o in found.outputs if "data" in o][-1]
    return " ".join(unescape(re.sub(r"<[^>]*>", "", shown.replace("<wbr>", "").replace("</td>", " "))).split())


def types_of(cells: Cells, source: str) -> list[str]:
    """The names of the events in the plain text of a table."""
    (found,) = [each for each in cells if each.source.strip().endswith(source)]
    text = [o["data"]["text/plain"] for o in found.outputs if "data" in o][-1]
    return re.findall(r"^\s*[\d:.]+ s? ?[→←·] ([\w.]+)", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def kept() -> Cells:
    return stored(NAME)


@pytest.fixture(scope="module")
def ran() -> Cells:
    return execute(NAME)[0]


@pytest.fixture(scope="module")
def solved() -> Cells:
    return execute(NAME)[1]


def assert_complete(cells: Cells) -> None:
    whole = types_of(cells, "turn.timeline.explained()")
    assert set(whole) == SPOKEN_TURN
    told = table(cells, "turn.timeline.explained()")
    for name in SPOKEN_TURN:
        assert rtnb.explain(name).means in told, name
    # What the chapters tell, family by family, is all of that and the session before it.
    by_family = [name for family in FAMILIES for name in types_of(cells, f"story.of_type({family})")]
    assert set(by_family) == SPOKEN_TURN | {
        "rtnb.connection.opened", "session.created", "session.update", "session.updated",
    }  # fmt: skip


def test_every_event_of_the_turn_is_told_with_its_meaning(kept: Cells) -> None:
    assert_complete(kept)


@pytest.mark.course
@pytest.mark.local
def test_and_so_it_is_when_it_is_run(ran: Cells) -> None:
    assert_complete(ran)
    assert data(ran, "if not each.means")["text/plain"] == "[]"


def test_numbers_in_the_prose_are_right() -> None:
    prose = nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4).cells[0].source
    known = catalogue()
    assert f"{len(known.client_events) + len(known.server_events)} kinds" in prose
    assert f"uses {len(SPOKEN_TURN)}." in prose
    assert f"all {len(known.client_events) + len(known.server_events)} are listed" in prose


def test_beta_names_are_those_of_the_translation(kept: Cells) -> None:
    shown = ast.literal_eval(data(kept, "if each.beta")["text/plain"])
    renamed = beta_data().renamed_events
    assert shown == {name: renamed[name] for name in SPOKEN_TURN if name in renamed}


def test_each_latency_stands_between_its_two_events_in_a_picture(kept: Cells) -> None:
    (timing,) = [each for each in kept if each.source == "turn.timing"]
    shown = timing.outputs[-1]["data"]
    assert {"image/png", "text/html", "text/plain"} <= set(shown)
    for name in ("endpointing", "ttfa_vad", "response_latency", "transcription_lag_commit"):
        assert name in shown["text/plain"]
    assert "speech_stopped received → first output_audio.delta received" in unescape(shown["text/html"])


@pytest.mark.course
@pytest.mark.local
def test_a_latency_is_the_difference_of_two_times(ran: Cells) -> None:
    printed = said(ran, 'turn.timing["ttfa_vad"]')
    first, stopped, apart = map(float, re.findall(r"([\d.]+) s", printed.splitlines()[0]))
    assert first - stopped == pytest.approx(apart, abs=0.0021)
    assert "speech_stopped received → first output_audio.delta received" in printed
    sound, event = map(float, re.findall(r"at ([\d.]+) s$", said(ran, "position_ms = "), flags=re.MULTILINE))
    assert sound <= event


@pytest.mark.course
@pytest.mark.local
def test_files_are_written_and_one_is_read_again(ran: Cells) -> None:
    assert re.findall(r"^\S+", said(ran, "to_perfetto"), flags=re.MULTILINE) == [
        "session.jsonl", "turn.html", "turn.json",
    ]  # fmt: skip
    assert "What is the weather in Paris?" in data(ran, "again = rtnb.replay")["text/plain"]


@pytest.mark.course
@pytest.mark.local
def test_the_solutions_give_the_right_answers(solved: Cells) -> None:
    deciding, waited = map(float, re.findall(r"([\d.]+) s", said(solved, "deciding / waited")))
    assert 0 < deciding < waited
    missing, _, new = said(solved, "sorted(spoken - typed)").partition("new:")
    heard = {name for name in SPOKEN_TURN if name.startswith("input_audio_buffer") or "input_audio_tr" in name}
    assert set(missing.split()[1:]) == heard
    assert new.split() == ["conversation.item.create", "response.create"]
    seconds = {
        name: (in_s(before), in_s(after))
        for name, before, after in re.findall(
            r"^(\w+) +([\d.]+ m?s) -> ([\d.]+ m?s)", said(solved, "patient.timing"), re.MULTILINE
        )
    }
    before, after = seconds["endpointing"]
    assert after > before + 0.4 and set(seconds) == {"endpointing", "ttfa_vad", "response_latency"}
    shares = dict(re.findall(r"^([\w.]+) +([\d.]+)%", said(solved, "weights = "), re.MULTILINE))
    heaviest = sorted(shares, key=lambda name: -float(shares[name]))[:2]
    assert set(heaviest) == {"input_audio_buffer.append", "response.output_audio.delta"}
    assert sum(float(shares[name]) for name in heaviest) > 90


def in_s(text: str) -> float:
    value, unit = text.split()
    return float(value) / (1000 if unit == "ms" else 1)


def test_it_closes_what_it_opens_and_leads_on(kept: Cells) -> None:
    assert kept[-1].source.startswith("s.close()")
    prose = [
        each.source
        for each in nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4).cells
        if each.cell_type == "markdown"
    ]
    assert "One idea: everything is events" in prose[0] and "minutes" in prose[0]
    assert "](03_turn_detection.ipynb)" in prose[-1]
