"""Code examples of published documents, and how their steps are played to a server."""

from __future__ import annotations

import base64
import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.wire import Json, Wire, speech

__all__ = ["FILE", "TABLE", "Example", "errors", "examples", "play", "table"]

FILE = Path(__file__).parents[1] / "published" / "examples.json"

TABLE = FILE.with_name("OUTCOMES.md")
"""What :func:`table` says, for people; ``python -m support.examples`` in ``tests`` writes it."""

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""One pixel."""

WEATHER_TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather for a location",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
}

ORDER_TOOL = {
    "type": "function",
    "name": "lookupOrder",
    "description": "Find order status by id",
    "parameters": {"type": "object", "properties": {"orderId": {"type": "string"}}, "required": ["orderId"]},
}

PAUSE_MS = 800
"""Silence behind what is said, enough for any turn detection of the examples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of ``examples.json``; the members are its own."""

    title: str
    section: str
    language: str
    how: str
    outcome: str
    given: tuple[Json, ...] = ()
    steps: tuple[Json, ...] = ()
    sees: tuple[str, ...] = ()
    tolerates: tuple[str, ...] = ()
    error: Json = field(default_factory=dict)
    remedy: str = ""
    repaired: tuple[Json, ...] = ()
    repairs: tuple[str, ...] = ()
    program: str = ""
    key: str = ""
    note: str = ""
    request: Json = field(default_factory=dict)
    answer: Json = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.title}: {self.section}"


@functools.cache
def examples() -> tuple[Example, ...]:
    """All of them, in the order of the documents."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Example(**entry) for entry in data["examples"])


def table() -> str:
    """Every example with its outcome, as Markdown."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    shapes = {"ga": "GA", "beta": "beta", "rest": "HTTP", "program": "beta"}
    lines = ["# What becomes of published examples", ""]
    lines += ["`test_examples.py` and `test_programs.py` play each of them to a real server.", ""]
    for title, name in data["titles"].items():
        lines += [f"## {name}", ""]
        chosen = [example for example in examples() if example.title == title]
        if not chosen:
            lines += ["It has no code examples.", ""]
            continue
        lines += ["| section | shape | outcome | what to do, and what to know |", "| --- | --- | --- | --- |"]
        for example in chosen:
            told = f"`{example.error['code']}`: " if example.error else ""
            words = " ".join(
                filter(None, [example.remedy, *(f"{repair}." for repair in example.repairs), example.note])
            )
            lines.append(f"| {example.section} | {shapes[example.how]} | {example.outcome} | {told}{words} |")
        lines.append("")
    return "\n".join(lines)


def play(wire: Wire, steps: tuple[Json, ...]) -> None:
    """Send the events of some steps; wait where a step says so."""
    for step in steps:
        if "await" in step:
            wire.until(*step["await"])
        elif "speak" in step:
            pcm = speech() + bytes(48 * step.get("silence_ms", PAUSE_MS))
            wire.append(pcm, chunk_ms=step["speak"])
        else:
            wire.send(_filled(step, wire))


def errors(wire: Wire) -> list[Json]:
    """The ``error`` events seen so far."""
    return [event["error"] for event in wire.seen if event["type"] == "error"]


def _filled(value: Any, wire: Wire) -> Any:
    match value:
        case dict():
            return {name: _filled(inner, wire) for name, inner in value.items()}
        case list():
            return [_filled(inner, wire) for inner in value]
        case "$TENTH":
            return base64.b64encode(bytes(4800)).decode()
        case "$PNG":
            return f"data:image/png;base64,{PNG}"
        case "$WEATHER_TOOL":
            return WEATHER_TOOL
        case "$ORDER_TOOL":
            return ORDER_TOOL
        case "$ITEM":
            return _last(wire, "message")["id"]
        case "$CALL_ITEM":
            return _last(wire, "function_call")["id"]
        case "$CALL_ID":
            return _last(wire, "function_call")["call_id"]
    return value


def _last(wire: Wire, kind: str) -> Json:
    done = [event["item"] for event in wire.seen if event["type"] == "response.output_item.done"]
    return [item for item in done if item["type"] == kind][-1]


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
