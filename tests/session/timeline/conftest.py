"""A real session with everything in it that a timeline shows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import rtnb
from rtnb.session.record.recording import Recording
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.shapes import TurnView


def get_weather(city: str) -> str:
    """Tell the weather.

    Parameters
    ----------
    city : str
        Where.
    """
    time.sleep(0.05)
    return f"Sunny in {city}."


@dataclass(frozen=True, slots=True)
class Talk:
    """A spoken question that is answered and interrupted by another one, a typed one, a change, an error."""

    live: Timeline
    """Taken while the session was open, in the middle of it."""
    after: Timeline
    """Taken from the open session at the end."""
    turns: tuple[TurnView, ...]
    recording: Recording

    @property
    def timeline(self) -> Timeline:
        """Of the recording, which was saved and read again."""
        return self.recording.timeline


@pytest.fixture(scope="package")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    folder: Path = tmp_path_factory.mktemp("talk")
    question = rtnb.sample("weather_question")
    with rtnb.connect(tools=[get_weather], journal=False) as s:
        s.stream(question, show=False)
        live = s.timeline
        s.stream(question, show=False)
        s.update(instructions="Be brief.")
        s.ask("What is two plus two?", show=False)
        s.send_event({"type": "conversation.item.delete", "event_id": "event_wrong", "item_id": "item_none"})
        until = time.monotonic() + 10
        while not s.events.of_type("error") and time.monotonic() < until:
            time.sleep(0.01)
        after, turns = s.timeline, s.view().turns
        path = s.save(folder / "talk.rtnb")
    return Talk(live, after, turns, rtnb.replay(path))
