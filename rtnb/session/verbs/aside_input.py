"""What an aside is about, as the items of ``response.input``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pybase64

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import TurnState
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.shapes import TurnView

__all__ = ["About", "input_of", "items_of_turn", "size_of", "turn_state"]

About = str | Clip | Path | Turn | TurnView | Mapping[str, Any]
"""A text, a sound, the id of an item, a turn, or an item in the API's own shape."""

Json = dict[str, Any]


async def input_of(about: About | Iterable[About] | None, talk: Conversation) -> list[Json] | None:
    """The items, in the order given; None, which means the whole conversation, for None.

    Raises
    ------
    ConfigError
        It is nothing of the kind, or a turn of which the server knows nothing yet.

    Examples
    --------
    >>> import asyncio
    >>> asyncio.run(input_of("Hello!", Conversation()))
    [{'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'Hello!'}]}]
    """
    if about is None:
        return None
    single = isinstance(about, str | Clip | Path | Turn | TurnView | Mapping)
    # Bytes are iterable and no list of things.
    listed = isinstance(about, Iterable) and not isinstance(about, bytes | bytearray | memoryview)
    pieces: Sequence[Any] = list(about) if listed and not single else [about]  # type: ignore[arg-type]
    found: list[Json] = []
    for piece in pieces:
        match piece:
            case Turn() | TurnView():
                found += map(_reference, items_of_turn(turn_state(piece, talk), talk))
            case str() if piece in talk.items:
                found.append(_reference(piece))
            case str():
                found.append(_message({"type": "input_text", "text": piece}))
            case Clip() | Path():
                found.append(await asyncio.to_thread(_audio, piece, _input_format(talk)))
            case Mapping() if isinstance(piece.get("type"), str):
                found.append(dict(piece))
            case _:
                raise ConfigError(
                    f"An aside can be about a text, a Clip, a Path, an item's id, a turn, or an item in the API's "
                    f"shape (a mapping with a 'type'), or a list of such, not {piece!r:.80}."
                )
    return found


def turn_state(turn: Turn | TurnView, talk: Conversation) -> TurnState:
    """What the reducer knows of a turn.

    Raises
    ------
    ConfigError
        Nothing: the turn still waits to be said.
    """
    index = turn.index
    if not 0 <= index < len(talk.turns) or not (talk.turns[index].user_items or talk.turns[index].responses):
        raise ConfigError(f"The server has nothing of turn {index} yet: wait for it first, turn.wait() or await turn.")
    return talk.turns[index]


def items_of_turn(turn: TurnState, talk: Conversation) -> list[str]:
    """The messages of both sides that are still there."""
    ids = [*turn.user_items, *(i for response_id in turn.responses for i in talk.responses[response_id].items)]
    items = (talk.items.get(item_id) for item_id in dict.fromkeys(ids))
    return [item.id for item in items if item is not None and not item.deleted and item.type == "message"]


def size_of(items: Sequence[Mapping[str, Any]], talk: Conversation) -> tuple[str, float]:
    """The text and the seconds of audio in items, those they refer to included."""
    texts: list[str] = []
    seconds = 0.0
    for wire in items:
        if wire.get("type") == "item_reference":
            item = talk.items.get(str(wire.get("id")))
            if item is not None:
                start, end = item.input_bytes or (0, 0)
                seconds += (end - start) / talk.clock.bytes_per_ms / 1000 + item.audio_ms / 1000
                texts += item.text
            continue
        content = wire.get("content")
        for part in content if isinstance(content, list) else ():
            if not isinstance(part, Mapping):
                continue
            texts.append(str(part.get("text") or ""))
            data = str(part.get("audio") or "")
            seconds += len(data) * 3 / 4 / _input_format(talk).bytes_per_ms / 1000
    return "\n".join(texts), seconds


def _reference(item_id: str) -> Json:
    return {"type": "item_reference", "id": item_id}


def _message(part: Json) -> Json:
    return {"type": "message", "role": "user", "content": [part]}


def _audio(sound: Clip | Path, format: AudioFormat) -> Json:
    clip = Clip.load(sound) if isinstance(sound, Path) else sound
    data = format.encode(clip.samples, clip.rate_hz)
    return _message({"type": "input_audio", "audio": pybase64.b64encode(data).decode("ascii")})


def _input_format(talk: Conversation) -> AudioFormat:
    """Audio in items is in the format of the session's input, which `append` takes too."""
    stated = talk.input_settings().get("format")
    return PCM16 if stated is None else AudioFormat.from_wire(stated)
