"""What a transcription model's name means for the events of a session; the rows are in ``transcription.json``."""

from __future__ import annotations

import functools
import json
import math
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any, Literal

from rtnb.tokens import count_text, user_audio_tokens

__all__ = [
    "Deltas",
    "Pace",
    "TranscriptionModel",
    "is_transcription",
    "live_pace",
    "transcription_model",
    "transcription_names",
    "transcription_usage",
]

Deltas = Literal["once", "after", "live"]
"""When the text comes: all at once or word by word once the turn is over, or while one speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionModel:
    """How one model behaves.

    Parameters
    ----------
    deltas : {"once", "after", "live"}
        When its text comes.
    usage : {"tokens", "duration"}
        What its ``completed`` event counts.
    languages, logprobs, segments : bool
        Whether it names the languages, gives log probabilities when asked, and tells speakers apart.
    """

    deltas: Deltas
    usage: Literal["tokens", "duration"]
    languages: bool
    logprobs: bool
    segments: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How eagerly words are given out while one speaks.

    Parameters
    ----------
    every_ms : int
        New audio before the turn so far is recognised again.
    held_words : int
        How many of the last words that two passes agree on wait for another one.
    """

    every_ms: int
    held_words: int


@functools.cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files("rtnb.server.input").joinpath("transcription.json").read_text("utf-8"))
    return table


@functools.lru_cache(maxsize=64)
def transcription_model(name: str | None) -> TranscriptionModel:
    """The model of that name, or of the longest known name that it begins with; a sensible one if nobody knows it.

    Examples
    --------
    >>> transcription_model("gpt-4o-mini-transcribe-2025-12-15").usage
    'tokens'
    >>> transcription_model("gpt-4o-transcribe-diarize").segments, transcription_model("my-own").deltas
    (True, 'after')
    """
    table = _table()
    wanted = name or table["unset"]
    known = [known for known in table["models"] if wanted == known or wanted.startswith(f"{known}-")]
    row = dict(table["models"][max(known, key=len)] if known else table["unknown"])
    del row["source"]
    return TranscriptionModel(**row)


def transcription_names() -> tuple[str, ...]:
    """The names of the table."""
    return tuple(_table()["models"])


def is_transcription(name: str, *, strict: bool = False) -> bool:
    """Whether a session may ask for this model.

    Parameters
    ----------
    name : str
    strict : bool
        Refuse every name that is none of the table's, nor a dated version of one; otherwise names of their families
        are taken too.

    Examples
    --------
    >>> is_transcription("gpt-4o-transcribe"), is_transcription("gpt-banana"), is_transcription("gpt-realtime")
    (True, False, False)
    >>> is_transcription("gpt-6-transcribe"), is_transcription("gpt-6-transcribe", strict=True)
    (True, False)
    """
    if name in _table()["models"]:
        return True
    if strict:
        return any(re.fullmatch(rf"{re.escape(known)}-20\d\d-\d\d-\d\d", name) for known in _table()["models"])
    return any(fnmatchcase(name, family) for family in _table()["families"]["names"])


def live_pace(delay: str | None) -> Pace:
    """What a session's ``delay`` asks for.

    Examples
    --------
    >>> live_pace("minimal").every_ms < live_pace(None).every_ms < live_pace("xhigh").every_ms
    True
    """
    delays = _table()["delays"]
    return Pace(**delays[delay if delay in delays and delay != "about" else "null"])


def transcription_usage(
    model: str | None, duration_ms: float, transcript: str, prompt: str | None = None
) -> dict[str, Any]:
    """Usage of ``conversation.item.input_audio_transcription.completed``.

    Models billed by time round the seconds of the buffer up, silence included, as captures of the live service
    show; the others count the tokens of the audio, of the prompt and of the transcript.

    Parameters
    ----------
    model : str or None
        Its name.
    duration_ms : float
        Of the audio.
    transcript : str
        What was heard.
    prompt : str, optional
        What the model was told to expect.

    Examples
    --------
    >>> transcription_usage("whisper-1", 1868, "What is the weather in Paris?")
    {'type': 'duration', 'seconds': 2}
    >>> transcription_usage("gpt-4o-transcribe", 2000, "")["input_tokens"]
    20
    """
    if transcription_model(model).usage == "duration":
        return {"type": "duration", "seconds": math.ceil(duration_ms / 1000)}
    audio, written, text = user_audio_tokens(duration_ms), count_text(prompt or ""), count_text(transcript)
    return {
        "type": "tokens",
        "total_tokens": audio + written + text,
        "input_tokens": audio + written,
        "input_token_details": {"text_tokens": written, "audio_tokens": audio},
        "output_tokens": text,
    }
