"""Tracks that are brought along belong to the recordings, or are refused; the same words wherever one scores."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rtnb
from rtnb import Clip, ServerVad
from rtnb.errors import ConfigError
from rtnb.vad import Corpus, CorpusWarning, Track, mistakes, probabilities, score, sweep
from rtnb.vad.scores.known import known_tracks

LABELS = [(0.5, 1.0)]
WAYS: dict[str, Callable[..., Any]] = {
    "score": lambda corpus, **used: score(corpus, ServerVad(), turn_gap_s=0.7, **used),
    "mistakes": lambda corpus, **used: mistakes(corpus, ServerVad(), turn_gap_s=0.7, **used),
    "sweep": lambda corpus, **used: sweep(corpus, [0.5], [300], [200], turn_gap_s=0.7, progress=False, **used),
}


def track(seconds: float, name: str = "", hop_s: float = 0.032) -> Track:
    return Track(np.zeros(round(seconds / hop_s + 0.499), dtype=np.float32), hop_s, "test", name)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    for name, seconds in (("one", 2.0), ("two", 3.0)):
        Clip.silence(seconds).save(tmp_path / f"{name}.wav")
    return Corpus.of([(tmp_path / "one.wav", LABELS), (tmp_path / "two.wav", LABELS)])


def test_tracks_of_the_recordings_are_taken(corpus: Corpus) -> None:
    for sent in (False, True, "audio/pcmu"):
        assert len(known_tracks(corpus, probabilities(corpus, engine="energy", as_sent=sent))) == 2
    assert set(known_tracks(corpus, [track(2.0), track(3.0)])) == {"one", "two"}
    # One frame more or less is a matter of rounding.
    assert known_tracks(corpus, [track(1.969), track(2.97)])
    # By its key a track is somebody's, whatever it is called: that of another version, say.
    assert known_tracks(corpus, {"one": track(2.0, "one in the rain")})
    # A clip has no name that its track could know.
    clip = Corpus.of(Clip.silence(2.0), LABELS)
    assert known_tracks(clip, track(2.0, "talk"))


def test_in_folders_the_name_is_the_end_of_the_path(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Clip.silence(2.0).save(tmp_path / folder / "talk.wav")
        (tmp_path / folder / "talk.txt").write_text("0.5\t1.0\tspeech\n")
    corpus = Corpus.load(tmp_path)
    assert corpus.names == ("a/talk", "b/talk")
    assert len(known_tracks(corpus, [track(2.0, "talk"), track(2.0, "b/talk")])) == 2
    with pytest.raises(ConfigError, match="for 'a/talk' is that of 'b/talk'"):
        known_tracks(corpus, [track(2.0, "b/talk"), track(2.0, "a/talk")])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("tracks", "told"),
    [
        ([track(2.0)], "There is 1 track for 2 recordings"),
        ([track(3.0), track(2.0)], "for 'one' covers 3.008 s .*the recording is 2.000 s long"),
        ([track(2.0), track(3.07)], "for 'two' covers 3.072 s"),
        ([track(2.0, "two"), track(3.0, "one")], "for 'one' is that of 'two'"),
        ({"one": track(2.0, "two")}, "for 'one' is that of 'two'"),
        ([track(2.0, "else"), track(3.0)], "for 'one' is that of 'else'.*a mapping by name"),
        ({"three": track(2.0)}, "There is no recording 'three'; there are: one, two"),
        ({0: track(2.0)}, "There is no recording 0"),
        (["one", "two"], "The track of 'one' is a str"),
        ({"one": np.zeros(63)}, "The track of 'one' is a ndarray"),
        (5, "tracks are what probabilities"),
        ("ab", "tracks are what probabilities"),
    ],
)
def test_what_does_not_belong_is_refused_in_the_same_words(corpus: Corpus, way: str, tracks: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        WAYS[way](corpus, tracks=tracks, engine="energy")


@pytest.mark.parametrize("way", WAYS)
def test_other_bad_input_is_refused_in_the_same_words(corpus: Corpus, way: str) -> None:
    with pytest.raises(ConfigError, match="tuning is a"):
        WAYS[way](corpus, tuning="local")
    with pytest.raises(ConfigError, match="no recording has any"):
        WAYS[way](Clip.silence(1.0))
    for item in corpus:
        assert isinstance(item.audio, Path)
        item.audio.write_bytes(b"")
    with pytest.raises(ConfigError, match=r"(?s)None of the recordings can be scored:\n- one: .*\n- two: "):
        WAYS[way](corpus, engine="energy", cache=False)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_left_out_is_warned_of_once(corpus: Corpus, way: str) -> None:
    assert isinstance(corpus[1].audio, Path)
    corpus[1].audio.write_bytes(b"")
    with pytest.warns(CorpusWarning, match=r"^1 recording left out, 1 scored:\n- two: ") as told:
        WAYS[way](corpus, engine="energy", cache=False)
    assert len(told) == 1 and told[0].filename == __file__
    # Of a corpus that says so itself, and whose tracks are there, it was told before.
    again = dataclasses.replace(corpus, items=corpus.items[:1], problems=("two: broken",))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WAYS[way](again, tracks=[track(2.0)])
    with pytest.warns(CorpusWarning, match="two: broken"):
        WAYS[way](again, engine="energy")


def test_real_recordings_with_their_tracks_the_wrong_way_round() -> None:
    recordings = Corpus.load(rtnb.sample("labelled"))
    tracks = probabilities(recordings, engine="energy")
    with pytest.raises(ConfigError, match="is that of"):
        score(recordings, ServerVad(), turn_gap_s=0.7, tracks=tracks[::-1])


def test_a_recording_that_is_gone_is_scored_by_its_track(corpus: Corpus) -> None:
    assert isinstance(corpus[0].audio, Path)
    corpus[0].audio.unlink()
    assert set(known_tracks(corpus, [track(9.0), track(3.0)])) == {"one", "two"}
