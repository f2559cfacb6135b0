"""What a page says, and what it means."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from rtnb.checkup.page import ROUNDS, PageFacts, PageProbe, judge_page, silent_page

LAB = PageFacts("JupyterLab 4.6", "http:", True, True, True, 1, "prompt", True, True, 48000.0, (4.0, 5.0))


@pytest.mark.parametrize(
    ("changed", "check", "verdict", "words"),
    [
        ({}, "live check", "ok", ""),
        ({"whole": False}, "live check", "problem", "Update"),
        ({"round_trips_ms": (400.0,)}, "live check", "note", "latencies"),
        ({"permission": "granted"}, "microphone", "ok", ""),
        ({"permission": "denied"}, "microphone", "problem", "Allow it"),
        ({"secure": False, "capture": False}, "microphone", "problem", "ssh"),
        ({"capture": False}, "microphone", "note", "Clip.load"),
        ({"inputs": 0}, "microphone", "note", "Plug one in"),
        ({"inputs": None, "permission": ""}, "microphone", "ok", ""),
        ({"host": "VS Code", "protocol": "vscode-webview:"}, "microphone", "note", "JupyterLab"),
        ({"context": False}, "sound", "problem", "Chromium"),
        ({"worklet": False}, "sound", "problem", "security policy"),
        ({"worklet": False, "secure": False}, "sound", "problem", "https"),
    ],
)
def test_pages(changed: dict[str, Any], check: str, verdict: str, words: str) -> None:
    findings = {finding.check: finding for finding in judge_page(dataclasses.replace(LAB, **changed))}
    assert findings[check].verdict == verdict and words in findings[check].remedy


def test_no_page() -> None:
    assert silent_page("nobody", seconds=5).verdict == "skipped"
    assert silent_page("later", seconds=5).verdict == "skipped"
    assert "reload the page" in silent_page("now", seconds=5).remedy


class Wire:
    """In place of the widget: what a page would get."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []

    def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.sent.append((content, buffers))


@pytest.fixture
def asked() -> tuple[PageProbe, Wire, list[PageFacts]]:
    answers: list[PageFacts] = []
    probe, wire = PageProbe(answers.append), Wire()
    probe._page.close()
    probe._page = wire  # type: ignore[assignment]
    return probe, wire, answers


SAID = {"host": "Lab", "protocol": "https:", "local": False, "secure": True, "capture": True, "inputs": 2,
        "permission": "granted", "context": True, "worklet": True, "rate_hz": 48000}  # fmt: skip


def test_a_page_answers(asked: tuple[PageProbe, Wire, list[PageFacts]]) -> None:
    probe, wire, answers = asked
    probe._said({"type": "here", "page": "a", "facts": SAID}, [])
    for turn in range(ROUNDS):
        content, buffers = wire.sent[turn]
        assert content["page"] == "a" and content["round"] == turn
        # Another page of the same notebook says its own; the first one counts.
        probe._said({"type": "here", "page": "b", "facts": SAID}, [])
        probe._said({"type": "echo", "page": "b"}, [b"other"])
        probe._said({"type": "echo", "page": "a"}, buffers)
    assert probe.done.is_set() and len(wire.sent) == ROUNDS
    (facts,) = answers
    assert facts.whole and facts.inputs == 2 and len(facts.round_trips_ms) == ROUNDS - 1


def test_bytes_that_came_back_altered(asked: tuple[PageProbe, Wire, list[PageFacts]]) -> None:
    probe, _, answers = asked
    probe._said({"type": "here", "page": "a", "facts": {**SAID, "inputs": "many", "rate_hz": None}}, [])
    for _ in range(ROUNDS):
        probe._said({"type": "echo", "page": "a"}, [b""])
    assert not answers[0].whole and answers[0].inputs is None and answers[0].rate_hz == 0


def test_what_is_no_answer(asked: tuple[PageProbe, Wire, list[PageFacts]]) -> None:
    probe, wire, answers = asked
    for content in ("text", {"type": "here", "facts": "none"}, {"type": "echo", "page": "a"}, {}):
        probe._said(content, [])  # type: ignore[arg-type]
    assert not wire.sent and not answers


def answer(probe: PageProbe) -> None:
    probe._said({"type": "here", "page": "a", "facts": SAID}, [])
    for _ in range(ROUNDS):
        probe._said({"type": "echo", "page": "a"}, [b""])


def test_it_is_done_when_the_answer_was_told_not_before(asked: tuple[PageProbe, Wire, list[PageFacts]]) -> None:
    probe, _, _ = asked
    telling, freed, order = threading.Event(), threading.Event(), []

    def slowly(facts: PageFacts) -> None:
        telling.set()
        assert freed.wait(30)
        order.append("told")

    probe._answered = slowly
    thread = threading.Thread(target=answer, args=(probe,))
    thread.start()
    assert telling.wait(30) and not probe.done.is_set()
    # The answer is on its way: silence is not told in its place.
    assert probe.unless_heard(lambda: order.append("silent"))
    freed.set()
    assert probe.done.wait(30)
    thread.join(30)
    assert order == ["told"]


def test_a_late_answer_comes_after_the_silence(asked: tuple[PageProbe, Wire, list[PageFacts]]) -> None:
    probe, _, _ = asked
    order: list[str] = []
    probe._answered = lambda facts: order.append("told")
    assert not probe.unless_heard(lambda: order.append("silent"))
    answer(probe)
    answer(probe)
    assert order == ["silent", "told"] and probe.done.is_set()


def test_it_is_done_even_where_the_answer_could_not_be_shown(asked: tuple[PageProbe, Wire, list[PageFacts]]) -> None:
    probe, _, _ = asked

    def failing(facts: PageFacts) -> None:
        raise RuntimeError("the card is gone")

    probe._answered = failing
    with pytest.raises(RuntimeError):
        answer(probe)
    assert probe.done.is_set()
