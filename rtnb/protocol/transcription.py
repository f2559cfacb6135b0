"""Transcription options: which of them a model has, and what a change of model makes of them.

``transcription.json`` holds the options of each model, with their source. Of a model that is not in it nothing is
known: all of them are taken.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rtnb.protocol.defaults import default, default_row
from rtnb.protocol.problems import Problem

__all__ = ["transcription_after", "transcription_options"]

_PATH = "session.audio.input.transcription"


@functools.cache
def _table() -> dict[str, frozenset[str]]:
    data: dict[str, Any] = json.loads(Path(__file__).with_name("transcription.json").read_text(encoding="utf-8"))
    return {model: frozenset(entry["options"]) for entry in data["models"] for model in entry["names"]}


def transcription_options(model: str | None) -> frozenset[str] | None:
    """What can be set beside a transcription `model`; None where nobody knows.

    Examples
    --------
    >>> sorted(transcription_options("gpt-realtime-whisper"))
    ['delay', 'language']
    >>> transcription_options("my-own") is None
    True
    """
    return _table().get(model or "")


def transcription_after(current: Mapping[str, Any] | None, patch: Mapping[str, Any]) -> dict[str, Any] | Problem:
    """The transcription settings after an update, as events show them, or why the update is refused.

    What an update does not name stays, unless the model changes: options belong to their model.

    Parameters
    ----------
    current : mapping or None
        As they are.
    patch : mapping
        The valid ``transcription`` of an update, not null.

    Examples
    --------
    >>> before = {"model": "whisper-1", "language": "en", "prompt": "Expect names."}
    >>> transcription_after(before, {"model": "gpt-4o-transcribe", "language": "de"})
    {'model': 'gpt-4o-transcribe', 'language': 'de', 'prompt': None}
    >>> print(transcription_after(None, {"model": "whisper-1", "delay": "low"}))
    invalid_value: Unsupported option for this model: 'session.audio.input.transcription.delay'.
    """
    base = dict(current or {"model": None})
    model = patch.get("model") or base["model"]
    if current is None or model != base["model"]:
        base = {"model": model, **default_row("transcription")}
    known = transcription_options(model)
    for name, value in patch.items():
        # Clients send what they leave open as null, "" or [].
        if name != "model" and known is not None and name not in known and value not in (None, "", []):
            return Problem("invalid_value", f"Unsupported option for this model: '{_PATH}.{name}'.", f"{_PATH}.{name}")
    hidden = default("transcription_not_echoed")
    return {**base, **{name: copy.deepcopy(value) for name, value in patch.items() if name not in hidden}}
