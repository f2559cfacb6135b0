"""The state of a lab."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import rtnb
from rtnb.audio import Clip
from rtnb.errors import AudioError, ConfigError
from rtnb.vad import DetectorTuning, Labels, Setting, Track, default_tuning, detect, probabilities
from rtnb.vad.scores.scoring import score
from rtnb.widgets.vad.bench import PINS, Bench
from rtnb.widgets.vad.knobs import Knobs

FOLDER = rtnb.sample("labelled")


def real_bench(**settings: object) -> Bench:
    clip = Clip.load(FOLDER / "ami_trn07.flac")
    labels = Labels.load(FOLDER / "ami_trn07.rttm").within(clip.duration_s)
    return Bench(
        clip, probabilities(clip, as_sent=True), labels, Setting.of(settings), default_tuning(), turn_gap_s=0.7
    )


def synthetic(p: list[float], *, labels: Labels | None = None, tuning: DetectorTuning | None = None) -> Bench:
    track = Track(np.asarray(p, dtype=np.float32), 0.032, "energy")
    clip = Clip.silence(track.duration_s)
    return Bench(
        clip,
        track,
        Labels(()) if labels is None else labels,
        Setting.of({}),
        tuning or default_tuning(),
        turn_gap_s=0.7,
    )


def test_its_turns_and_scores_are_those_of_the_library() -> None:
    bench = real_bench(silence_duration_ms=500)
    for values in ({}, {"threshold": 0.2}, {"hysteresis": 0.05, "silence_duration_ms": 900}, {"min_speech_ms": 200}):
        shown = bench.set(values)
        assert shown.table.turns() == detect(bench.track, shown.knobs.vad, tuning=shown.knobs.tuning(bench.tuning))
        alone = score(
            [(bench.clip, shown.labels)],
            shown.setting,
            turn_gap_s=0.7,
            tuning=shown.knobs.tuning(bench.tuning),
            tracks=[bench.track],
        )
        assert shown.score is not None
        assert {name: value for name, value in shown.score.to_dict().items() if value == value} == {
            name: value for name, value in alone.to_dict().items() if value == value
        }
        assert len(shown.mistakes) == shown.score.errors


def test_the_table_holds_default_pins_and_this_one() -> None:
    bench = real_bench()
    bench.pin("mine", Knobs.of(Setting(0.3, 200, 700), bench.tuning))
    shown = bench.set({"threshold": 0.8})
    assert [row.name for row in shown.rows] == ["default", "mine", "this"]
    assert [row.knobs.threshold for row in shown.rows] == [0.5, 0.3, 0.8]
    assert all(row.score is not None for row in shown.rows) and shown.rows[-1].score is shown.score
    for index in range(2 * PINS):
        shown = bench.pin(f"pin {index}", Knobs.of(Setting(index / 20, 200, 700), bench.tuning))
    assert [row.name for row in shown.rows[1:-1]] == [f"pin {index}" for index in range(PINS, 2 * PINS)]
    assert len(bench.unpin(0).rows) == PINS + 1


def test_rows_follow_the_labels_and_the_gap() -> None:
    bench = real_bench()
    before = bench.shown.rows[0].score
    assert before is not None
    wide = bench.set({"turn_gap_s": 3.0}).rows[0].score
    assert wide is not None and wide.turns < before.turns
    fewer = bench.edit("remove", 0).rows[0].score
    assert fewer is not None and fewer is not wide
    none = bench.edit("replace", Labels(()))
    assert none.score is None and none.rows[0].score is None and none.mistakes == ()
    back = bench.edit("undo").rows[0].score
    assert back is not None and back.to_dict() == pytest.approx(fewer.to_dict(), nan_ok=True)


def test_what_is_refused_changes_nothing() -> None:
    bench = real_bench()
    before = bench.shown
    for values, error in (
        ({"threshold": 0.3, "silence_duration_ms": -1}, ConfigError),
        ({"threshold": 0.3, "turn_gap_s": -1}, ConfigError),
        ({"threshold": 0.3, "turn_gap_s": "wide"}, ConfigError),
        ({"gain": 2}, TypeError),
    ):
        with pytest.raises(error):
            bench.set(values)
    assert bench.shown is before and bench.scoring.turn_gap_s == 0.7
    assert bench.set({}).knobs == before.knobs


def test_empty_and_silent_and_short() -> None:
    with pytest.raises(AudioError, match="empty"):
        Bench(
            Clip.silence(0.0),
            Track(np.zeros(0, dtype=np.float32), 0.032, "energy"),
            Labels(()),
            Setting.of({}),
            default_tuning(),
            turn_gap_s=0.7,
        )
    assert len(synthetic([0.0] * 50).shown.table) == 0
    assert len(synthetic([0.9]).set({"threshold": 0.0}).table) == 1


def test_a_calibration_moves_both_thresholds_and_names_itself() -> None:
    tuning = DetectorTuning(hysteresis=0.2, threshold_map=[(0.5, 0.7)], name="calibrated to a test")
    shown = synthetic([0.1] * 10 + [0.65] * 10 + [0.1] * 30, tuning=tuning).shown
    assert len(shown.table) == 0 and shown.exit_threshold == pytest.approx(0.5)
    assert shown.prediction == "calibrated to a test"


def test_threads_that_pull_at_it_end_in_one_state() -> None:
    bench = real_bench()
    failures: list[BaseException] = []

    def pull(offset: int) -> None:
        try:
            for index in range(40):
                bench.set({"threshold": ((index + offset) % 19 + 1) / 20})
                if index % 5 == offset % 5:
                    bench.edit("add", 1.0 + index / 100, 1.5 + index / 100)
                    bench.edit("undo")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=pull, args=(offset,)) for offset in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    shown = bench.shown
    assert shown.table.turns() == detect(bench.track, shown.knobs.vad, tuning=default_tuning())
    assert shown.score is not None and shown.rows[-1].score is shown.score
