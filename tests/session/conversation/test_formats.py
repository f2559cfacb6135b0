from __future__ import annotations

import pytest

from rtnb import Clip
from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.session.conversation.formats import audio_format, bytes_per_ms, clip_of, format_of, named, transcription_model


@pytest.mark.parametrize(
    ("config", "kind", "rate"),
    [
        ({}, "", 48),
        ({"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}}, "audio/pcm", 48),
        ({"audio": {"output": {"format": {"type": "audio/pcmu"}}}}, "audio/pcmu", 8),
        ({"audio": {"output": {"format": {"type": "audio/pcma"}}}}, "audio/pcma", 8),
        ({"output_audio_format": "pcm16"}, "audio/pcm", 48),
        ({"output_audio_format": "g711_ulaw"}, "audio/pcmu", 8),
        ({"output_audio_format": "g711_alaw"}, "audio/pcma", 8),
        ({"input_audio_format": "g711_alaw"}, "", 48),
        ({"output_audio_format": "opus"}, "opus", 48),
        ({"output_audio_format": 5, "audio": {"output": {"format": "audio/pcm"}}}, "audio/pcm", 48),
        ({"audio": []}, "", 48),
    ],
)
def test_the_format_of_a_side_in_both_shapes(config: dict[str, object], kind: str, rate: int) -> None:
    assert (format_of(config, "output"), bytes_per_ms(config, "output")) == (kind, rate)


def test_each_side_has_its_own() -> None:
    mixed = {"audio": {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcm"}}}}
    assert [bytes_per_ms(mixed, side) for side in ("input", "output")] == [8, 48]


def test_the_transcription_model_in_both_shapes() -> None:
    assert transcription_model({"audio": {"input": {"transcription": {"model": "whisper-1"}}}}) == "whisper-1"
    assert transcription_model({"input_audio_transcription": {"model": "whisper-1"}}) == "whisper-1"
    for nothing in ({}, {"audio": {"input": {"transcription": None}}}, {"audio": 5, "input_audio_transcription": "x"}):
        assert transcription_model(nothing) == ""


def test_names_nobody_knows_are_read_as_pcm() -> None:
    assert named("opus") is PCM16 is named("") and named("g711_ulaw") is PCMU
    assert audio_format({"audio": {"input": {"format": {"type": "audio/pcma"}}}}, "input") is PCMA
    assert audio_format({"audio": 5}, "output") is PCM16


@pytest.mark.parametrize("form", [PCM16, PCMU, PCMA])
def test_bytes_become_a_clip_and_half_a_sample_is_left_out(form: AudioFormat) -> None:
    clip = Clip.silence(0.25, form.rate_hz)
    data = form.encode(clip.samples, clip.rate_hz)
    found = clip_of(data + b"\x00" * (form.sample_bytes - 1), form)
    assert found.rate_hz == form.rate_hz and len(found) == len(clip) and found.peak < 0.01
    assert clip_of(memoryview(data), {"audio": {"input": {"format": form.to_wire()}}}, "input") == found
    assert len(clip_of(b"", form)) == 0
