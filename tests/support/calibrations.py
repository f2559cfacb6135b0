"""Real sessions with a server whose detector was altered on purpose."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import rtnb
from rtnb import Clip, LocalServer, ServerVad
from rtnb.vad import DetectorTuning

__all__ = ["FAST", "altered", "excerpts", "sent", "speech"]

FAST = {"create_response": False, "interrupt_response": False}


def altered(tuning: DetectorTuning) -> LocalServer:
    """A server that hears speech, and neither words nor anything else that takes long."""
    return LocalServer(detector=tuning, ear="none", tts="tone")


@functools.cache
def excerpts() -> tuple[Clip, ...]:
    """The labelled meetings, in order."""
    return tuple(Clip.load(path) for path in sorted(Path(rtnb.sample("labelled")).glob("*.flac")))


@functools.cache
def speech() -> Clip:
    """A conversation."""
    return Clip.load(rtnb.sample("dialogue_sample"))


def sent(server: LocalServer, steps: Iterable[Clip | ServerVad | str | dict[str, Any]], place: Path) -> Path:
    """Save a session that does all of `steps` as fast as the server takes it: clips are appended, settings changed.

    A text is the name of a verb, such as "clear".
    """
    steps = list(steps)
    first = steps.pop(0)
    options = first if isinstance(first, dict) else {"turn_detection": first}
    with rtnb.connect("local", server=server, modalities=["text"], **options) as session:
        for step in steps:
            if isinstance(step, Clip):
                for start in range(-(-len(step) // step.rate_hz)):
                    session.append(step[float(start) : start + 1.0])
            elif isinstance(step, str):
                getattr(session, step)()
            else:
                session.update(**(step if isinstance(step, dict) else {"turn_detection": step}))
        session.update(instructions="Everything has been heard when this is acknowledged.")
        return session.save(place)
