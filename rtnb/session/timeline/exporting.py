"""Timelines as files."""

from __future__ import annotations

import importlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from rtnb.errors import ConfigError, RecordingError
from rtnb.session.record.whole_file import replacing
from rtnb.session.timeline.perfetto import trace_of
from rtnb.session.timeline.searching import family_mask
from rtnb.session.timeline.sounds import checked_span

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["to_html", "to_jsonl", "to_perfetto", "to_png"]


def to_jsonl(timeline: Timeline, path: str | Path, *, audio: bool, families: Collection[str] | None) -> Path:
    """One event a line."""
    seqs = np.flatnonzero(family_mask(timeline.columns, families)).tolist()
    return _write(path, b"".join(_lines(timeline, seqs, audio=audio)))


def _lines(timeline: Timeline, seqs: list[int], *, audio: bool) -> Iterator[bytes]:
    for seq in seqs:
        event = timeline.log[seq]
        body: Any = event.raw if audio else timeline.body(seq)
        line = {"seq": seq, "t_s": event.t_s, "wall_s": event.wall_s, "direction": event.direction, "event": body}
        try:
            yield orjson.dumps(line) + b"\n"
        except TypeError:
            # What orjson refuses and JSON can hold, such as integers of more than 64 bits.
            yield json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n"


def to_perfetto(timeline: Timeline, path: str | Path) -> Path:
    """A trace for Perfetto."""
    return _write(path, orjson.dumps(trace_of(timeline)))


def to_html(timeline: Timeline, path: str | Path, other: Timeline | None, *, embed_audio: bool) -> Path:
    """A page without scripts."""
    # By name: pictures stand above the session.
    page = importlib.import_module("rtnb.plots.timeline.page")
    return _write(path, page.timeline_page(timeline, other, embed_audio=embed_audio).encode())


def to_png(timeline: Timeline, path: str | Path, other: Timeline | None, span_s: tuple[float, float] | None) -> Path:
    """A picture."""
    if span_s is not None:
        span_s = _span(span_s)
    chart, render = (importlib.import_module(f"rtnb.plots.{name}") for name in ("timeline.chart", "render"))
    return _write(path, render.png(chart.timeline_picture(timeline, other, span_s=span_s).figure))


def _span(span_s: object) -> tuple[float, float]:
    if not isinstance(span_s, tuple | list) or len(span_s) != 2 or span_s[0] == span_s[1]:
        raise ConfigError(f"span_s is a moment and a later one, in seconds; not {span_s!r:.80}.")
    return checked_span(*span_s, name="span_s")


def _write(path: str | Path, data: bytes) -> Path:
    place = Path(path)
    try:
        with replacing(place) as file:
            file.write(data)
    except OSError as error:
        raise RecordingError(f"'{path}' cannot be written: {error.strerror or error}.") from None
    except ValueError as error:  # a path that no system takes
        raise RecordingError(f"{str(path)!r} cannot be written: {error}.") from None
    return place
