"""Intervals over recordings."""

from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Setting, Track
from rtnb.vad.sweeps.running import sweep

LOUD = Track(np.repeat([0.0, 0.9, 0.0], 30).astype(np.float32), 0.032, "made up")
CLIP = rtnb.Clip.silence(2.88)


def test_recordings_that_are_all_alike_leave_no_doubt():
    found = sweep([(CLIP, [(0.96, 1.92)])] * 4, 0.5, turn_gap_s=0.7, tracks=[LOUD] * 4)
    table = found.intervals(Setting(0.5, 0, 200))
    assert (table.low == table.value).all()
    assert (table.high == table.value).all()
    assert table.at["latency_p50_ms", "value"] == 256.0


def test_one_recording_has_none():
    found = sweep([(CLIP, [(0.96, 1.92)])], 0.5, turn_gap_s=0.7, tracks=LOUD)
    with pytest.raises(ConfigError, match="there is only one: add some"):
        found.intervals()
