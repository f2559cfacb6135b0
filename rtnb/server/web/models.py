"""Names of models: which of them a realtime session may ask for, and the list that ``GET /v1/models`` gives."""

from __future__ import annotations

import functools
import json
import re
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from rtnb.pricing.prices.rates import RateBook
from rtnb.protocol.catalogue import catalogue

__all__ = ["default_model", "is_realtime", "listed_models"]

REALTIME_KINDS = frozenset({"speech_to_speech"})
"""Kinds of the price table that a realtime session is opened with."""

FIRST_DAY = date(2024, 10, 1)
"""When the Realtime API was announced: the date of names whose own is not known."""

_DATED = re.compile(r"-(20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))$")


@functools.cache
def _data() -> dict[str, Any]:
    text = Path(__file__).with_name("models.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@functools.cache
def _prices() -> RateBook:
    return RateBook.of_package()


def default_model() -> str:
    """The model of a client secret that names none."""
    name: str = _data()["default"]
    return name


def is_realtime(model: str, *, strict: bool = False) -> bool:
    """Whether a realtime session may be opened with this name.

    Parameters
    ----------
    model : str
        The name that a client asks for.
    strict : bool
        Refuse every name that the API is not known to have; otherwise names of its families are taken too, since
        clients may be older or newer than this list.

    Examples
    --------
    >>> is_realtime("gpt-realtime-2.1"), is_realtime("whisper-1"), is_realtime("gpt-4o")
    (True, False, False)
    >>> is_realtime("gpt-realtime-9"), is_realtime("gpt-realtime-9", strict=True), is_realtime("foo-bar")
    (True, False, False)
    """
    if model in catalogue().realtime_models:
        return True
    kinds = _kinds(model)
    if kinds:
        return bool(kinds & REALTIME_KINDS)
    if strict or model in catalogue().transcription_models:
        return False
    families, others = _data()["realtime"], _data()["not_realtime"]
    return _matches(model, families) and not _matches(model, others)


def _matches(model: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(model, pattern) for pattern in patterns)


@functools.cache
def listed_models() -> tuple[dict[str, Any], ...]:
    """The model objects of ``GET /v1/models``, by name, each with its ``shutdown_date`` (ISO, or None).

    Examples
    --------
    >>> next(model for model in listed_models() if model["id"] == "whisper-1")["shutdown_date"]
    '2027-02-26'
    """
    names = {*catalogue().realtime_models, *catalogue().transcription_models, *_prices().models()}
    return tuple(_listed(name) for name in sorted(names))


def _kinds(model: str) -> set[str]:
    return {row.kind for row in _prices().rows(model)}


def _listed(name: str) -> dict[str, Any]:
    end = _shutdown(name)
    return {
        "id": name,
        "object": "model",
        "created": int(datetime.combine(_first_day(name), datetime.min.time(), UTC).timestamp()),
        "owned_by": "openai",
        "shutdown_date": end.isoformat() if end else None,
    }


def _first_day(name: str) -> date:
    """The date in the name, or the first day of its prices or of what it stood for."""
    if found := _DATED.search(name):
        return date.fromisoformat(found[1])
    return min((row.valid_from for row in _prices().spans(name)), default=FIRST_DAY)


def _shutdown(name: str) -> date | None:
    """The last day of a name: of the model, or for a name that only stood for others, of the last one it stood for."""
    if rows := _prices().rows(name):
        return max((row.shutdown for row in rows if row.shutdown is not None), default=None)
    spans = _prices().spans(name)
    return spans[-1].last_day if spans else None
