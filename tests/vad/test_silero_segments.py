"""Turns against Silero's own segmentation of the labelled recordings, as tools/make_silero_segments.py wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from rtnb.vad.batch import detect_table
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning

GOLDEN = Path(__file__).parents[1] / "data" / "silero_segments.npz"


@dataclass(frozen=True)
class Golden:
    pairs: list[tuple[float, int]]
    tracks: list[Track]
    segments: list[list[list[tuple[int, int]]]]
    """By recording, by pair: first frame of speech, first frame of silence."""


@pytest.fixture(scope="module")
def golden() -> Golden:
    with np.load(GOLDEN) as data:
        pairs = list(product(data["thresholds"].tolist(), data["silences_ms"].tolist()))
        p = data["p"].astype(np.float32) / np.float32(65535)
        parts = np.split(p, np.cumsum(data["lengths"])[:-1])
        tracks = [Track(part, 0.032, "silero", name) for part, name in zip(parts, data["names"].tolist(), strict=True)]
        flat = iter(np.split(data["segments"].astype(int), np.cumsum(data["sizes"].astype(int))[:-1]))
    segments = [[[(int(a), int(b)) for a, b in next(flat).reshape(-1, 2)] for _ in pairs] for _ in tracks]
    return Golden(pairs, tracks, segments)


def test_every_pair_of_threshold_and_silence_gives_the_same_segments(golden: Golden) -> None:
    assert len(golden.pairs) >= 100 and len(golden.tracks) == 8
    tuning = DetectorTuning(hysteresis=0.15, min_speech_ms=0)
    compared = 0
    for track, by_pair in zip(golden.tracks, golden.segments, strict=True):
        for (threshold, silence_ms), expected in zip(golden.pairs, by_pair, strict=True):
            table = detect_table(track, Setting(threshold, 0, silence_ms), tuning=tuning)
            onsets = (table.onset_ms / 32).tolist()
            # Silero lets speech that is open at the end go on up to it.
            ends = np.where(table.closed, table.end_ms / 32, track.p.size).tolist()
            assert list(zip(onsets, ends, strict=True)) == expected, (track.name, threshold, silence_ms)
            compared += len(expected)
    # Not a comparison of nothing with nothing.
    assert compared > 5000
