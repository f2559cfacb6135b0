"""What users write, as a type checker sees it; never run. A line with "type: ignore" is one that it has to refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, assert_type

import rtnb
from rtnb.testing import RtnbServer


def blocking() -> None:
    s = rtnb.connect(instructions="You are brief.", voice="marin")
    assert_type(s, rtnb.Session)
    turn = s.ask("What is server VAD?")
    assert_type(turn, rtnb.Turn)
    assert_type(turn.text, str)
    assert_type(turn.audio, rtnb.Clip | None)
    assert_type(s.send(rtnb.Clip.load("question.wav")).wait(), rtnb.Turn)
    run = s.stream(Path("call.wav"))
    assert_type(run, rtnb.Run)
    assert_type([each.text for each in run.turns], list[str])
    assert_type(s.save("talk.rtnb"), Path)
    assert_type(rtnb.replay("talk.rtnb"), rtnb.Recording)
    print(turn.txt)  # type: ignore[attr-defined]
    s.stream("call.wav", pace="fast")  # type: ignore[arg-type]
    rtnb.conect()  # type: ignore[attr-defined]


def keywords() -> None:
    s = rtnb.connect(voice="marin", speed=1.1, budget_usd=0.5, session={"audio": {}})
    s.ask("What is server VAD?", voice="cedar", metadata={"turn": "1"})
    s.update(turn_detection={"type": "server_vad"}, input_format="pcmu")
    rtnb.transcription(language="en", turn_detection={"type": "server_vad"}, input_format="pcmu", journal=False)
    rtnb.connect(voise="marin")  # type: ignore[call-arg]
    rtnb.connect(budget_usd="much")  # type: ignore[arg-type]
    rtnb.AsyncSession(voise="marin")  # type: ignore[call-arg]
    s.ask("What is server VAD?", voise="cedar")  # type: ignore[call-arg]
    s.ask("What is server VAD?", speed=1.1)  # type: ignore[call-arg]
    s.update(turn_detektion=None)  # type: ignore[call-arg]
    s.update(budget_usd=0.5)  # type: ignore[call-arg]
    rtnb.transcription(langage="en")  # type: ignore[call-arg]
    rtnb.client_secret(voise="marin")  # type: ignore[call-arg]


def words() -> None:
    Status = Literal["open", "reconnecting", "closed", "lost"]
    s = rtnb.connect()
    assert_type(s.status, Status)
    assert_type(rtnb.transcription().status, Status)
    if s.status == "gone":  # type: ignore[comparison-overlap]
        s.close()
    image = rtnb.Image("photo.png")
    assert_type(image.kind, Literal["image/png", "image/jpeg"])
    assert_type(image.detail, Literal["auto", "low", "high"] | None)
    view = rtnb.TimelineView(s)
    assert_type(view.align, Literal["auto", "start", "speech", "response"] | int)
    view.align = "spech"  # type: ignore[assignment]


def a_tool() -> None:
    s = rtnb.connect()

    @s.tool
    def lookup_order(order_id: int) -> dict[str, object]:
        "Look up an order by its number."
        return {"order": order_id}


async def asynchronous() -> None:
    async with rtnb.AsyncSession(modalities=["text"]) as s:
        assert_type(await s.ask("Hello."), rtnb.Turn)
        print(s.ask("Hello.").text)  # type: ignore[attr-defined]


def turn_detection() -> None:
    rtnb.ServerVad(threshold=0.6, silence_duration_ms=350)
    rtnb.ServerVad(treshold=0.6)  # type: ignore[call-arg]
    rtnb.SemanticVad(eagerness="low")
    rtnb.SemanticVad(eagerness="lazy")  # type: ignore[arg-type]
    corpus = rtnb.vad.Corpus.load("recordings")
    sweep = rtnb.vad.sweep(corpus, turn_gap_s=0.7)
    assert_type(sweep, rtnb.vad.Sweep)


def prices() -> None:
    assert_type(rtnb.pricing.project(10, "gpt-realtime-2.1"), rtnb.pricing.Projection)


def a_server() -> None:
    with RtnbServer() as server:
        assert_type(server.url, str)
