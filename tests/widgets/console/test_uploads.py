"""Files in pieces: in any order, twice, and never more than there is room for."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtnb
from rtnb.errors import AudioError, ConfigError
from rtnb.widgets.console import uploads as module
from rtnb.widgets.console.uploads import CHUNK_BYTES, Uploads, made_of


def announced(size: int, **more: object) -> dict[str, object]:
    return {"name": "a.wav", "mime": "audio/wav", "bytes": size, **more}


@given(st.binary(min_size=1, max_size=200), st.integers(1, 60), st.randoms())
def test_pieces_that_overtake_each_other_make_the_file(data: bytes, step: int, chance: random.Random) -> None:
    uploads = Uploads(lambda: 0.0)
    upload = uploads.begin("p", "u", announced(len(data)))
    pieces = [(at, data[at : at + step]) for at in range(0, len(data), step)]
    while not upload.complete:
        # A page sends on from where it was told to, four pieces at most, and some arrive in another order or twice.
        window = [each for each in pieces if each[0] >= len(upload.data)][:4]
        chance.shuffle(window)
        for at, piece in [*window, *window[:1]]:
            uploads.take("p", "u", at, piece)
    assert bytes(upload.data) == data and len(uploads) == 0
    assert uploads.take("p", "u", 0, b"more") is None


def test_what_is_too_much_or_makes_no_sense_is_refused() -> None:
    now_s = [0.0]
    uploads = Uploads(lambda: now_s[0])
    for size, mime, words in (
        (module.AUDIO_BYTES + 1, "audio/wav", "64 MB"),
        (21 << 20, "image/png", "20 MB"),
        (0, "audio/wav", "is empty"),
        (True, "audio/wav", "no size"),
        ("9", "audio/wav", "no size"),
    ):
        with pytest.raises(ConfigError, match=words):
            uploads.begin("p", "u", {"name": "x" * 500, "mime": mime, "bytes": size})
    for upload_id in ("1", "2"):
        uploads.begin("p", upload_id, announced(10))
    with pytest.raises(ConfigError, match="2 files are on their way already"):
        uploads.begin("q", "3", announced(10))
    for at, piece in ((0, b"x" * 11), (8, b"abc"), (-1, b"a"), (0, b""), (0, bytes(CHUNK_BYTES + 1))):
        uploads.forget("p", "1")
        uploads.begin("p", "1", announced(10))
        with pytest.raises(ConfigError, match="did not arrive whole"):
            uploads.take("p", "1", at, piece)
        assert uploads.take("p", "1", 0, b"a") is None
    now_s[0] = module.SILENT_S + 1
    assert [each.id for each in uploads.drop_silent()] == ["2"] and len(uploads) == 0


def file_of(samples: np.ndarray, rate_hz: int, kind: str) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_a_file_becomes_one_clip_whatever_its_kind_rate_and_channels(kind: str) -> None:
    tone = np.sin(np.arange(22050) / 8, dtype=np.float32) * 0.5
    made = made_of(file_of(np.stack([tone, tone], axis=1), 22050, kind), f"tone.{kind.lower()}")
    assert isinstance(made, rtnb.Clip) and made.duration_s == pytest.approx(1.0, abs=0.1) and made.peak > 0.3


def test_an_hour_in_a_small_file_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AUDIO_S", 1.0)
    with pytest.raises(AudioError, match="lasts longer than 0 min, the most in one turn here"):
        made_of(file_of(np.zeros(8000 * 30, dtype=np.float32), 8000, "FLAC"), "hour.flac")
    with pytest.raises(AudioError, match="holds no sound"):
        made_of(file_of(np.zeros(0, dtype=np.float32), 8000, "WAV"), "empty.wav")


@given(st.binary(max_size=300))
def test_no_bytes_make_anything_but_a_clip_an_image_or_one_sentence(data: bytes) -> None:
    for head in (b"", b"RIFF", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"fLaC", b"OggS", b"ID3"):
        try:
            made = made_of(head + data, "it")
        except (ConfigError, AudioError) as error:
            assert str(error).startswith("'it' ") and "\n" not in str(error)
        else:
            assert isinstance(made, rtnb.Clip | rtnb.Image)


def test_images_wait_for_the_last_of_their_message_and_not_for_ever() -> None:
    now_s = [0.0]
    uploads = Uploads(lambda: now_s[0])
    made = {name: rtnb.Clip(np.zeros(8, dtype=np.float32), 24_000) for name in ("1", "2")}
    for name, clip in made.items():
        uploads.put_aside(uploads.begin("p", name, announced(4, keep=True)), clip)
        uploads.forget("p", name)
    last = uploads.begin("p", "3", announced(4, also=["2", "1"]))
    assert not last.keep and uploads.taken(last) == [made["2"], made["1"]]
    with pytest.raises(ConfigError, match="send all of them again"):
        uploads.taken(last)
    uploads.forget("p", "3")
    uploads.put_aside(uploads.begin("p", "4", announced(4, keep=True)), made["1"])
    uploads.forget("p", "4")
    # Of another page it is not.
    with pytest.raises(ConfigError, match="send all of them again"):
        uploads.taken(uploads.begin("q", "5", announced(4, also=["4"])))
    now_s[0] = module.ASIDE_S + 1
    uploads.forget("q", "5")
    uploads.put_aside(uploads.begin("p", "6", announced(4, keep=True)), made["2"])
    uploads.forget("p", "6")
    with pytest.raises(ConfigError, match="send all of them again"):
        uploads.taken(uploads.begin("p", "7", announced(4, also=["4", "6"])))
