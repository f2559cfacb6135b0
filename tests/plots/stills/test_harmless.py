"""Whatever anybody says, in whatever member: no still holds a script, a handler, a fetched address, foreign markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.markup import assert_harmless, read

import rtnb
from rtnb.plots.stills.console import console_bundle
from rtnb.plots.stills.meter import usage_bundle
from rtnb.plots.stills.waveform import waveform_bundle
from rtnb.plots.timeline.bundle import timeline_bundle
from rtnb.plots.timeline.page import timeline_page
from rtnb.session.timeline.shapes import Call, Note, Problem
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.pieces import ErrorView, ImageView, ToolCallView
from rtnb.session.views.shapes import SessionView, UsageReport

NASTY = (
    "</title></style><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)//",
    "&lt;b&gt; <svg/onload=alert(1)> \u202e\ud800\x00",
    "${1} <iframe srcdoc='x'></iframe> url(http://a.b)",
)
PIECES = [*"<>&\"'/= ;:x", "script", "onload", "style", "<!--", "]]>", "\u202e", "\x00", "\n"]
MARKUP = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)


@pytest.fixture(scope="module")
def base() -> Timeline:
    recording = rtnb.replay(Path(__file__).parents[3] / "notebooks" / "data" / "ten_minutes.rtnb")
    timeline = timeline_of_observer(recording._observer)
    return replace(timeline, runs=timeline.runs[:5], transcripts=timeline.transcripts[:2],
                   responses=timeline.responses[:1], brackets=timeline.brackets[:2], speech=timeline.speech[:1],
                   commits=(), heard=(), charges=timeline.charges[:1], pieces=(), gaps=())  # fmt: skip


def _session(talk: SessionView, words: str) -> SessionView:
    call = ToolCallView(words, words, words, error=words, duration_s=0.1)
    turn = replace(
        talk.turns[2], user_text=words, assistant_text=words, status_reason=words, tool_calls=(call,), endpoint=words,
        model=words, error=ErrorView(words, words, words, words, "bug", words), user_images=(ImageView(words, words),),
    )  # fmt: skip
    return replace(talk, turns=(turn,), endpoint=words, model=words, voice=words, errors=(words,), notes=(words,),
                   quiet=(words,), turn_detection=words)  # fmt: skip


def _timeline(base: Timeline, words: str) -> Timeline:
    return replace(
        base, name=words, endpoint=words, model=words,
        columns=replace(base.columns, types=(words,) * len(base.columns.types)),
        transcripts=tuple(replace(each, text=words) for each in base.transcripts),
        responses=tuple(replace(each, reason=words, status=words) for each in base.responses),
        runs=tuple(replace(each, type=words, text=words) for each in base.runs),
        problems=(Problem(t_s=1.0, message=words, code=words, severity=words, advice=words),),
        notes=(Note(t_s=1.0, text=words),),
        calls=(Call(call_id="c", name=words, signature=words, status=words, asked_s=1.0, output=words, error=words),),
        changes=tuple(replace(each, refused=words, label=words) for each in base.changes[:1]),
    )  # fmt: skip


def _stills(talk: SessionView, base: Timeline, words: str) -> Iterator[tuple[str, Callable[[], str]]]:
    session, timeline = _session(talk, words), _timeline(base, words)
    report = UsageReport(session.turns, session.usage, session.cost, words, words)
    budget = BudgetView(notes=(words,), silenced=True)
    yield "console", lambda: str(console_bundle(session, budget=budget)["text/html"])
    yield "waveform", lambda: str(waveform_bundle(session, title=words, notes=(words,))["text/html"])
    yield "meter", lambda: str(usage_bundle(report, budget=budget, notes=(words,))["text/html"])
    yield "timeline", lambda: str(timeline_bundle(timeline)["text/html"])
    yield "comparison", lambda: str(timeline_bundle(timeline, timeline)["text/html"])
    yield "page", lambda: timeline_page(timeline, title=words)


def _assert_safe(html: str) -> None:
    reader = assert_harmless(html)
    assert not any(name.startswith("on") for _, attributes in reader.elements for name in attributes)
    assert not re.search(r"<\s*(script|iframe|object|embed|form|link|base)\b", html, re.IGNORECASE)
    assert not any("javascript:" in value for _, attributes in reader.elements
                   for name, value in attributes.items() if name in ("src", "href", "style"))  # fmt: skip
    html.encode("utf-8")


@pytest.mark.parametrize("words", NASTY)
def test_known_attacks_stay_words(words: str, talk: SessionView, base: Timeline) -> None:
    plain = dict(_stills(talk, base, "x" * len(words)))
    for name, still in _stills(talk, base, words):
        html = still()
        _assert_safe(html)
        if name != "page":
            # Elements and their attributes do not depend on what was said.
            assert read(html).shape() == read(plain[name]()).shape(), name


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MARKUP)
def test_nothing_said_becomes_markup(talk: SessionView, base: Timeline, words: str) -> None:
    for _, still in _stills(talk, base, words):
        _assert_safe(still())
