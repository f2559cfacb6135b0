from __future__ import annotations

import _thread
import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

import rtnb
from rtnb import Clip
from rtnb.errors import AudioError, AudioFileError, ConfigError, ModelError
from rtnb.vad import Item, probabilities
from rtnb.vad.corpus import Corpus
from rtnb.vad.engines.energy import EnergyEngine
from rtnb.vad.tracks import sources
from rtnb.vad.tracks.cache import TrackCache
from rtnb.vad.tracks.making import Broken
from rtnb.vad.tracks.many import tracks_of

LABELLED = sorted(Path(rtnb.sample("labelled")).glob("*.flac"))


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrackCache:
    monkeypatch.setenv("RTNB_CACHE", str(tmp_path / "cache"))
    return TrackCache()


@pytest.fixture
def question() -> Clip:
    return Clip.load(rtnb.sample("weather_question"))


class Counting(EnergyEngine):
    """Counts its streams."""

    name = "counting"

    def __init__(self) -> None:
        self.streams = 0

    def stream(self) -> Any:
        self.streams += 1
        return super().stream()


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize("rate_hz", [8000, 44100])
def test_files_of_every_kind_are_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: Clip, kind: str, rate_hz: int
) -> None:
    monkeypatch.setattr(sources, "BLOCK_S", 0.3)
    file = question.resample(rate_hz).save(tmp_path / f"question.{kind}")
    found = probabilities(file, engine="energy")
    same = probabilities(Clip.load(file), engine="energy")
    # libmpg123 gives 6e-8 else after Clip.load's first seek.
    assert np.allclose(found.p, same.p, atol=1e-6)
    assert (found.name, same.name) == ("question", "")
    assert found.p.max() > 0.9


def test_stereo_is_mixed_down(tmp_path: Path, question: Clip) -> None:
    both = np.stack([question.samples, np.zeros(len(question), dtype=np.float32)], axis=1)
    soundfile.write(tmp_path / "two.wav", both, question.rate_hz, subtype="FLOAT")
    half = probabilities(Clip(question.samples / 2, question.rate_hz), engine="energy")
    assert np.allclose(probabilities(tmp_path / "two.wav", engine="energy").p, half.p, atol=1e-5)


@pytest.mark.parametrize("as_sent", [False, True, "audio/pcmu"])
def test_a_long_file_is_read_in_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: Clip, as_sent: bool | str
) -> None:
    file = Clip.concat([question.resample(44100)] * 8).save(tmp_path / "long.flac")
    whole = probabilities(file, engine="energy", as_sent=as_sent, cache=False)
    longest = []
    push = EnergyEngine().stream().__class__.push
    monkeypatch.setattr(sources, "BLOCK_S", 0.7)
    monkeypatch.setattr(
        "rtnb.vad.engines.energy.EnergyStream.push",
        lambda self, samples: longest.append(samples.size) or push(self, samples),
    )
    found = probabilities(file, engine="energy", as_sent=as_sent, cache=False)
    assert np.allclose(found.p, whole.p, atol=1e-6)
    assert len(longest) > 20
    assert max(longest) < 16000


def test_silence_and_nothing(tmp_path: Path) -> None:
    assert probabilities(Clip.silence(0), engine="energy").p.shape == (0,)
    assert probabilities(Clip.silence(0), engine="energy", as_sent=True).p.shape == (0,)
    silent = probabilities(Clip.silence(2.0))
    assert silent.p.size == 63
    assert silent.p.max() < 0.2
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16000)
    with pytest.raises(AudioError, match=r"empty\.wav' holds no samples"):
        probabilities(tmp_path / "empty.wav", engine="energy")


@pytest.mark.parametrize("text", ["", "not audio"])
def test_what_is_no_audio_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.wav").write_text(text)
    with pytest.raises(AudioFileError, match=r"bad\.wav' cannot be read as audio"):
        probabilities(tmp_path / "bad.wav", engine="energy")
    with pytest.raises(AudioFileError, match=r"There is no file '.*none\.wav'"):
        probabilities(tmp_path / "none.wav", engine="energy")
    with pytest.raises(AudioFileError, match="is a directory"):
        probabilities(tmp_path, engine="energy", cache=False)
    soundfile.write(tmp_path / "odd.wav", np.array([0.0, np.nan]), 16000, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"odd\.wav' cannot be used: .*NaN"):
        probabilities(tmp_path / "odd.wav", engine="energy")


@pytest.mark.parametrize("source", [3, None, b"abc", np.zeros(3), [Clip.silence(1), 3]])
def test_what_is_no_recording_is_told(source: Any) -> None:
    with pytest.raises(ConfigError, match="ecording"):
        probabilities(source, engine="energy")


def executors() -> list[Any]:
    return [None, ThreadPoolExecutor(2), ProcessPoolExecutor(2, mp_context=get_context("spawn"))]


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["own threads", "threads", "processes"])
def test_many_in_order(kind: int) -> None:
    pytest.importorskip("onnxruntime")
    clip = Clip.load(LABELLED[0])[:5.0]
    recordings: list[Any] = [*LABELLED[:3], clip, Item("mine", LABELLED[3]), str(LABELLED[4])]
    one_by_one = [probabilities(each, cache=False) for each in recordings]
    executor = executors()[kind]
    try:
        found = probabilities(recordings, cache=False, executor=executor, as_sent=False)
        sent = probabilities(recordings[:2], cache=False, executor=executor, as_sent="audio/pcmu")
    finally:
        if executor is not None:
            executor.shutdown()
    assert [each.name for each in found] == [*(file.stem for file in LABELLED[:3]), "", "mine", LABELLED[4].stem]
    for one, same in zip(one_by_one, found, strict=True):
        assert np.array_equal(one.p, same.p)
        assert not same.p.flags.writeable
    alone = probabilities(recordings[0], cache=False, as_sent="audio/pcmu")
    assert np.array_equal(sent[0].p, alone.p)
    assert sent[0].as_sent == "audio/pcmu"


def test_an_engine_that_cannot_travel_is_told() -> None:
    class Local(EnergyEngine):
        pass

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(ConfigError, match="cannot be sent to the executor's processes"):
            probabilities(LABELLED[:2], engine=Local(), executor=pool)
        with pytest.raises(ConfigError, match=r"a concurrent\.futures\.Executor, not int"):
            probabilities(LABELLED[:2], engine="energy", executor=2)  # type: ignore[call-overload]


def test_a_corpus_is_many() -> None:
    corpus = Corpus(tuple(Item(file.stem, file) for file in LABELLED))
    found = probabilities(corpus, engine="energy")
    assert [each.name for each in found] == [file.stem for file in LABELLED]
    assert probabilities(Corpus(()), engine="energy") == []
    assert probabilities([], engine="energy") == []
    assert len(probabilities((file for file in LABELLED[:2]), engine="energy")) == 2


def test_more_than_an_executor_is_given_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtnb.vad.tracks.many.AHEAD", 3)
    clips = [Clip.silence(0.032 * number, 16000) for number in range(1, 12)]
    with ThreadPoolExecutor(2) as pool:
        for executor in (None, pool):
            found = probabilities(clips, engine="energy", cache=False, executor=executor)
            assert [each.p.size for each in found] == list(range(1, 12))


@pytest.mark.parametrize("executor", [None, "threads"])
def test_one_broken_among_many(tmp_path: Path, executor: str | None) -> None:
    (tmp_path / "torn.flac").write_bytes(LABELLED[0].read_bytes()[:100])
    recordings = [LABELLED[0], tmp_path / "torn.flac", Item("gone", tmp_path / "away.wav"), LABELLED[1]]
    pool = ThreadPoolExecutor(2) if executor else None
    with pytest.raises(AudioFileError, match=r"torn\.flac' cannot be read"):
        probabilities(recordings, engine="energy", executor=pool)
    good, torn, gone, last = tracks_of(recordings, engine="energy", executor=pool)
    assert isinstance(torn, Broken) and isinstance(gone, Broken)
    assert str(gone).startswith("gone: There is no file")
    assert "\n" not in str(torn)
    assert [good.name, last.name] == [LABELLED[0].stem, LABELLED[1].stem]  # type: ignore[union-attr]
    if pool is not None:
        pool.shutdown()


def test_an_engine_that_fails_names_the_recording() -> None:
    class Failing(EnergyEngine):
        __module__ = "mine"

        def stream(self) -> Any:
            raise OSError("no model")

    with pytest.raises(ModelError, match=rf"{LABELLED[0].stem}: The .* failed: OSError: no model"):
        probabilities(LABELLED[:2], engine=Failing())
    with pytest.raises(ModelError, match="recording 1: The "):
        probabilities([Clip.silence(1.0)], engine=Failing())


def test_who_stops_listening_stops_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK_S", 0.05)
    found = tracks_of([LABELLED[0]] * 50, engine="energy", cache=False)
    next(found)
    found.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("rtnb-tracks")]


class Hanging(EnergyEngine):
    """Its streams wait until they are let go."""

    name = "hanging"

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def stream(self) -> Any:
        own = super().stream()

        def push(samples: Any) -> Any:
            self.reached.set()
            assert self.go.wait(60)
            return own.push(samples)

        return SimpleNamespace(push=push)


@pytest.mark.parametrize("recordings", [1, 3])
@pytest.mark.parametrize("executor", [None, "threads"])
def test_an_interrupt_does_not_wait_for_an_engine_that_hangs(
    executor: str | None, recordings: int, question: Clip
) -> None:
    engine, pool = Hanging(), ThreadPoolExecutor(1) if executor else None

    def interrupt() -> None:
        engine.reached.wait(60)
        _thread.interrupt_main()

    meanwhile = threading.Thread(target=interrupt)
    meanwhile.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            probabilities([question] * recordings, engine=engine, cache=False, executor=pool)
        # Nobody has let it go.
        assert not engine.go.is_set()
    finally:
        engine.go.set()
        meanwhile.join()
        if pool is not None:
            pool.shutdown()


def test_a_process_ends_though_an_engine_hangs() -> None:
    code = """if True:
        import signal, threading, time, rtnb
        from rtnb.vad import probabilities
        class Engine:
            name, rate_hz, hop = "hanging", 16000, 512
            def stream(self):
                threading.Timer(0.1, signal.raise_signal, [signal.SIGINT]).start()
                time.sleep(600)
        probabilities([rtnb.Clip.silence(1.0)] * 2, engine=Engine(), cache=False)
    """
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "KeyboardInterrupt" in ended.stderr
    assert ended.returncode != 0


def test_a_broken_recording_stops_the_others_at_once(question: Clip) -> None:
    engine = Hanging()
    try:
        with pytest.raises(AudioFileError) as caught:
            probabilities(["no-such-file.wav", *[question] * 8], engine=engine, cache=False)
        # The error, whose frames live on, keeps nothing going: at most those that had begun.
        assert caught.tb is not None
    finally:
        engine.go.set()


def test_an_executor_that_was_shut_down_is_told(question: Clip) -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(ConfigError, match="takes no more work: cannot schedule new futures after shutdown"):
        probabilities([question], engine="energy", executor=pool, cache=False)


def test_an_executor_that_is_shut_down_meanwhile_is_told(question: Clip) -> None:
    engine, pool = Hanging(), ThreadPoolExecutor(1)

    def close() -> None:
        engine.reached.wait(60)
        pool.shutdown(wait=False, cancel_futures=True)
        engine.go.set()

    meanwhile = threading.Thread(target=close)
    meanwhile.start()
    with pytest.raises(ConfigError, match="did not finish its work: it was shut down"):
        probabilities([question] * 3, engine=engine, executor=pool, cache=False)
    meanwhile.join()


class Deadly(EnergyEngine):
    """Takes the process down."""

    name = "deadly"

    def stream(self) -> Any:
        os._exit(3)


def test_processes_that_die_are_told(question: Clip) -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(ConfigError, match=r"did not finish its work: .*terminated abruptly"),
    ):
        probabilities([question], engine=Deadly(), executor=pool, cache=False)


def test_a_recording_is_listened_to_once(tmp_path: Path, kept: TrackCache, question: Clip) -> None:
    file, engine = question.save(tmp_path / "question.wav"), Counting()
    first = probabilities(file, engine=engine)
    copy = tmp_path / "copy.wav"
    copy.write_bytes(file.read_bytes())
    again = probabilities([file, copy], engine=engine)
    assert engine.streams == 1
    assert [each.name for each in again] == ["question", "copy"]
    assert all(np.array_equal(each.p, first.p) and not each.p.flags.writeable for each in again)
    probabilities(file, engine=engine, cache=False)
    assert engine.streams == 2
    probabilities(question, engine=engine)
    probabilities(question, engine=engine)
    assert engine.streams == 3
    probabilities(question, engine=engine, as_sent=True)
    probabilities(question, engine=engine, as_sent="audio/pcma")
    assert engine.streams == 5
    probabilities(Clip(question.samples, 16000), engine=engine)
    assert engine.streams == 6
    engine.version = "2"
    probabilities(question, engine=engine)
    assert engine.streams == 7
    file.write_bytes(file.read_bytes()[:-20])
    probabilities(file, engine=engine)
    assert engine.streams == 8
    assert len(kept) == 7


def test_an_engine_without_a_version_is_asked_each_time(kept: TrackCache, question: Clip) -> None:
    engine = Counting()
    engine.version = None  # type: ignore[assignment]
    for _ in range(2):
        probabilities(question, engine=engine)
    assert engine.streams == 2
    assert len(kept) == 0


def test_no_cache_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch, question: Clip) -> None:
    monkeypatch.setenv("RTNB_CACHE", "off")
    engine = Counting()
    for _ in range(2):
        probabilities(question, engine=engine)
    assert engine.streams == 2


def test_the_cache_holds_no_name(tmp_path: Path, kept: TrackCache, question: Clip) -> None:
    probabilities(question.save(tmp_path / "confidential.wav"), engine="energy")
    assert kept.place is not None
    (file,) = kept.place.iterdir()
    assert b"confidential" not in file.read_bytes()
    assert str(tmp_path).encode() not in file.read_bytes()


def test_progress_is_told_in_recordings() -> None:
    told: list[tuple[float, float]] = []
    probabilities(LABELLED[:3], engine="energy", cache=False, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    told.clear()
    probabilities(LABELLED[0], engine="energy", cache=False, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (1, 1)


def test_no_bar_where_nobody_watches(capfd: pytest.CaptureFixture[str]) -> None:
    probabilities(LABELLED[:2], engine="energy", cache=False, progress=True)
    assert capfd.readouterr() == ("", "")
