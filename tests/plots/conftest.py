"""Views made of real speech, the way a session would make them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtnb.audio import Clip
from rtnb.pricing import cost
from rtnb.samples import sample
from rtnb.session.views.shapes import Latency, RunView, SessionView, SpeechSpan, TurnView
from rtnb.tokens import TokenUsage

MODEL = "gpt-realtime-2.1"
DAY = "2026-11-21"


@pytest.fixture(scope="session")
def question() -> Clip:
    """Speech from 0.45 s to 1.8 s."""
    return Clip.load(sample("weather_question"))


@pytest.fixture(scope="session")
def dialogue() -> Clip:
    return Clip.load(sample("dialogue_sample"))


@pytest.fixture(scope="session")
def spoken(question: Clip, dialogue: Clip) -> TurnView:
    """Heard from 10 s on; speech ends at 11.8 s, the answer of 4 s comes 0.93 s later."""
    usage = TokenUsage(input_text=116, input_audio=19, cached_text=64, output_text=27, output_audio=104)
    return TurnView(
        index=0,
        status="completed",
        user_text="What is the weather in Paris?",
        user_kind="audio",
        user_audio=Clip.concat([question, Clip.silence(0.6)]),
        user_start_s=10.0,
        speech=(SpeechSpan(10.15, 12.3, prefix_s=0.3, silence_s=0.5),),
        assistant_text="I heard a question about the weather in Paris.",
        assistant_audio=dialogue[8.0:12.0],
        assistant_start_s=12.73,
        latency=Latency("speech end", "first audio", 11.8, 12.73),
        usage=usage,
        cost=cost(usage, MODEL, DAY),
        model=MODEL,
        endpoint="embedded server",
    )


@pytest.fixture(scope="session")
def typed() -> TurnView:
    usage = TokenUsage(input_text=420, cached_text=384, output_text=27)
    return TurnView(
        index=1,
        status="completed",
        user_text="What is server VAD?",
        user_kind="text",
        assistant_text="Turn detection by silence.",
        latency=Latency("request", "first text", 20.0, 20.21),
        usage=usage,
        cost=cost(usage, MODEL, DAY),
        model=MODEL,
        endpoint="embedded server",
    )


@pytest.fixture(scope="session")
def interrupted(spoken: TurnView) -> TurnView:
    return replace(spoken, index=2, status="cancelled", status_reason="interrupted by speech", heard_s=1.55)


@pytest.fixture(scope="session")
def run(dialogue: Clip, spoken: TurnView) -> RunView:
    """Half a minute at 100 s on the session's clock, with six turns."""
    turns = []
    for i, (start, end) in enumerate(
        ((7.8, 11.5), (11.9, 14.0), (14.4, 17.2), (17.9, 22.0), (22.6, 26.8), (27.3, 30.0))
    ):
        span = SpeechSpan(100 + start, 100 + end, prefix_s=0.3, silence_s=0.35)
        answer_s = 100 + end + 0.1
        turns.append(
            replace(
                spoken,
                index=3 + i,
                user_audio=dialogue[start:end],
                user_start_s=100 + start,
                speech=(span,),
                assistant_audio=dialogue[8.0:8.2],
                assistant_start_s=answer_s,
                latency=Latency("speech end", "first audio", 100 + end - 0.35, answer_s),
            )
        )
    spans = tuple(turn.speech[0] for turn in turns)
    return RunView("dialogue_sample.flac", dialogue, 100.0, tuple(turns), spans, True, MODEL, "embedded server")


@pytest.fixture(scope="session")
def session(spoken: TurnView, typed: TurnView, interrupted: TurnView) -> SessionView:
    later = replace(
        interrupted,
        user_start_s=30.0,
        speech=(SpeechSpan(30.15, 32.3, prefix_s=0.3, silence_s=0.5),),
        assistant_start_s=32.73,
        latency=Latency("speech end", "first audio", 31.8, 32.73),
    )
    turns = (spoken, typed, later)
    usage = sum(turn.usage for turn in turns if turn.usage)
    return SessionView(
        "embedded server",
        MODEL,
        "marin",
        "open",
        40.0,
        turns,
        usage,
        cost(usage, MODEL, DAY),
        turn_detection="server VAD",
        notes=("Answers are spoken by a stand-in voice.",),
    )
