"""What travels to the page."""

from __future__ import annotations

import json

import numpy as np
import pytest

import rtnb
from rtnb.audio import Clip
from rtnb.vad import Labels, Setting, Track, default_tuning
from rtnb.widgets.vad.bench import Bench
from rtnb.widgets.vad.knobs import Knobs
from rtnb.widgets.vad.parcels import COLUMNS, python_line, recording, result, session_update, sound

TRACK = Track(np.repeat([0.1, 0.9, 0.1, 0.8], [10, 20, 30, 20]).astype("float32"), 0.032, "energy")


def test_an_outline_misses_no_click_however_long_the_clip() -> None:
    samples = np.zeros(4000 * 3600, dtype=np.float32)
    samples[12_345_678] = 0.01
    content, (outline, p) = recording(Clip(samples, 4000), TRACK)
    columns = np.frombuffer(outline, dtype=np.int8).reshape(-1, 2)
    assert len(columns) <= COLUMNS and content["column_s"] == pytest.approx(0.006)
    assert columns[:, 1].max() == 127 and np.flatnonzero(columns[:, 1]).tolist() == [
        int(12_345_678 / 4000 / content["column_s"])
    ]
    assert np.frombuffer(p, dtype="<f4").tolist() == TRACK.p.tolist()


def test_a_result_is_json_and_its_columns_are_the_turns() -> None:
    bench = Bench(Clip.silence(2.56), TRACK, Labels.of([(0.3, 0.9)]), Setting.of({}), default_tuning(), turn_gap_s=0.7)
    content, (columns, segments) = result(bench, bench.shown, answers=7, selected=0)
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    turns = np.frombuffer(columns, dtype="<f8").reshape(-1, 7)
    assert content["turns"] == len(turns) == 2
    for row, turn in zip(turns, bench.shown.table.turns(), strict=True):
        assert row.tolist() == pytest.approx(
            [
                turn.onset_s,
                turn.end_s,
                turn.audio_start_ms / 1000,
                turn.audio_end_ms / 1000,
                turn.started_at_s,
                turn.stopped_at_s,
                float(turn.closed),
            ]
        )
    assert np.frombuffer(segments, dtype="<f8").tolist() == [0.3, 0.9]
    assert content["answers"] == 7 and content["prediction"] == "local emulation, not calibrated to a server"


def test_code_to_copy_is_code() -> None:
    knobs = Knobs.of(Setting(0.35, 200, 450), default_tuning(), idle_timeout_ms=6000)
    assert eval(python_line(knobs), {"rtnb": rtnb}) == knobs.vad
    told = json.loads(session_update(knobs))
    assert told["session"]["audio"]["input"]["turn_detection"] == knobs.vad.to_wire()


@pytest.mark.parametrize("rate_hz", [4000, 16000, 24000, 96000])
def test_sound_has_a_rate_that_browsers_play(rate_hz: int) -> None:
    clip = Clip(np.linspace(-0.5, 0.5, rate_hz * 2), rate_hz)
    content, (data,) = sound(clip, 0.5, 1.5)
    assert 8000 <= content["rate_hz"] <= 48000 and len(data) == pytest.approx(2 * content["rate_hz"], abs=4)
    assert sound(clip, 5.0, 6.0)[1] == [b""]
