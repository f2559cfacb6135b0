from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import RecordingError
from rtnb.session.record import foreign_text
from rtnb.session.record.foreign_text import looks_like, text_of

TEXT = "".join(f'{{"type": "input_audio_buffer.append", "audio": "{n * 7919:x}"}}\n' for n in range(2000))
PACKED = gzip.compress(TEXT.encode())


@given(st.integers(1, len(PACKED) - 1))
def test_of_a_packed_file_that_was_cut_off_everything_is_read_that_came(cut: int) -> None:
    try:
        text, note = text_of(PACKED[:cut], "log.gz")
    except RecordingError as error:
        assert cut < 200 and ("packed with gzip and cut off" in str(error) or cut == 1)
        return
    assert cut == 1 or (TEXT.startswith(text) and "cut off" in note)
    assert len(text) >= len(TEXT) * (cut - 200) / len(PACKED) * 0.5


def test_several_one_after_the_other() -> None:
    assert text_of(PACKED + PACKED, "log.gz") == (TEXT * 2, "")
    assert text_of(PACKED + b"\0" * 512, "log.gz") == (TEXT, "")
    text, note = text_of(PACKED + PACKED[:-400], "log.gz")
    assert text.startswith(TEXT) and "cut off" in note
    text, note = text_of(PACKED + b"something", "log.gz")
    assert text == TEXT and "followed by something else" in note


def test_damage_in_the_middle_is_told() -> None:
    data = bytearray(PACKED)
    data[len(data) // 2] ^= 0xFF
    text, note = text_of(bytes(data), "log.gz")
    assert text and "damaged" in note


def test_no_more_is_unpacked_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_text, "LARGEST_BYTES", 10_000)
    with pytest.raises(RecordingError, match="split it"):
        text_of(gzip.compress(bytes(100_000)), "log.gz")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n<!doctype html>\n<p>Log</p>", "web page"),
        ("%PDF-1.7 ...", "PDF"),
        ("RIFF1234WAVEfmt ", "WAV"),
        ('{"cells": [], "nbformat": 4}', "notebook"),
        ("ResponseDoneEvent(event_id='e', response=RealtimeResponse(id='r'))", "model_dump_json"),
        ("[{'type': <object>}]", "json.dumps"),
        ("time,type\n1,response.done\n", "table"),
        ("hello", ""),
        ("", ""),
    ],
)
def test_what_it_looks_like(text: str, said: str) -> None:
    assert (said in looks_like(text)) if said else looks_like(text) == ""
