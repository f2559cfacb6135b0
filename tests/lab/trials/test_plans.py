"""Settings in, what a session is told out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rtnb import SemanticVad, ServerVad
from rtnb.errors import ConfigError
from rtnb.lab.trials.plans import plans_of
from rtnb.vad import Setting


@pytest.mark.parametrize(
    "given",
    [
        ServerVad(threshold=0.4, prefix_padding_ms=0, silence_duration_ms=300),
        ServerVad(threshold=0.4, prefix_padding_ms=0, silence_duration_ms=300).resolved(),
        Setting(0.4, 0, 300),
        SimpleNamespace(setting=Setting(0.4, 0, 300)),
        {"threshold": 0.4, "prefix_padding_ms": 0, "silence_duration_ms": 300},
        {"type": "server_vad", "threshold": 0.4, "prefix_padding_ms": 0.0, "silence_duration_ms": np.int64(300)},
    ],
)
def test_the_same_in_every_shape(given: Any) -> None:
    (plan,) = plans_of([given], responses=False)
    wire = plan.vad.to_wire()
    assert plan.setting == Setting(0.4, 0, 300) and not plan.notes
    assert wire["threshold"] == 0.4 and wire["prefix_padding_ms"] == 0 and wire["silence_duration_ms"] == 300
    assert wire["create_response"] is wire["interrupt_response"] is False


def test_with_responses_a_setting_keeps_its_own_word() -> None:
    quiet = ServerVad(create_response=False, idle_timeout_ms=6000)
    (plan,) = plans_of(quiet, responses=True)
    assert plan.vad == quiet
    (plan,) = plans_of({"interrupt_response": False}, responses=True)
    assert plan.vad.interrupt_response is False and plan.vad.create_response is None


def test_semantic_vad() -> None:
    one, other = plans_of([SemanticVad(), {"type": "semantic_vad", "eagerness": "low"}], responses=False)
    assert (one.title, other.title) == ("semantic_vad auto", "semantic_vad low")
    assert other.vad.to_wire()["create_response"] is False


def test_the_same_setting_twice_is_two_sessions() -> None:
    assert len(plans_of([ServerVad(), ServerVad()], responses=False)) == 2


def test_a_table_without_settings() -> None:
    import pandas as pd

    with pytest.raises(ConfigError, match=r"columns threshold.*this one has errors"):
        plans_of(pd.DataFrame({"errors": [1]}), responses=False)
