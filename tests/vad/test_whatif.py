"""Settings in other places than the one they were recorded in."""

from __future__ import annotations

import math
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rtnb
from rtnb import Clip, ServerVad
from rtnb.audio.conditions import Attenuate, Chain, Noise, Reverb, Telephone
from rtnb.errors import ConfigError
from rtnb.vad import Corpus, CorpusWarning, DetectorTuning, Item, Setting, probabilities, score
from rtnb.vad.scores.score import COLUMNS
from rtnb.vad.whatif import CLEAN, WhatIf, what_if

SETTINGS = [ServerVad(threshold=0.5), Setting(0.8, 300, 500)]
CONDITIONS = [Noise(snr_db=0, kind="pink"), Attenuate(db=40), Chain(Reverb(rt60_s=0.6), Telephone())]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(Corpus.load(rtnb.sample("labelled")).items[2:5])


@pytest.fixture(scope="module")
def found(corpus: Corpus) -> WhatIf:
    return what_if(corpus, SETTINGS, CONDITIONS, turn_gap_s=0.7)


def test_every_setting_is_there_under_every_condition_clean_first(found: WhatIf) -> None:
    frame = found.frame
    names = [CLEAN, "pink noise 0 dB", "attenuated 40 dB", "reverb 0.6 s + telephone pcmu"]
    assert frame["condition"].tolist() == [name for name in names for _ in SETTINGS]
    assert frame.columns.tolist() == [
        "condition",
        "threshold",
        "prefix_padding_ms",
        "silence_duration_ms",
        "hysteresis",
        *COLUMNS,
    ]
    assert frame["threshold"].tolist() == [0.5, 0.8] * 4 and set(frame["hysteresis"]) == {0.15}
    assert found.prediction == "local emulation" and not found.problems


def test_clean_is_what_score_says_and_so_are_the_others_of_the_sound_they_give(found: WhatIf, corpus: Corpus) -> None:
    for setting in SETTINGS:
        assert found.score(CLEAN, setting).to_dict() == pytest.approx(
            score(corpus, setting, turn_gap_s=0.7).to_dict(), nan_ok=True
        )
        again = [(found.clip(item.name, CONDITIONS[1]), item.labels) for item in corpus]
        assert found.score("attenuated 40 dB", setting).to_dict() == pytest.approx(
            score(again, setting, turn_gap_s=0.7).to_dict(), nan_ok=True
        )


def test_differences_are_to_the_clean_recordings(found: WhatIf) -> None:
    frame, differences = found.frame, found.differences
    assert len(differences) == 6 and "turns" not in differences
    clean = frame[frame["condition"] == CLEAN].reset_index(drop=True)
    for name in ("missed", "errors", "detected"):
        rows = frame[frame["condition"] != CLEAN][name].to_numpy().reshape(-1, 2)
        assert differences[name].to_numpy().reshape(-1, 2).tolist() == (rows - clean[name].to_numpy()).tolist()


def test_a_far_talker_is_missed_more_often(found: WhatIf) -> None:
    assert found.score("attenuated 40 dB").missed > found.score(CLEAN).missed


def test_it_can_be_listened_to(found: WhatIf, corpus: Corpus) -> None:
    item = corpus[0]
    assert found.clip(item.name, CLEAN) == item.clip()
    assert found.clip(0, CONDITIONS[0]) == CONDITIONS[0](item.clip(), item.labels.speech)  # type: ignore[union-attr]
    listed = found.errors("attenuated 40 dB", SETTINGS[1])
    scored = found.score("attenuated 40 dB", SETTINGS[1])
    assert (len(listed.of("missed")), len(listed.of("false_start"))) == (scored.missed, scored.false_starts)
    assert scored.missed
    assert listed.items[0].clip() == found.clip(0, "attenuated 40 dB")


def test_other_processes_say_the_same(found: WhatIf, corpus: Corpus) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = what_if(corpus, SETTINGS[0], CONDITIONS[1], turn_gap_s=0.7, engine="energy", executor=pool)
    here = what_if(corpus, SETTINGS[0], CONDITIONS[1], turn_gap_s=0.7, engine="energy")
    for name in there.conditions:
        assert all(np.array_equal(a.p, b.p) for a, b in zip(there.tracks[name], here.tracks[name], strict=True))
    assert there.frame.equals(here.frame)


def test_a_broken_recording_counts_nowhere_and_is_named(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    both = Corpus((*corpus.items[:1], Item("broken", tmp_path / "broken.wav", corpus[0].labels)))
    with pytest.warns(CorpusWarning, match=r"(?s)1 recording left out, 1 scored:\n- broken: "):
        found = what_if(both, ServerVad(), Noise(snr_db=20), turn_gap_s=0.7, engine="energy")
    assert len(found.corpus) == 1 and found.problems[0].startswith("broken: ")
    assert [row.score.recordings for row in found.rows] == [1, 1]


def test_anything_that_makes_a_clip_of_a_clip_is_a_condition(corpus: Corpus) -> None:
    def upside_down(clip: Clip) -> Clip:
        return Clip(-clip.samples, clip.rate_hz)

    found = what_if(corpus[0], ServerVad(), upside_down, turn_gap_s=0.7, engine="energy")
    assert list(found.conditions) == [CLEAN, "upside_down"]
    named = what_if(corpus[0], ServerVad(), {"other way": upside_down}, turn_gap_s=0.7, engine="energy")
    assert named.score("other way").to_dict() == pytest.approx(named.score(CLEAN).to_dict(), nan_ok=True)


def test_a_condition_that_moves_the_sound_is_none(corpus: Corpus) -> None:
    with pytest.raises(ConfigError, match=r"same length and rate.* under 'shorter'"):
        what_if(corpus[0], ServerVad(), {"shorter": lambda clip: clip[0:1.0]}, turn_gap_s=0.7, engine="energy")


@pytest.mark.parametrize(("end", "told"), [(sys.exit, "SystemExit"), (lambda _: 1 / 0, "ZeroDivisionError: division")])
def test_a_condition_that_fails_ends_nobody_but_its_recording(corpus: Corpus, end: Any, told: str) -> None:
    victim = corpus[0].clip()

    def some(clip: Clip) -> Clip:
        if clip == victim:
            end(3)
        return clip

    with pytest.warns(CorpusWarning, match=f"the condition failed: {told}.* under 'some'"):
        found = what_if(corpus, ServerVad(), some, turn_gap_s=0.7, engine="energy")
    assert found.corpus.names == corpus.names[1:]


def test_a_condition_that_ends_the_process_does_not_do_so_when_it_is_listened_to(corpus: Corpus) -> None:
    calls: list[int] = []

    def later(clip: Clip) -> Clip:
        calls.append(1)
        if len(calls) > 1:
            sys.exit(3)
        return clip

    found = what_if(corpus[0], ServerVad(), later, turn_gap_s=0.7, engine="energy")
    with pytest.raises(ConfigError, match="SystemExit: 3"):
        found.clip(0, "later")
    with pytest.raises(ConfigError, match="SystemExit: 3"):
        found.errors("later")


def test_a_condition_that_cannot_travel_is_one_clear_error(corpus: Corpus) -> None:
    lock = threading.Lock()

    def locked(clip: Clip) -> Clip:
        with lock:
            return clip

    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(ConfigError, match=r"cannot be sent to the executor's processes: .*locked"),
    ):
        what_if(corpus[0], ServerVad(), locked, turn_gap_s=0.7, engine="energy", executor=pool)


def test_dask_says_the_same(corpus: Corpus) -> None:
    distributed = pytest.importorskip("distributed")
    here = what_if(corpus[0], ServerVad(), CONDITIONS[1], turn_gap_s=0.7, engine="energy")
    with distributed.Client(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, set_as_default=False
    ) as client:
        there = what_if(corpus[0], ServerVad(), CONDITIONS[1], turn_gap_s=0.7, engine="energy", executor=client)
        assert client.status == "running"
    assert there.frame.equals(here.frame)
    with pytest.raises(ConfigError, match="The Dask client is closed"):
        what_if(corpus[0], ServerVad(), [], turn_gap_s=0.7, engine="energy", executor=client)


def test_the_tuning_names_the_prediction(corpus: Corpus) -> None:
    tuning = DetectorTuning(hysteresis=0.3, name="calibrated to something")
    found = what_if(corpus[0], ServerVad(), [], turn_gap_s=0.7, engine="energy", tuning=tuning)
    assert found.prediction == found.rows[0].score.prediction == "calibrated to something"
    assert found.frame["hysteresis"].tolist() == [0.3]
    # Another hysteresis, another engine, and another way to hear are not that calibration's.
    fitted = DetectorTuning(hysteresis=0.3, name="calibrated to something", engine="silero")
    settings = [Setting(0.5, 300, 200), Setting(0.5, 300, 200, 0.1)]
    found = what_if(corpus[0], settings, [], turn_gap_s=0.7, engine="energy", tuning=fitted, as_sent=True)
    assert found.prediction == "calibrated to something, hysteresis varied, engine energy"
    assert [row.score.prediction.partition(", ")[2] for row in found.rows] == [
        "engine energy",
        "hysteresis 0.1, engine energy",
    ]


def test_it_may_hear_what_a_server_hears(corpus: Corpus) -> None:
    found = what_if(corpus[0], ServerVad(), Attenuate(db=3), turn_gap_s=0.7, engine="energy", as_sent=True)
    sent = probabilities(Attenuate(db=3)(corpus[0].clip()), engine="energy", as_sent=True)
    assert np.array_equal(found.tracks["attenuated 3 dB"][0].p, sent.p)


@pytest.mark.parametrize("clip", [Clip.silence(2.0), Clip([0.0] * 10, 16000)])
def test_silence_has_nothing_to_be_found(clip: Clip) -> None:
    found = what_if(clip, ServerVad(), Attenuate(db=10), labels=[], turn_gap_s=0.7, engine="energy")
    assert found.frame["turns"].tolist() == [0, 0] and all(math.isnan(x) for x in found.frame["latency_p50_ms"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"turn_gap_s": None}, "turn_gap_s"),
        ({"settings": []}, "needs a setting"),
        ({"conditions": [Noise(snr_db=5), Noise(snr_db=5, seed=1)]}, "Two conditions are called 'noise 5 dB'"),
        ({"conditions": 5}, "Conditions are such as"),
        ({"conditions": [5]}, "A condition is such as"),
        ({"conditions": {"clean": Attenuate(db=3)}}, "Two conditions are called 'clean'"),
        ({"engine": "no such engine"}, "no such engine"),
        ({"executor": 2}, "An executor is one of"),
        ({"tuning": "local"}, "tuning is a"),
    ],
)
def test_what_cannot_be_asked(corpus: Corpus, change: dict[str, Any], words: str) -> None:
    options: dict[str, Any] = {"settings": ServerVad(), "conditions": [], "turn_gap_s": 0.7, "engine": "energy"}
    options |= change
    with pytest.raises(ConfigError, match=words):
        what_if(corpus[0], options.pop("settings"), options.pop("conditions"), **options)


def test_what_was_not_tried_is_not_there(found: WhatIf) -> None:
    with pytest.raises(ConfigError, match="There is no condition 'moon'; there are: clean, pink noise 0 dB"):
        found.clip(0, "moon")
    with pytest.raises(ConfigError, match="was not tried"):
        found.score(CLEAN, ServerVad(threshold=0.1))
    assert repr(found).startswith("WhatIf(2 settings, clean, pink noise 0 dB")
