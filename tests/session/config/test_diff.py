from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from rtnb.protocol import apply_update, default_session
from rtnb.protocol.beta_objects import session_to_beta
from rtnb.protocol.session_config import UpdateRefused
from rtnb.session.config.diff import ABSENT, diff, same
from tests.support.strategies import session_patches

DEFAULT = default_session(session_id="sess_1", model="gpt-realtime-2.1", expires_at=1767233035)


def kinds(requested: dict[str, Any], effective: dict[str, Any], **options: Any) -> dict[str, str]:
    return {row.path: row.kind for row in diff(requested, effective, **options)}


def updated(patch: dict[str, Any]) -> dict[str, Any]:
    return apply_update(DEFAULT, patch)


@given(session_patches("realtime"))
def test_what_the_server_takes_is_the_same_or_not_echoed(patch: dict[str, Any]) -> None:
    # The model cannot be changed, so another one in an update is passed over.
    patch.pop("model", None)
    try:
        effective = updated(patch)
    except UpdateRefused:
        return
    before = copy.deepcopy((patch, effective))
    found = diff(patch, effective)
    assert (patch, effective) == before
    assert {row.kind for row in found} <= {"same", "not echoed"}, found
    assert not found.differences
    repr(found)


def test_each_kind_of_difference() -> None:
    requested = {
        "type": "realtime",
        "model": "gpt-realtime",
        "instructions": "Be brief.",
        "reasoning": {"effort": "low"},
        "audio": {
            "input": {
                "transcription": {"model": "gpt-realtime-whisper", "delay": "low", "language": None},
                "turn_detection": {"type": "server_vad", "threshold": 0.6, "silence_duration_ms": 400},
            },
            "output": {"voice": "marin", "speed": 1},
        },
    }
    effective = copy.deepcopy(DEFAULT)
    effective["model"] = "gpt-realtime-2025-08-28"
    effective["audio"]["input"]["transcription"] = {"model": "gpt-realtime-whisper"}
    effective["audio"]["input"]["turn_detection"]["threshold"] = 0.9
    effective["instructions"] = "Be brief."
    found = kinds(requested, effective)
    assert found == {
        "model": "same",
        "instructions": "same",
        "reasoning.effort": "ignored",
        "audio.input.transcription.model": "same",
        "audio.input.transcription.delay": "not echoed",
        "audio.input.transcription.language": "same",
        "audio.input.turn_detection.type": "same",
        "audio.input.turn_detection.threshold": "changed by the server",
        "audio.input.turn_detection.silence_duration_ms": "ignored",
        "audio.output.voice": "ignored",
        "audio.output.speed": "same",
    }
    everything = diff(requested, effective, all=True)
    assert {row.path for row in everything.of_kind("defaulted")} >= {"tools", "audio.input.format", "truncation"}
    assert everything.differences == diff(requested, effective).differences
    with pytest.raises(ValueError, match="there are same"):
        everything.of_kind("odd")  # type: ignore[arg-type]


def test_with_the_session_before_what_stayed_was_ignored_and_the_rest_changed() -> None:
    requested = {"audio": {"output": {"voice": "marin"}}}
    sage = updated({"audio": {"output": {"voice": "sage"}}})
    assert kinds(requested, sage, before=DEFAULT) == {"audio.output.voice": "changed by the server"}
    assert kinds(requested, sage, before=sage) == {"audio.output.voice": "ignored"}


@pytest.mark.parametrize(
    ("path", "requested", "effective", "expected"),
    [
        ("audio.input.format", "g711_ulaw", {"type": "audio/pcmu"}, True),
        ("audio.input.format", {"type": "audio/pcm"}, {"type": "audio/pcm", "rate": 24000}, True),
        ("audio.input.format", "pcm16", {"type": "audio/pcmu"}, False),
        ("audio.output.voice", {"id": "voice_1"}, "voice_1", True),
        ("audio.output.speed", 1, 1.0, True),
        ("tools", [], None, True),
        ("include", None, ABSENT, True),
        ("turn_detection.create_response", True, 1, False),
        ("audio.input.turn_detection.eagerness", "auto", "medium", True),
        ("model", "gpt-realtime", "gpt-realtime-mini", False),
        ("model", "gpt-realtime", "gpt-realtime-2", False),
        ("model", "gpt-realtime", "gpt-realtime-2025-08-28", True),
        ("tools", [{"type": "function", "name": "a"}], [{"type": "function", "name": "a", "parameters": None}], True),
        ("tools", [{"type": "function", "name": "a"}], [], False),
        ("tools", [{"server_label": "a", "authorization": "x"}], [{"server_label": "a", "headers": None}], True),
        ("tracing", {"workflow_name": "w"}, {"workflow_name": "w", "group_id": None}, True),
        ("tracing", {"workflow_name": "w"}, "auto", False),
        ("instructions", "", None, False),
    ],
)  # fmt: skip
def test_what_means_the_same(path: str, requested: Any, effective: Any, expected: bool) -> None:
    assert same(path, requested, effective) is expected


def test_a_beta_server_is_understood() -> None:
    requested = {"audio": {"output": {"voice": "sage"}, "input": {"format": {"type": "audio/pcmu"}}}}
    beta = session_to_beta(updated(requested))
    assert "audio" not in beta
    assert kinds(requested, beta) == {"audio.output.voice": "same", "audio.input.format": "same"}


def test_what_differs_is_a_sentence_for_a_conversation() -> None:
    asked = {"audio": {"output": {"voice": "sage", "speed": 1.2}}, "instructions": "x" * 500, "temperature": 0.8}
    found = diff(asked, updated({"audio": {"output": {"voice": "alloy", "speed": 1.2}}})).sentence
    assert found.startswith("The server made something else of 3 settings: voice is 'alloy' instead of 'sage'; ")
    assert "temperature was ignored" in found and "instructions is another" in found and "\n" not in found
    tool = {"type": "mcp", "server_label": "files", "server_url": "u", "authorization": "hush-1"}
    assert "hush" not in diff({"tools": [tool], "tracing": {"metadata": {"token": "hush-2"}}}, DEFAULT).sentence
    assert (
        diff({"instructions": "Use the key sk-0123456789abcdef."}, {"instructions": "Use the key [redacted]."}).sentence
        == ""
    )


def test_the_table_is_aligned_and_keeps_secrets() -> None:
    tool = {"type": "mcp", "server_label": "files", "server_url": "u", "authorization": "hush-1"}
    found = diff({"tools": [tool], "instructions": "x" * 500, "tracing": {"metadata": {"token": "hush-2"}}}, DEFAULT)
    lines = repr(found).splitlines()
    assert lines[0] == "ConfigDiff(3 of 3 settings differ)"
    assert len({line.index(found[i].kind if i >= 0 else "what") for i, line in enumerate(lines[1:], -1)}) == 1
    assert max(map(len, lines)) < 160 and "1 tool: files" in repr(found)
    assert "hush" not in repr(found) and "hush" not in str(found.records())
    assert list(found.to_frame().columns) == ["setting", "requested", "effective", "kind"]


@pytest.mark.parametrize(
    ("requested", "says"),
    [
        ({}, "nothing was asked for"),
        ({"tool_choice": "auto"}, "1 setting as asked"),
        ({"tool_choice": "auto", "include": None}, "all 2 settings as asked"),
        ({"tool_choice": "none", "include": None}, "1 of 2 settings differs"),
    ],
)
def test_the_headline(requested: dict[str, Any], says: str) -> None:
    assert diff(requested, DEFAULT).headline == says


@pytest.mark.parametrize("effective", [{}, {"audio": None}, {"audio": {"input": []}}, {"audio": {"output": "x"}}])
def test_odd_sessions_do_no_harm(effective: dict[str, Any]) -> None:
    requested = {"audio": {"input": {"turn_detection": {"type": "server_vad"}}, "output": {"voice": "sage"}}}
    assert set(kinds(requested, effective, all=True).values()) <= {"ignored", "defaulted", "changed by the server"}
