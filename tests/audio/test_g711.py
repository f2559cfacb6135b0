"""The G.711 codec, bit for bit, over everything it can be given."""

from __future__ import annotations

import hashlib
import warnings

import numpy as np
import pytest

from rtnb.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)
EVERY_CODE = bytes(range(256))

GOLDEN = {
    "ulaw_encode": "81d633c9e6972a18c74a58720b96cb8ca0bdd096d4060b646dd708c3b846019a",
    "alaw_encode": "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b",
    "ulaw_decode": "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827",
    "alaw_decode": "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174",
}
"""sha256 of what ``audioop`` of CPython 3.11.7 (lin2ulaw, lin2alaw, ulaw2lin, alaw2lin, width 2, little endian)
makes of every sample from -32768 to 32767, and of every code from 0 to 255. Python 3.13 has no audioop."""


def own() -> dict[str, bytes]:
    return {
        "ulaw_encode": ulaw_encode(EVERY_SAMPLE),
        "alaw_encode": alaw_encode(EVERY_SAMPLE),
        "ulaw_decode": ulaw_decode(EVERY_CODE).astype("<i2").tobytes(),
        "alaw_decode": alaw_decode(EVERY_CODE).astype("<i2").tobytes(),
    }


@pytest.mark.parametrize("name", GOLDEN)
def test_every_input_gives_the_golden_output(name: str) -> None:
    assert hashlib.sha256(own()[name]).hexdigest() == GOLDEN[name]


def test_every_input_gives_what_the_standard_library_gives() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop")
    samples = EVERY_SAMPLE.astype("<i2").tobytes()
    assert own() == {
        "ulaw_encode": audioop.lin2ulaw(samples, 2),
        "alaw_encode": audioop.lin2alaw(samples, 2),
        "ulaw_decode": audioop.ulaw2lin(EVERY_CODE, 2),
        "alaw_decode": audioop.alaw2lin(EVERY_CODE, 2),
    }


def test_codes_survive_decoding() -> None:
    codes = np.frombuffer(EVERY_CODE, dtype=np.uint8)
    assert alaw_encode(alaw_decode(EVERY_CODE)) == EVERY_CODE
    again = np.frombuffer(ulaw_encode(ulaw_decode(EVERY_CODE)), dtype=np.uint8)
    # mu-law has two codes for zero; minus zero becomes plus zero.
    assert codes[codes != again].tolist() == [0x7F] and again[0x7F] == 0xFF


@pytest.mark.parametrize(
    ("encode", "decode"), [(ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)], ids=["mu-law", "A-law"]
)
def test_the_error_is_half_a_step(encode: object, decode: object) -> None:
    assert callable(encode) and callable(decode)
    back = decode(encode(EVERY_SAMPLE)).astype(np.int32)
    error = np.abs(back - EVERY_SAMPLE.astype(np.int32))
    magnitude = np.abs(EVERY_SAMPLE.astype(np.int32))
    # A step is a sixteenth of its segment: the error is under 1/32 of the sample, or of the smallest segment.
    # Beyond the largest code mu-law clips, by less than a step; the bits of 16 that 14 or 13 cut off count too.
    assert (error <= np.maximum(16, magnitude / 31 + 8)).all()
    assert (np.diff(back) >= 0).all()


def test_empty_is_empty() -> None:
    assert ulaw_encode(EVERY_SAMPLE[:0]) == alaw_encode(EVERY_SAMPLE[:0]) == b""
    assert ulaw_decode(b"").size == alaw_decode(bytearray()).size == 0
