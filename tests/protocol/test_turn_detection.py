"""ServerVad and SemanticVad: what goes over the wire and what unset members mean."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import (
    ResolvedSemanticVad,
    ResolvedServerVad,
    SemanticVad,
    ServerVad,
    from_wire,
    turn_detection_of,
)
from rtnb.protocol.validation import check_client_event

MS = st.none() | st.integers(0, 10_000)
FLAG = st.none() | st.booleans()

SERVER_VADS = st.builds(
    ServerVad,
    threshold=st.none() | st.floats(0, 1),
    prefix_padding_ms=MS,
    silence_duration_ms=MS,
    idle_timeout_ms=st.none() | st.integers(5000, 30000),
    create_response=FLAG,
    interrupt_response=FLAG,
)
SEMANTIC_VADS = st.builds(
    SemanticVad,
    eagerness=st.none() | st.sampled_from(["low", "medium", "high", "auto"]),
    create_response=FLAG,
    interrupt_response=FLAG,
)


def test_unset_members_stay_off_the_wire() -> None:
    assert ServerVad().to_wire() == {"type": "server_vad"}
    assert SemanticVad().to_wire() == {"type": "semantic_vad"}
    assert ServerVad(threshold=0, create_response=False).to_wire() == {
        "type": "server_vad",
        "threshold": 0,
        "create_response": False,
    }


def test_unset_members_resolve_from_the_data_row() -> None:
    assert ServerVad().resolved() == ResolvedServerVad(
        threshold=0.5,
        prefix_padding_ms=300,
        silence_duration_ms=200,
        idle_timeout_ms=None,
        create_response=True,
        interrupt_response=True,
    )
    assert SemanticVad().resolved() == ResolvedSemanticVad(
        eagerness="auto", create_response=True, interrupt_response=True, max_wait_s=4.0
    )


def test_members_that_are_set_stay() -> None:
    vad = ServerVad(
        threshold=0,
        prefix_padding_ms=0,
        silence_duration_ms=0,
        idle_timeout_ms=5000,
        create_response=False,
        interrupt_response=False,
    )
    assert dataclasses.asdict(vad.resolved()) == dataclasses.asdict(vad)


@pytest.mark.parametrize(("eagerness", "wait_s"), [("low", 8), ("medium", 4), ("auto", 4), ("high", 2)])
def test_longest_wait_of_semantic_vad(eagerness: Any, wait_s: float) -> None:
    assert SemanticVad(eagerness=eagerness).resolved().max_wait_s == wait_s


def test_the_wire_form_of_resolved_vads_is_the_effective_object() -> None:
    assert list(ServerVad().resolved().to_wire().items()) == [
        ("type", "server_vad"),
        ("threshold", 0.5),
        ("prefix_padding_ms", 300),
        ("silence_duration_ms", 200),
        ("idle_timeout_ms", None),
        ("create_response", True),
        ("interrupt_response", True),
    ]
    assert SemanticVad().resolved().to_wire() == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }


def test_frozen_and_keyword_only() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ServerVad().threshold = 0.4  # type: ignore[misc]
    with pytest.raises(TypeError):
        ServerVad(0.4)  # type: ignore[misc]
    assert len({ServerVad(), ServerVad(), SemanticVad()}) == 2


@pytest.mark.parametrize(
    ("members", "allowed"),
    [
        ({"threshold": 1.01}, "from 0 to 1"),
        ({"threshold": -0.01}, "from 0 to 1"),
        ({"threshold": float("nan")}, "from 0 to 1"),
        ({"threshold": True}, "a number from 0 to 1"),
        ({"threshold": "0.5"}, "a number from 0 to 1"),
        ({"prefix_padding_ms": -1}, "at least 0"),
        ({"prefix_padding_ms": 1.5}, "a whole number"),
        ({"silence_duration_ms": -1}, "at least 0"),
        ({"silence_duration_ms": False}, "a whole number"),
        ({"idle_timeout_ms": 4999}, "from 5000 to 30000"),
        ({"idle_timeout_ms": 30001}, "from 5000 to 30000"),
        ({"create_response": 1}, "True or False"),
        ({"interrupt_response": "no"}, "True or False"),
    ],
)
def test_bad_members_of_server_vad(members: dict[str, Any], allowed: str) -> None:
    (name,) = members
    with pytest.raises(ConfigError, match=rf"^ServerVad\({name}=.*: {name} is .*{allowed}") as caught:
        ServerVad(**members)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("eagerness", ["eager", "", 1, True])
def test_bad_eagerness(eagerness: Any) -> None:
    with pytest.raises(ConfigError, match='eagerness is "low", "medium", "high", or "auto"'):
        SemanticVad(eagerness=eagerness)


def test_numbers_of_numpy_become_plain_ones() -> None:
    vad = ServerVad(threshold=np.float32(0.5), silence_duration_ms=np.int64(350))  # type: ignore[arg-type]
    assert json.dumps(vad.to_wire()) == '{"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 350}'
    assert type(vad.threshold) is float
    assert type(vad.silence_duration_ms) is int


@given(SERVER_VADS | SEMANTIC_VADS)
def test_wire_round_trip(vad: ServerVad | SemanticVad) -> None:
    wire = vad.to_wire()
    assert from_wire(json.loads(json.dumps(wire))) == vad
    assert turn_detection_of(vad) == turn_detection_of(wire) == wire


@given(SERVER_VADS | SEMANTIC_VADS)
def test_whatever_can_be_built_the_service_takes(vad: ServerVad | SemanticVad) -> None:
    for wire in (vad.to_wire(), vad.resolved().to_wire()):
        session = {"type": "realtime", "audio": {"input": {"turn_detection": wire}}}
        assert check_client_event({"type": "session.update", "session": session}) is None
        assert from_wire(vad.resolved().to_wire()) == type(vad).from_wire(vad.resolved().to_wire())


@given(SERVER_VADS)
def test_resolving_is_idempotent(vad: ServerVad) -> None:
    assert ServerVad.from_wire(vad.resolved().to_wire()).resolved() == vad.resolved()


def test_reading_passes_over_members_of_later_versions() -> None:
    wire = {"type": "server_vad", "threshold": 0.25, "mood": "calm"}
    assert ServerVad.from_wire(wire) == ServerVad(threshold=0.25)
    assert from_wire(None) is None


def test_reading_another_type() -> None:
    with pytest.raises(ConfigError, match="'psychic_vad' is unknown"):
        from_wire({"type": "psychic_vad"})
    with pytest.raises(ConfigError, match="'semantic_vad', not 'server_vad'"):
        ServerVad.from_wire({"type": "semantic_vad"})


def test_user_input() -> None:
    assert turn_detection_of(None) is None
    given = {"type": "server_vad", "idle_timeout_ms": None}
    assert turn_detection_of(given) == given
    assert turn_detection_of(given) is not given


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"threshold": 0.5}, "Missing required parameter: 'turn_detection.type'."),
        ({"type": "vad"}, "Supported values are: 'server_vad' and 'semantic_vad'."),
        ({"type": "server_vad", "treshold": 1}, "server_vad takes threshold, prefix_padding_ms,"),
        ({"type": "semantic_vad", "threshold": 1}, "semantic_vad takes eagerness, create_response, and interrupt"),
        ({"type": "server_vad", "threshold": 2}, "Expected a value <= 1, but got 2 instead."),
        ("server_vad", "rtnb.ServerVad"),
        (True, "None for manual turns"),
    ],
)
def test_bad_user_input(value: Any, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        turn_detection_of(value)
    assert text in str(caught.value)


def test_what_the_lab_recommends_is_taken() -> None:
    best = SimpleNamespace(vad=ServerVad(threshold=0.3))
    assert turn_detection_of(best) == {"type": "server_vad", "threshold": 0.3}  # type: ignore[arg-type]
