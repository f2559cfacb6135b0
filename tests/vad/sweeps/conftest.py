"""A sweep over real speech, made once."""

from __future__ import annotations

import pytest

import rtnb
from rtnb.vad.sweeps.running import sweep


@pytest.fixture(scope="session")
def labelled_tracks():
    """The tracks of the labelled recordings."""
    from rtnb.vad import Corpus
    from rtnb.vad.tracks.many import tracks_of

    return tuple(tracks_of(Corpus.load(rtnb.sample("labelled")), cache=False, progress=False))


@pytest.fixture(scope="session")
def speech_sweep(labelled_tracks):
    """The labelled recordings over the usual grid, with two depths of hysteresis."""
    return sweep(
        rtnb.sample("labelled"), hysteresis=[None, 0.3], turn_gap_s=0.7, tracks=labelled_tracks, progress=False
    )
