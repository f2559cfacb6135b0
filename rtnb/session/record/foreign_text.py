"""The text of a file that somebody else wrote: unpacked, decoded, and what it looks like where it is no log."""

from __future__ import annotations

import contextlib
import re
import zlib

from rtnb.errors import RecordingError

__all__ = ["looks_like", "text_of"]

LARGEST_BYTES = 2 << 30
"""Of a packed file, unpacked: two hours of uncompressed audio both ways in base64 are 920 MB."""

_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 1 << 20
_CRUMB_BYTES = 1 << 6

_LOOKS = (
    (rb"\A\s*<(!doctype html|html|head|body)\b", "a web page"),
    (rb"\A\s*<\?xml\b", "XML"),
    (rb"\A%PDF-", "a PDF document"),
    (rb"\ARIFF....(WAVE)", "a sound file (WAV)"),
    (rb"\A(ID3|OggS|fLaC|caff|FORM....AIFF|\xff[\xf2\xf3\xfb])", "a sound file"),
    (rb"\A(\x89PNG|\xff\xd8\xff|GIF8)", "a picture"),
    (rb"\ASQLite format 3\x00", "an SQLite database"),
    (rb"\APAR1", "a Parquet table"),
    (
        rb"\A(BZh|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd)",
        "a packed file; unpack it first (of packed files, gzip is read)",
    ),
    (rb"\A\s*\{.{0,200}?\"(cells|nbformat)\"\s*:", "a notebook; replay the log or recording that it wrote"),
    (
        rb"\b[A-Z]\w+(Event|Update|Create|Created|Done|Delta)\(\w+=",
        "printed Python objects; log event.model_dump_json() instead of event",
    ),
    (rb"\A\s*[\[{(].{0,80}?'\w+'\s*:", "printed Python values; log json.dumps(event) instead of event"),
    (
        rb"\A(?=[^\n]*(type|event))[\w .\"'-]+([,;\t][\w .\"'-]*)+\r?\n",
        "a table; rows are read that hold an event as JSON in one cell",
    ),
)


def text_of(data: bytes, name: str) -> tuple[str, str]:
    """The text of a file, unpacked, and what is to be said about that; mostly nothing.

    Raises
    ------
    RecordingError
        It is packed and damaged from the start, or too large.

    Examples
    --------
    >>> import gzip
    >>> text_of(gzip.compress(b"{}"), "log.jsonl.gz")
    ('{}', '')
    """
    note = ""
    if data.startswith(_GZIP):
        data, note = _unpacked(data, name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        # What a Windows shell writes when output is redirected.
        return data.decode("utf-16", errors="replace"), note
    return data.decode("utf-8-sig", errors="replace"), note


def _unpacked(data: bytes, name: str) -> tuple[bytes, str]:
    """What comes out of it, as far as it goes: a program that is killed leaves its last block half written."""
    pieces: list[bytes] = []
    length, at, problem = 0, 0, ""
    while data.startswith(_GZIP, at) and not problem:
        stream = zlib.decompressobj(wbits=31)  # with gzip's head and foot (zlib manual, inflateInit2)
        given = b""
        while not (stream.eof or problem):
            if not given:
                given, at = data[at : at + _PIECE_BYTES], at + _PIECE_BYTES
            before = stream.copy()
            try:
                piece = stream.decompress(given, _PIECE_BYTES)
            except zlib.error as error:
                problem = f"damaged ({error})"
                pieces.append(last := _until_damage(before, given))
                length += len(last)
                break
            given = stream.unconsumed_tail
            problem = "cut off" if not (piece or given or stream.eof) and at >= len(data) else ""
            pieces.append(piece)
            length += len(piece)
            if length > LARGEST_BYTES:
                raise RecordingError(f"'{name}' is more than {LARGEST_BYTES >> 30} GiB when unpacked: split it.")
        at = min(at, len(data)) - len(stream.unused_data)
    rest = data[at:]
    if not problem and rest.strip(b"\0"):
        problem = "followed by something else"
    if problem and not length:
        raise RecordingError(f"'{name}' is packed with gzip and {problem}: nothing can be read of it.")
    return b"".join(pieces), f"The file is packed with gzip and {problem}; this is what came before." if problem else ""


def _until_damage(stream: zlib._Decompress, given: bytes) -> bytes:
    """The end of what can be unpacked: zlib keeps to itself what a call gave before the damage."""
    pieces: list[bytes] = []
    with contextlib.suppress(zlib.error):
        for at in range(0, len(given), _CRUMB_BYTES):
            pieces.append(stream.decompress(given[at : at + _CRUMB_BYTES]))
    return b"".join(pieces)


def looks_like(text: str) -> str:
    """What a text that is no log looks like, in words; empty where nobody can say.

    Examples
    --------
    >>> looks_like("<!DOCTYPE html><html>"), looks_like("hello")
    ('a web page', '')
    >>> looks_like("got SessionCreatedEvent(event_id='event_1', session=Session())")
    'printed Python objects; log event.model_dump_json() instead of event'
    """
    head = text[:20_000].encode("utf-8", errors="replace")
    for pattern, said in _LOOKS:
        if re.search(pattern, head, re.IGNORECASE | re.DOTALL if pattern.startswith(rb"\A\s*<") else re.DOTALL):
            return said
    return ""
