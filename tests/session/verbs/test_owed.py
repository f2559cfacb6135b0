"""Speech during an answer that is not interrupted is answered behind it, though the server refused it at first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import rtnb
from rtnb.testing import ScriptedServer, greeting

ACTIVE = "conversation_already_has_active_response"
LET = rtnb.ServerVad(interrupt_response=False)
QUESTION = rtnb.Clip.load(rtnb.sample("weather_question"))


def run(server: Any, talk: Any, **settings: Any) -> Any:
    async def main() -> Any:
        async with rtnb.AsyncSession(server.url, key=server.key, turn_detection=LET, **settings) as s:
            return await talk(s)

    return asyncio.run(main())


async def spoken(s: rtnb.AsyncSession, clip: rtnb.Clip = QUESTION) -> None:
    """As from a microphone: in pieces, faster than real time, with silence behind."""
    whole = rtnb.Clip.concat([clip, rtnb.Clip.silence(1.0)])
    for start in range(int(whole.duration_s * 10)):
        await s.append(whole[start / 10 : (start + 1) / 10])


async def telling(s: rtnb.AsyncSession) -> rtnb.Turn:
    """An answer that is under way."""
    turn = await s.send("Tell me a long story.")
    await s.core.until(lambda: bool(s.core.talk.responses) and bool(s.core.talk.active_response().items))
    return turn


@pytest.mark.local
def test_what_is_said_during_an_answer_is_answered_behind_it(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> rtnb.AsyncSession:
        story = await telling(s)
        await spoken(s)
        await s.core.until(lambda: bool(s.core.talk.owed), 20)
        second = s.turns[1]
        assert second.status == "waiting" and not s.core.talk.over(s.core.talk.turns[1])
        await second
        assert story.status == "completed"
        return s

    s = run(server, talk)
    first, second = s.turns
    assert (first.status, second.status) == ("completed", "completed")
    assert second.transcript == "What is the weather in Paris?" and "Paris" in second.text
    assert [error.code for error in s.core.talk.errors] == [ACTIVE]
    answers = [s.core.talk.responses[turn.responses[0]] for turn in s.core.talk.turns]
    assert answers[1].created_s >= answers[0].done_s and answers[1].trigger == "turn detection"
    # The one before it was not cut by the request: it goes on sounding, and this one follows when it is over.
    began = second.view().assistant_start_s
    assert first.heard_s is None and (began is None or began >= first.view().assistant_start_s + first.audio.duration_s)
    assert len([text for text in s.notices if "Turn 2 was said during an answer" in text]) == 1


@pytest.mark.local
def test_what_is_typed_meanwhile_comes_behind_it(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> list[str]:
        await telling(s)
        typed = await s.send("What is 6 times 7?")
        await spoken(s)
        await s.core.until(lambda: bool(s.core.talk.owed), 20)
        await typed
        made = sorted(s.core.talk.turns, key=lambda turn: s.core.talk.responses[turn.responses[0]].created_s)
        return [s.turns[turn.index].transcript for turn in made]

    assert run(server, talk) == ["Tell me a long story.", "What is the weather in Paris?", "What is 6 times 7?"]


@pytest.mark.local
def test_two_utterances_are_answered_together(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> list[tuple[str, str]]:
        await telling(s)
        for count in (1, 2):
            await spoken(s)
            await s.core.until(lambda count=count: len(s.core.talk.owed) == count, 20)
        for turn in s.turns:
            await turn
        assert len(s.core.talk.responses) == 2
        return [(turn.status, turn.view().status_reason) for turn in s.turns]

    story, first, second = run(server, talk)
    assert story[0] == second[0] == "completed"
    assert first == ("no_response", "answered together with what came after it")


@pytest.mark.local
def test_an_interruption_of_nothing_gives_it_up_and_a_hand_over_takes_it_along(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[str, int]:
        await telling(s)
        await spoken(s)
        await s.core.until(lambda: bool(s.core.talk.owed), 20)
        await s.handover()
        # A quiet moment is one in which nothing is owed.
        return s.turns[1].status, len(s.core.talk.connections)

    assert run(server, talk) == ("completed", 2)


def test_who_closes_leaves_nobody_waiting(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> rtnb.AsyncSession:
        await telling(s)
        await spoken(s)
        await s.core.until(lambda: bool(s.core.talk.owed), 20)
        return s

    s = run(server, talk)
    assert not s.core.talk.owed and s.turns[1].status == "failed"
    assert "already has an active response" in s.turns[1].view().status_reason


class Deaf:
    """Speech whose answer is refused during the first response; `after` is what happens when that is to end."""

    def __init__(self, *, refusals: int = 0) -> None:
        self.asked: list[dict[str, Any]] = []
        self._refusals = refusals

    def __call__(self, event: dict[str, Any]) -> list[Any]:
        match event["type"]:
            case "session.update":
                detection = {"type": "server_vad", "silence_duration_ms": 200, "interrupt_response": False}
                session = {"model": "m", "audio": {"input": {"turn_detection": detection}}}
                return [{"type": "session.updated", "session": session}]
            case "response.create":
                self.asked.append(event)
                if len(self.asked) == 1:
                    return [_created("resp_1", event), *_said("item_1"), *_said("item_2"), _done("resp_1", event)]
                if self._refusals:
                    self._refusals -= 1
                    return [_refused(event["event_id"])]
                made = f"resp_{len(self.asked)}"
                return [_created(made, event), _done(made, event)]
        return []


def _said(item_id: str) -> list[dict[str, Any]]:
    return [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": item_id},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 500, "item_id": item_id},
        {"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": None},
        _refused(None),
    ]


def _refused(event_id: str | None) -> dict[str, Any]:
    message = "Conversation already has an active response in progress: resp_1. Wait until it is finished."
    return {"type": "error", "error": {"code": ACTIVE, "message": message, "event_id": event_id}}


def _response(response_id: str, event: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": response_id, "conversation_id": "c", "metadata": event["response"].get("metadata"), **more}


def _created(response_id: str, event: dict[str, Any]) -> dict[str, Any]:
    return {"type": "response.created", "response": _response(response_id, event, status="in_progress")}


def _done(response_id: str, event: dict[str, Any]) -> dict[str, Any]:
    return {"type": "response.done", "response": _response(response_id, event, status="completed", output=[])}


def talked(deaf: Deaf, then: Callable[[rtnb.AsyncSession], Any]) -> Any:
    async def main(url: str) -> Any:
        async with rtnb.AsyncSession(url) as s:
            await s.ask("hello")
            return await then(s)

    with ScriptedServer(deaf, first=[greeting(model="m")]) as server:
        return asyncio.run(main(server.url))


async def all_over(s: rtnb.AsyncSession) -> list[str]:
    talk = s.core.talk
    await s.core.until(lambda: all(talk.over(turn) for turn in talk.turns), 10)
    return [turn.status for turn in s.turns]


@pytest.mark.parametrize("refusals", [0, 2])
def test_errors_that_name_no_event_are_understood_and_a_lost_race_is_run_again(refusals: int) -> None:
    deaf = Deaf(refusals=refusals)
    assert talked(deaf, all_over) == ["completed", "no_response", "completed"]
    assert len(deaf.asked) == 2 + refusals
    assert {event["response"]["metadata"]["rtnb_turn"] for event in deaf.asked[1:]} == {"turn2"}


def test_a_server_that_never_lets_go_is_a_failed_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtnb.session.verbs.floor.PAUSE_S", 0.0)
    assert talked(Deaf(refusals=10_000), all_over)[-1] == "failed"


def test_a_recording_of_it_tells_the_same(tmp_path: Any) -> None:
    async def saved(s: rtnb.AsyncSession) -> list[str]:
        statuses = await all_over(s)
        s.save(tmp_path / "owed.rtnb")
        return statuses

    statuses = talked(Deaf(), saved)
    assert [turn.status for turn in rtnb.replay(tmp_path / "owed.rtnb").turns] == statuses
