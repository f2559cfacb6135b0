"""What is shown as a file; of two runs, both are in it, and its name says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from rtnb.errors import ConfigError
from rtnb.session.timeline.perfetto import trace_of
from rtnb.session.timeline.timeline import Timeline

__all__ = ["FILES", "file_name", "write"]

FILES: Final = {
    "png": ("png", "image/png"),
    "html": ("html", "text/html"),
    "jsonl": ("jsonl", "application/x-ndjson"),
    "perfetto": ("perfetto.json", "application/json"),
}
"""Endings and types, by what a page asks for."""


def file_name(what: str, runs: int) -> str:
    """What a file is called.

    Examples
    --------
    >>> file_name("jsonl", 1), file_name("perfetto", 2)
    ('timeline.jsonl', 'timeline.two-runs.perfetto.json')
    """
    if what not in FILES:
        raise ConfigError(f"There is no export {what!r}; there are {', '.join(FILES)}.")
    return f"timeline{'.two-runs' if runs > 1 else ''}.{FILES[what][0]}"


def write(what: str, path: Path, timelines: Sequence[Timeline], shift_s: float) -> None:
    """Write one file of all runs.

    Parameters
    ----------
    what : str
        One of :data:`FILES`.
    path : Path
    timelines : sequence of Timeline
        One or two.
    shift_s : float
        Added to the clock of the second one.
    """
    first, *others = timelines
    if what == "png":
        _png(path, first, others, shift_s)
    elif what == "html":
        _html(path, first, others, shift_s)
    elif not others and what == "jsonl":
        first.to_jsonl(path)
    elif not others:
        first.to_perfetto(path)
    elif what == "jsonl":
        _jsonl(path, timelines)
    else:
        path.write_bytes(orjson.dumps(_trace(first, others[0], shift_s)))


def _png(path: Path, first: Timeline, others: Sequence[Timeline], shift_s: float) -> None:
    from rtnb.plots.render import png
    from rtnb.plots.timeline.chart import timeline_picture

    other = others[0] if others else None
    path.write_bytes(png(timeline_picture(first, other, shift_s=shift_s if others else None).figure))


def _html(path: Path, first: Timeline, others: Sequence[Timeline], shift_s: float) -> None:
    from rtnb.plots.timeline.page import timeline_page

    other = others[0] if others else None
    path.write_text(timeline_page(first, other, shift_s=shift_s if others else None), encoding="utf-8")


def _jsonl(path: Path, timelines: Sequence[Timeline]) -> None:
    """One event a line, each with the number of its run in front; times are those of its own session."""
    with path.open("wb") as file:
        for number, timeline in enumerate(timelines, 1):
            part = path.with_name(f"run{number}.jsonl")
            timeline.to_jsonl(part)
            with part.open("rb") as lines:
                for line in lines:
                    file.write(b'{"run":%d,' % number + line[1:])


def _trace(first: Timeline, second: Timeline, shift_s: float) -> dict[str, Any]:
    """Each run is a process of its own; both lie as the view shows them, and nothing before 0."""
    one, other = trace_of(first), trace_of(second)
    later_us = round((shift_s + second.start_s - first.start_s) * 1e6)
    for trace, number, by_us in ((one, 1, max(0, -later_us)), (other, 2, max(0, later_us))):
        for event in trace["traceEvents"]:
            event["pid"] = number
            if "ts" in event:
                event["ts"] += by_us
            elif event["name"] == "process_name":
                event["args"]["name"] = f"run {number}: {event['args']['name']}"
    about = {"run 1": one["otherData"], "run 2": {**other["otherData"], "shift_s": shift_s}}
    return {**one, "traceEvents": [*one["traceEvents"], *other["traceEvents"]], "otherData": about}
