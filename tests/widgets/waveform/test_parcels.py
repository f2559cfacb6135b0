"""What travels to the page."""

from __future__ import annotations

import json

import numpy as np

from rtnb.audio import Clip
from rtnb.audio.sources import ArraySource
from rtnb.widgets.waveform.given import told
from rtnb.widgets.waveform.parcels import picture, sheet_parcel, sound, window
from rtnb.widgets.waveform.tracks import Sheet, Sound, Track


def test_an_hour_begins_with_a_few_kilobytes() -> None:
    samples = np.random.default_rng(0).integers(-999, 999, 3600 * 8000, dtype=np.int16)
    sheet = told(samples, rate_hz=8000).take()
    content, buffers = sheet_parcel(sheet, sheet.entries, whole=True)
    assert len(json.dumps(content)) + sum(map(len, buffers)) < 100_000


def test_a_sheet_of_nothing() -> None:
    sheet = told(Clip.silence(0)).take()
    content, buffers = sheet_parcel(sheet, sheet.entries, whole=True)
    assert content["empty"] and buffers == [b""] and content["note"] == "Empty: 0 s of sound."


def test_a_window_mixes_samples_and_outlines_by_track() -> None:
    long, short = np.ones(48000, dtype=np.int16), np.ones(10, dtype=np.int16)
    tracks = tuple(
        Track(name, "user", "both", (Sound(0.0, ArraySource(each, 24000)),))
        for name, each in (("long", long), ("short", short))
    )
    content, buffers = window(Sheet(tracks), 0.0, 2.0, 100)
    assert content["tracks"] == [{}, {"runs": [[0.0, 24000, 10]]}]
    assert [len(each) for each in buffers] == [400, 20]


def test_sound_between_sounds_is_silence_and_ends_with_the_sheet() -> None:
    one = Sound(1.0, ArraySource(np.full(24000, 7, dtype=np.int16), 24000))
    content, (pcm,) = sound(Sheet((Track("You", "user", "above", (one,)),)), 0.0, 20.0, None)
    samples = np.frombuffer(pcm, dtype="<i2")
    assert content["rate_hz"] == 24000 and len(samples) == 48000
    assert (samples[:24000] == 0).all() and (samples[24000:] == 7).all()


def test_a_spectrogram_of_two_rates_has_one_scale() -> None:
    at = np.arange(8000) / 8000
    low = Sound(0.0, ArraySource((0.1 * np.sin(2 * np.pi * 1060 * at)).astype(np.float32), 8000))
    high = Sound(2.0, ArraySource(np.zeros(24000, dtype=np.float32), 24000))
    sheet = Sheet((Track("a", "user", "above", (low,)), Track("b", "assistant", "below", (high,))))
    content, buffers = picture(sheet, 0.0, 3.0, 30, 96)
    cells = [np.frombuffer(each, dtype=np.uint8).reshape(96, 30) for each in buffers]
    assert content["top_hz"] == 12000.0 and content["window_ms"] == 25.0
    assert cells[0][:, 5].argmax() == 8 and not cells[0][32:].any() and not cells[0][:, 10:].any()
    assert (cells[1][:, 20:] == 1).all() and not cells[1][:, :20].any()
