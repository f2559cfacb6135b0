"""The rules file against the catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rtnb.protocol.rules
from rtnb.protocol.catalogue import Choice, catalogue
from rtnb.protocol.rules import Range, client_rules

DATA: dict[str, Any] = json.loads(Path(rtnb.protocol.rules.__file__).with_name("rules.json").read_text())


def test_every_rule_names_a_member_of_the_catalogue() -> None:
    rules, known = client_rules(), catalogue().models
    named = [*rules.ranges, *rules.lengths, *rules.maps, *rules.combinations]
    assert named
    assert all(member in known[model].members for model, member in named)
    assert all(model in known for model in [*rules.required_by_type, *rules.server_members])
    assert rules.no_reasoning < set(catalogue().realtime_models)
    assert rules.no_turn_detection < set(catalogue().transcription_models)


def test_every_rule_names_a_source_with_a_date() -> None:
    sources = DATA["sources"]
    assert all(source["what"] and source["date"] for source in sources.values())
    used = set()
    for entry in DATA.values():
        for rule in entry if isinstance(entry, list) else [entry]:
            if isinstance(rule, dict) and "source" in rule:
                used.add(rule["source"])
    assert used == set(sources)
    for key, entry in DATA.items():
        if key not in ("about", "sources"):
            assert all("source" in rule for rule in (entry if isinstance(entry, list) else [entry])), key


def test_the_catalogue_itself_is_left_alone() -> None:
    name = "RealtimeConversationItemAssistantMessageParam.Content"
    assert catalogue().models[name].members["type"].type == Choice(("output_text", "output_audio"))
    assert client_rules().models[name].members["type"].type == Choice(("output_text",))
    assert catalogue().models[name].required == ()
    assert client_rules().models[name].required == ("type",)


def test_a_star_stands_for_every_model() -> None:
    rules = client_rules()
    for name in rules.events.values():
        assert rules.models[name].members["event_id"].nullable, name


def test_ranges() -> None:
    ranges = client_rules().ranges
    assert ranges["RealtimeAudioInputTurnDetectionParam.ServerVad", "threshold"] == Range(0, 1)
    assert ranges["RealtimeSessionCreateRequestParam", "max_output_tokens"] == Range(1, 4096)
    assert all(bounds.minimum is not None or bounds.maximum is not None for bounds in ranges.values())


def test_instructions_and_tools_have_a_limit() -> None:
    assert client_rules().instructions_and_tools_tokens == 16_384
    assert client_rules().reasoning_options == {"reasoning", "parallel_tool_calls"}
