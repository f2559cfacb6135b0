"""The defaults file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rtnb.protocol.defaults
from rtnb.protocol.defaults import default, default_row

DATA: dict[str, Any] = json.loads(Path(rtnb.protocol.defaults.__file__).with_name("defaults.json").read_text())


def _entries(data: dict[str, Any]) -> list[dict[str, Any]]:
    if "value" in data:
        return [data]
    return [entry for inner in data.values() if isinstance(inner, dict) for entry in _entries(inner)]


def test_every_value_has_a_source_and_a_date() -> None:
    entries = _entries(DATA)
    assert len(entries) > 15
    for entry in entries:
        assert set(entry) == {"value", "source", "date"}
        assert entry["source"]
        assert entry["date"] >= "2025"


def test_silence_is_what_the_live_object_shows() -> None:
    assert default("server_vad", "silence_duration_ms") == 200
    assert "500" in DATA["server_vad"]["silence_duration_ms"]["source"]


def test_a_default_is_a_copy() -> None:
    default("format")["rate"] = 8000
    default_row("session")["output_modalities"].append("text")
    assert default("format")["rate"] == 24000
    assert default("session", "output_modalities") == ["audio"]
