from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rtnb
from rtnb import Clip, SemanticVad, ServerVad
from rtnb.errors import ConfigError
from rtnb.vad import Corpus, CorpusWarning, DetectorTuning, Labels, Scoring, Setting, Track, detect, mistakes, score
from rtnb.vad.batch import detect_table
from rtnb.vad.scores.scoring import score_turns
from rtnb.vad.turns import TurnTable

HOP_S = 0.032


def track(*runs: tuple[float, int], name: str = "") -> Track:
    return Track(np.repeat([p for p, _ in runs], [n for _, n in runs]).astype(np.float32), HOP_S, "test", name)


def labels(*frames: tuple[int, int]) -> Labels:
    return Labels.of([(HOP_S * first, HOP_S * past) for first, past in frames])


def recording(heard: Track, marks: Labels) -> tuple[Clip, Labels]:
    return Clip.silence(heard.duration_s), marks


def alone(heard: Track, marks: Labels) -> Corpus:
    return Corpus.of([recording(heard, marks)])


GOOD = track((0.0, 20), (0.9, 60), (0.0, 100), name="good")
CUT = track((0.0, 20), (0.9, 30), (0.0, 20), (0.9, 30), (0.0, 100), name="cut")
NOISE = track((0.0, 20), (0.9, 10), (0.0, 100), name="noise")
SETTING = Setting(0.5, 300, 200)


def corpus() -> tuple[Corpus, list[Track]]:
    marks = [labels((20, 80)), labels((20, 100)), labels((60, 80))]
    tracks = [GOOD, CUT, NOISE]
    return Corpus.of([recording(heard, each) for heard, each in zip(tracks, marks, strict=True)]), tracks


def test_counts_over_recordings() -> None:
    recordings, tracks = corpus()
    found = score(recordings, SETTING, turn_gap_s=0.7, tracks=tracks)
    assert (found.turns, found.detected, found.recordings) == (3, 4, 3)
    assert (found.false_starts, found.missed, found.cut_offs) == (1, 1, 1)
    assert (found.merged, found.clipped, found.late) == (0, 0, 0)
    assert found.errors == 3 and found.cut_off_rate == pytest.approx(1 / 3)
    # One piece of the first turn, two of the second; the third was missed.
    assert found.fragments == 1.5
    # From the end of speech: seven frames of silence, and the one that makes it known.
    assert found.latencies_ms.tolist() == [256.0, 256.0]
    assert (found.latency_p50_ms, found.latency_p90_ms) == (256.0, 256.0)
    assert found.prediction == "local emulation" and found.scoring == Scoring(turn_gap_s=0.7)
    low, high = found.intervals["cut_offs"]
    assert low <= 1 <= high


def test_the_list_of_mistakes_says_the_same_and_where() -> None:
    recordings, tracks = corpus()
    found = mistakes(recordings, SETTING, turn_gap_s=0.7, tracks=tracks)
    told = [(one.recording, one.kind, round(one.start_s / HOP_S), round(one.end_s / HOP_S), one.turn) for one in found]
    names = recordings.names
    assert told == [
        (names[1], "cut_off", 58, 100, 0),
        (names[2], "false_start", 20, 30, None),
        (names[2], "missed", 60, 80, 0),
    ]
    assert found.turns == tuple(detect(each, SETTING) for each in tracks)
    assert [len(each) for each in found.labelled] == [1, 1, 1]
    assert len(found.items) == len(found.tracks) == 3 and found.prediction == "local emulation"


def test_clipped_merged_and_late() -> None:
    heard = track((0.0, 40), (0.9, 100), (0.0, 200))
    marks = labels((20, 60), (100, 110))
    told = score(alone(heard, marks), Setting(0.5, 0, 200), turn_gap_s=0.5, tracks=heard)
    assert (told.clipped, told.clipped_ms, told.merged, told.late) == (1, 20 * 32.0, 1, 0)
    told = score(alone(heard, marks), Setting(0.5, 0, 2000), turn_gap_s=0.5, tracks=heard)
    assert told.late == 1
    # With enough padding nothing is missing.
    assert score(alone(heard, marks), Setting(0.5, 640, 200), turn_gap_s=0.5, tracks=heard).clipped == 0


def test_the_turn_gap_is_asked_for_and_decides() -> None:
    heard = track((0.0, 20), (0.9, 30), (0.0, 20), (0.9, 30), (0.0, 100))
    pair = alone(heard, labels((20, 50), (70, 100)))
    with pytest.raises(ConfigError, match=r"turn_gap_s.*0\.7 is usual"):
        score(pair, SETTING, tracks=heard)
    assert score(pair, SETTING, turn_gap_s=0.7, tracks=heard).cut_offs == 1
    assert score(pair, SETTING, turn_gap_s=0.5, tracks=heard).cut_offs == 0


def test_silence_and_empty_labels_have_scores() -> None:
    silent = track((0.0, 100))
    nothing = score(alone(silent, Labels(())), SETTING, turn_gap_s=0.7, tracks=silent)
    assert (nothing.turns, nothing.detected, nothing.errors) == (0, 0, 0)
    assert np.isnan([nothing.cut_off_rate, nothing.fragments, nothing.clipped_ms, nothing.latency_p50_ms]).all()
    missed = score(alone(silent, labels((20, 80))), SETTING, turn_gap_s=0.7, tracks=silent)
    assert (missed.missed, missed.errors) == (1, 1) and np.isnan(missed.fragments)
    noise = score(alone(NOISE, Labels(())), SETTING, turn_gap_s=0.7, tracks=NOISE)
    assert (noise.false_starts, noise.turns) == (1, 0)
    empty = track()
    table = detect_table(empty, SETTING)
    found, wrong = score_turns(table, Labels(()), SETTING, scoring=Scoring(turn_gap_s=0.7), duration_s=0.0)
    assert found.errors == 0 and wrong == ()


def test_labels_that_reach_beyond_the_audio_are_never_stopped() -> None:
    heard = track((0.0, 20), (0.9, 80))
    marks = labels((20, 300), (400, 420))
    found, wrong = score_turns(
        detect_table(heard, SETTING), marks, SETTING, scoring=Scoring(turn_gap_s=0.7), duration_s=heard.duration_s
    )
    assert (found.missed, found.cut_offs, found.late) == (1, 0, 0) and not found.latencies_ms.size
    assert [each.kind for each in wrong] == ["missed"]


def test_labels_of_another_recording_are_refused_with_its_name() -> None:
    with pytest.raises(ConfigError, match="after the end of the recording"):
        score([(Clip.silence(2.0), Labels.of([(10.0, 12.0)]))], SETTING, turn_gap_s=0.7, engine="energy")


def test_a_broken_file_among_many_is_named_and_the_rest_scored(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Clip.silence(3.0).save(tmp_path / f"{name}.wav")
        (tmp_path / f"{name}.csv").write_text("start_s,end_s\n1.0,2.0\n")
    (tmp_path / "two.wav").write_bytes(b"RIFF, or not")
    with pytest.warns(CorpusWarning, match="1 recording left out, 1 scored:\n- two: "):
        found = score(tmp_path, SETTING, turn_gap_s=0.7, engine="energy")
    assert (found.recordings, found.missed) == (1, 1)
    (problem,) = found.problems
    assert problem.startswith("two:")
    assert "1 problem" in repr(found)


def test_the_setting_and_the_tuning_are_told() -> None:
    recordings, tracks = corpus()
    tuning = DetectorTuning(hysteresis=0.1, name="fitted")
    found = score(recordings, {"threshold": 0.4, "hysteresis": 0.2}, turn_gap_s=0.7, tracks=tracks, tuning=tuning)
    assert (found.setting, found.prediction) == (Setting(0.4, 300, 200, 0.2), "fitted, hysteresis 0.2")
    assert repr(found).startswith("Score(0.40 / 300 / 200 / 0.20: 3 turns, 1 false start, 1 missed, 1 cut off")
    with pytest.raises(ConfigError):
        score(recordings, SemanticVad(), turn_gap_s=0.7, tracks=tracks)


def test_turns_that_a_server_announced_are_scored_as_predicted_ones() -> None:
    table = detect_table(CUT, SETTING)
    marks = labels((20, 100))
    scoring = Scoring(turn_gap_s=0.7)
    predicted = score_turns(table, marks, SETTING, scoring=scoring, duration_s=CUT.duration_s)
    again = score_turns(TurnTable.of(table.turns()), marks, SETTING, scoring=scoring, duration_s=CUT.duration_s)
    np.testing.assert_equal(predicted[0].to_dict(), again[0].to_dict())
    assert predicted[1] == again[1]


def test_the_sample_recordings_are_scored() -> None:
    pytest.importorskip("onnxruntime")
    folder = rtnb.sample("labelled")
    found = score(folder, ServerVad(silence_duration_ms=500), turn_gap_s=0.7)
    wrong = mistakes(folder, ServerVad(silence_duration_ms=500), turn_gap_s=0.7)
    assert found.recordings == 8 and found.turns > 15 and not found.problems
    assert sum(wrong.counts.values()) == found.errors > 0
    assert 100 < found.latency_p50_ms < 1000
    assert replace(found, setting=SETTING).errors == found.errors
