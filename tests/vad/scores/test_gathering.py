from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rtnb import Clip
from rtnb.errors import ConfigError
from rtnb.vad import Corpus, Track
from rtnb.vad.scores.gathering import gather

LABELS = [(0.5, 1.0)]


def corpus() -> Corpus:
    return Corpus.of([(Clip.silence(seconds), LABELS) for seconds in (2.0, 3.0, 4.0)])


def track(frames: int) -> Track:
    return Track(np.zeros(frames, dtype=np.float32), 0.032, "test")


def test_tracks_are_computed_in_order() -> None:
    found = gather(corpus(), engine="energy")
    assert [track.p.size for track in found.tracks] == [63, 94, 125]
    assert len(found.corpus) == 3 and found.labels(1).end_s == 1.0


def test_tracks_that_are_there_are_taken_by_place_or_by_name() -> None:
    recordings = corpus()
    given = [track(frames) for frames in (62, 94, 126)]
    assert gather(recordings, tracks=given).tracks == tuple(given)
    # The one that is missing is computed.
    some = gather(recordings, tracks={recordings.names[1]: given[1]}, engine="energy")
    assert some.tracks[1] is given[1]
    assert [each.p.size for each in some.tracks] == [63, 94, 125]
    with pytest.raises(ConfigError, match="There is 1 track for 3 recordings"):
        gather(recordings, tracks=given[0])


def test_one_recording_with_its_labels() -> None:
    found = gather(Clip.silence(2.0), LABELS, engine="energy")
    assert len(found.corpus) == len(found.tracks) == 1


def test_what_cannot_be_scored_is_named_and_left_out(tmp_path: Path) -> None:
    for name in ("good", "broken", "bare"):
        Clip.silence(2.0).save(tmp_path / f"{name}.wav")
    whole = (tmp_path / "broken.wav").read_bytes()
    (tmp_path / "broken.wav").write_bytes(whole[:20])
    pairs = [(tmp_path / "good.wav", LABELS), (tmp_path / "broken.wav", LABELS), (tmp_path / "bare.wav", None)]
    found = gather(pairs, engine="energy")
    assert found.corpus.names == ("good",) and len(found.tracks) == 1
    assert sorted(problem.split(":")[0] for problem in found.corpus.problems) == ["bare", "broken"]
    assert found.untold == found.corpus.problems


def test_nothing_that_can_be_scored_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no recording has any"):
        gather(Clip.silence(2.0), engine="energy")
