"""The form shows what is in effect, and what is filled in is an update that the API takes."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.session.config.effective import Config
from rtnb.session.config.keywords import session_patch
from rtnb.widgets.console.form import changes_of, form


def config(detection: object = None, **members: Any) -> Config:
    return Config({}, {"model": "gpt-realtime", "audio": {"input": {"turn_detection": detection}}, **members})


def test_every_parameter_of_turn_detection_has_its_range_and_unit() -> None:
    shown = form(config({"type": "server_vad", "silence_duration_ms": 450}))["turn_detection"]
    server, semantic, none = shown["kinds"]
    fields = {field["name"]: field for field in server["fields"]}
    assert list(fields) == [
        "threshold", "prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms", "create_response",
        "interrupt_response",
    ]  # fmt: skip
    assert (fields["threshold"]["least"], fields["threshold"]["most"]) == (0.0, 1.0)
    assert (fields["silence_duration_ms"]["value"], fields["silence_duration_ms"]["unit"]) == (450, "ms")
    idle = fields["idle_timeout_ms"]
    assert (idle["value"], idle["optional"], idle["least"], idle["most"]) == (None, True, 5000, 30000)
    assert [field["name"] for field in semantic["fields"]] == ["eagerness", "create_response", "interrupt_response"]
    assert [choice["value"] for choice in semantic["fields"][0]["choices"]] == ["low", "medium", "high", "auto"]
    assert none["fields"] == [] and shown["value"] == "server_vad"


def test_what_the_form_shows_can_be_sent_back_as_it_is() -> None:
    for detection in (None, {"type": "server_vad", "threshold": 0.4}, {"type": "semantic_vad", "eagerness": "high"}):
        now = config(detection)
        shown = form(now)
        values = {field["name"]: field["value"] for field in shown["fields"] if field["value"] not in ("", None)}
        kind = next(
            each for each in shown["turn_detection"]["kinds"] if each["value"] == shown["turn_detection"]["value"]
        )
        told = {"type": kind["value"], **{field["name"]: field["value"] for field in kind["fields"]}}
        changes = changes_of(now, values, told, {})
        assert changes.model == "" and session_patch(changes.settings)["type"] == "realtime"
        assert (changes.settings["turn_detection"] or {}).get("type") == (detection or {}).get("type")


@pytest.mark.parametrize(
    ("settings", "detection", "tools"),
    [
        ({"colour": "red"}, None, None),
        ({"instructions": 3}, None, None),
        ({"instructions": "x" * 200_000}, None, None),
        ({"voice": ""}, None, None),
        ([], None, None),
        (None, {"type": "telepathy"}, None),
        (None, {"type": "server_vad", "treshold": 1}, None),
        (None, None, "all"),
    ],
)
def test_what_no_form_has_is_refused(settings: object, detection: object, tools: object) -> None:
    with pytest.raises(ConfigError):
        changes_of(config(), settings, detection, tools)
