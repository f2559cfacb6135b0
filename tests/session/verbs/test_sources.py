"""What can be streamed, and the bytes it becomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rtnb
from rtnb.audio.formats import PCM16, PCMU, AudioFormat
from rtnb.errors import AudioError
from rtnb.session.verbs.sources import source_of

TONE = (0.3 * np.sin(2 * np.pi * 300 * np.arange(16_000) / 16_000)).astype(np.float32)
"""A second at 16 kHz."""


def read(content: Any, audio_format: AudioFormat = PCM16, **options: Any) -> tuple[str, float | None, bytes]:
    async def main() -> tuple[str, float | None, bytes]:
        source = await source_of(content, audio_format, **options)
        return source.name, source.duration_s, b"".join([piece async for piece in source.pieces])

    return asyncio.run(main())


def test_a_clip_a_path_and_samples_know_their_length(tmp_path: Path) -> None:
    clip = rtnb.Clip(TONE, 16_000)
    clip.save(tmp_path / "tone.wav")
    for content, name in (
        (clip, "clip"),
        (tmp_path / "tone.wav", "tone.wav"),
        (str(tmp_path / "tone.wav"), "tone.wav"),
    ):
        named, duration_s, data = read(content)
        assert (named, duration_s, len(data)) == (name, 1.0, 48_000)
    assert read(TONE, rate_hz=16_000)[2] == read(clip)[2]


def test_what_a_generator_cuts_joins_without_a_click() -> None:
    def cut() -> Iterator[np.ndarray]:
        for start in range(0, 16_000, 700):
            yield TONE[start : start + 700]

    async def flowing() -> AsyncIterator[np.ndarray]:
        for piece in cut():
            yield piece

    whole = PCM16.decode(read(rtnb.Clip(TONE, 16_000))[2])
    for pieces in (cut(), flowing()):
        name, duration_s, data = read(pieces, rate_hz=16_000)
        joined = PCM16.decode(data)
        assert (name, duration_s) == ("stream", None)
        assert abs(len(joined) - len(whole)) <= 2
        shared = min(len(joined), len(whole))
        assert np.abs(joined[:shared] - whole[:shared]).max() < 0.01


def test_bytes_are_in_the_format_of_the_session_and_clips_are_brought_into_it() -> None:
    assert read([b"\x01\x02", bytearray(b"\x03")])[2] == b"\x01\x02\x03"
    assert abs(len(read(iter([rtnb.Clip(TONE, 16_000)]), PCMU)[2]) - 8_000) <= 2


@pytest.mark.parametrize(
    ("content", "told"),
    [(TONE, "rate_hz"), ([TONE], "rate_hz"), (3, "not int"), (["text"], "not str"), ([3], "not int")],
)
def test_what_cannot_be_streamed_is_one_clear_error(content: Any, told: str) -> None:
    with pytest.raises(AudioError, match=told):
        read(content)


def test_a_generator_that_fails_is_heard_of() -> None:
    def failing() -> Iterator[bytes]:
        yield bytes(960)
        raise OSError("the device is gone")

    with pytest.raises(OSError, match="gone"):
        read(failing())
