"""Sweeps from files: what is left out, what is refused, who does the work."""

from __future__ import annotations

import shutil
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError, MissingExtraError
from rtnb.vad import Corpus, DetectorTuning, Labels
from rtnb.vad.sweeps.reading import CorpusWarning
from rtnb.vad.sweeps.running import sweep

GRID = {"threshold": [0.3, 0.5, 0.7], "silence_duration_ms": range(200, 1001, 200), "turn_gap_s": 0.7}


def equal(one, other):
    """Two sweeps found the same, to the last bit."""
    assert one.corpus.names == other.corpus.names
    for name, column in one.columns.items():
        assert column.tobytes() == other.columns[name].tobytes(), name
    for mine, theirs in zip(one.tracks, other.tracks, strict=True):
        assert np.array_equal(mine.p, theirs.p)
        assert not theirs.p.flags.writeable
    for name in ("counts", "stop", "first", "taken_ms"):
        assert np.array_equal(getattr(one.found, name), getattr(other.found, name))


@pytest.fixture(scope="module")
def serial(labelled_tracks):
    return sweep(rtnb.sample("labelled"), **GRID, tracks=labelled_tracks)


@pytest.fixture
def folder(tmp_path):
    """Three recordings, one of them broken."""
    source = rtnb.sample("labelled")
    for file in sorted(source.iterdir()):
        if file.stem in ("ami_trn01", "ami_trn02", "ami_trn03") and file.is_file():
            shutil.copy(file, tmp_path / file.name)
    return tmp_path


def broken(folder):
    """A corpus whose second recording breaks after its header was read."""
    corpus = Corpus.load(folder)
    victim = next(iter(folder.glob("ami_trn02.flac")))
    victim.write_bytes(victim.read_bytes()[:200])
    return corpus


def test_threads_give_the_same(serial):
    told = []
    with ThreadPoolExecutor(2) as pool:
        found = sweep(rtnb.sample("labelled"), **GRID, executor=pool, progress=lambda *step: told.append(step))
    equal(serial, found)
    assert told[-1] == (8, 8)


def test_processes_give_the_same(serial):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        equal(serial, sweep(rtnb.sample("labelled"), **GRID, executor=pool))


def test_a_broken_file_is_named_and_the_rest_is_scored(folder):
    with pytest.warns(CorpusWarning, match=r"(?s)1 recording left out, 2 scored:\n- ami_trn02: ") as told:
        found = sweep(broken(folder), **GRID, engine="energy", cache=False)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert found.corpus.names == ("ami_trn01", "ami_trn03")
    assert [problem.partition(":")[0] for problem in found.corpus.problems] == ["ami_trn02"]
    assert len(found.tracks) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found.score(found.setting(0)).errors == found.frame.errors.iloc[0]


def test_a_broken_file_is_named_by_workers_too(folder):
    corpus = broken(folder)
    with ThreadPoolExecutor(2) as pool, pytest.warns(CorpusWarning, match="ami_trn02"):
        there = sweep(corpus, **GRID, engine="energy", cache=False, executor=pool)
    with pytest.warns(CorpusWarning, match="ami_trn02"):
        equal(sweep(corpus, **GRID, engine="energy", cache=False), there)


def test_recordings_without_labels_are_named(labelled_tracks):
    corpus = {
        "mute": rtnb.Clip.silence(3.0),
        "spoken": (rtnb.Clip.silence(3.0), [(1.0, 2.0)]),
    }
    with pytest.warns(CorpusWarning, match="mute: there are no labels"):
        found = sweep(corpus, **GRID, engine="energy")
    assert found.corpus.names == ("spoken",)


def test_nothing_that_can_be_read(folder):
    corpus = Corpus.load(folder)
    for file in folder.glob("*.flac"):
        file.write_bytes(b"")
    with pytest.raises(ConfigError, match=r"(?s)None of the recordings can be scored.*ami_trn01.*ami_trn03"):
        sweep(corpus, **GRID, engine="energy", cache=False)


def test_labels_without_speech_and_without_labels():
    with pytest.raises(ConfigError, match="nothing to score: the labels of 1 recording hold no speech"):
        sweep([(rtnb.Clip.silence(3.0), Labels(()))], **GRID, engine="energy")
    with pytest.raises(ConfigError, match="no recording has any"):
        sweep(rtnb.Clip.silence(3.0), **GRID, engine="energy")


def test_silent_audio_misses_everything():
    found = sweep(rtnb.Clip.silence(3.0), labels=[(1.0, 2.0)], **GRID, engine="energy")
    assert found.frame.missed.tolist() == [1] * len(found)
    assert found.frame.latency_p50_ms.isna().all()
    assert found.pareto().empty
    with pytest.raises(ConfigError, match="No setting of the grid finds any of the 1 labelled turns"):
        found.best("latency_p50_ms", {"errors": 3})


def test_no_turn_gap():
    with pytest.raises(ConfigError, match=r"Turns need turn_gap_s.*0\.7 is usual"):
        sweep(rtnb.sample("labelled"), threshold=0.5)


def test_what_is_no_tuning_and_no_executor(serial):
    with pytest.raises(ConfigError, match="tuning is a"):
        sweep(rtnb.sample("labelled"), **GRID, tuning="local")
    with pytest.raises(ConfigError, match=r"An executor is one of concurrent\.futures"):
        sweep(rtnb.sample("labelled"), **GRID, executor=4)


def test_tracks_that_are_there_are_not_computed(labelled_tracks):
    corpus = Corpus.load(rtnb.sample("labelled"))
    named = dict(zip(corpus.names, labelled_tracks, strict=True))
    equal(
        sweep(corpus, **GRID, tracks=labelled_tracks),
        sweep(corpus, **GRID, tracks=named, engine="no such engine is asked"),
    )


def test_tracks_that_do_not_fit(labelled_tracks):
    with pytest.raises(ConfigError, match="There are 2 tracks for 8 recordings"):
        sweep(rtnb.sample("labelled"), **GRID, tracks=labelled_tracks[:2])
    with pytest.raises(ConfigError, match="There is no recording 'other'"):
        sweep(rtnb.sample("labelled"), **GRID, tracks={"other": labelled_tracks[0]})
    with pytest.raises(ConfigError, match=r"is a ndarray: probabilities\(clip\) makes one"):
        sweep(rtnb.sample("labelled"), **GRID, tracks={"ami_trn01": labelled_tracks[0].p})


def test_predictions_are_called_by_the_tuning(labelled_tracks):
    tuning = DetectorTuning(hysteresis=0.3, name="a server of May")
    found = sweep(rtnb.sample("labelled"), **GRID, tracks=labelled_tracks, tuning=tuning)
    assert repr(found).endswith("a server of May)")
    assert found.default.prediction == found.best().prediction == "a server of May"
    assert set(found.frame.hysteresis) == {0.3}


def test_a_track_of_something_else(labelled_tracks):
    with pytest.raises(ConfigError, match="The track for 'ami_trn01' is that of 'dialogue_sample'"):
        sweep(rtnb.sample("labelled"), **GRID, tracks=labelled_tracks[::-1])


def test_an_error_in_a_worker_is_told():
    # Not a recording that cannot be read, but something that is wrong with each of them.
    with ThreadPoolExecutor(1) as pool, pytest.raises(ConfigError, match="no voice activity engine called 'nobody'"):
        sweep(rtnb.sample("labelled"), **GRID, engine="nobody", executor=pool)


def test_dask_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rtnb\[dask\]'"):
        sweep(rtnb.sample("labelled"), **GRID, executor="tcp://127.0.0.1:8786")
