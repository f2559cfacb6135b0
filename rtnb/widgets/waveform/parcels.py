"""What travels to the page: small words as JSON, outlines, samples and sound as buffers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np

from rtnb.audio.spectrogram import spectrogram
from rtnb.widgets.waveform.tracks import Entry, Sheet

__all__ = ["COLUMNS", "Parcel", "picture", "sheet_parcel", "sound", "window"]

Parcel = tuple[dict[str, Any], list[bytes]]

COLUMNS: Final = 2048
"""Of the outline of the whole that a page begins with: 8 kB a track."""

MOST_COLUMNS: Final = 8192
"""Wider than any screen with what lies beside it."""

PIECE_BYTES: Final = 1 << 20
"""No message with sound is larger. Servers of notebooks take about 10 MB, and what is sent blocks what follows it."""

PLAY_HZ: Final = (8000, 24000)
"""Rates that a page gets: every browser plays them, and 20 s at the highest are under a megabyte.
Source: https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createbuffer."""

LOW_DB: Final = -90.0
HIGH_DB: Final = -10.0


def sheet_parcel(sheet: Sheet, entries: Sequence[Entry], *, whole: bool, columns: int = COLUMNS) -> Parcel:
    """What there is, with the outline of the whole of each track.

    Parameters
    ----------
    sheet : Sheet
    entries : sequence of Entry
        Those that the page does not know yet, or not so.
    whole : bool
        Whether these are all.

    Examples
    --------
    >>> from rtnb import Clip
    >>> from rtnb.widgets.waveform.given import told
    >>> sheet = told(Clip.silence(2.0)).take()
    >>> content, buffers = sheet_parcel(sheet, sheet.entries, whole=True)
    >>> content["tracks"][0]["silent"], [len(each) for each in buffers]
    (True, [8192])
    """
    content = {
        "type": "sheet",
        "start_s": sheet.start_s,
        "end_s": sheet.end_s,
        "live": sheet.live,
        "empty": sheet.empty,
        "note": sheet.note,
        "subject": sheet.subject,
        "columns": columns,
        "whole": whole,
        "entries": list(entries),
        "tracks": [
            {
                "name": track.name,
                "who": track.who,
                "side": track.side,
                "rate_hz": track.rate_hz,
                "seconds": round(sum(sound.end_s - sound.start_s for sound in track.sounds), 6),
                "silent": track.silent,
                "faded": [[round(at, 6) for at in sound.faded] for sound in track.sounds if sound.faded is not None],
            }
            for track in sheet.tracks
        ],
    }
    if sheet.duration_s <= 0:
        return content, [b"" for _ in sheet.tracks]
    outlines = [track.outline(sheet.start_s, sheet.end_s, columns) for track in sheet.tracks]
    return content, [outline.astype("<i2", copy=False).tobytes() for outline in outlines]


def window(sheet: Sheet, start_s: float, end_s: float, columns: int) -> Parcel:
    """A stretch in more detail: outlines, or the samples themselves where there are few."""
    columns = min(MOST_COLUMNS, max(1, columns))
    told, buffers = [], []
    for track in sheet.tracks:
        if track.count(start_s, end_s) <= 2 * columns:
            runs = track.runs(start_s, end_s)
            told.append({"runs": [[run.start_s, run.rate_hz, len(run.samples)] for run in runs]})
            samples = np.concatenate([run.samples for run in runs]) if runs else np.zeros(0, dtype=np.int16)
            buffers.append(samples.astype("<i2", copy=False).tobytes())
        else:
            told.append({})
            buffers.append(track.outline(start_s, end_s, columns).astype("<i2", copy=False).tobytes())
    return {"type": "window", "start_s": start_s, "end_s": end_s, "columns": columns, "tracks": told}, buffers


def sound(sheet: Sheet, start_s: float, end_s: float, tracks: Collection[int] | None) -> Parcel:
    """A stretch for the page to play, as PCM16 of at most 1 MiB."""
    rate_hz = min(PLAY_HZ[1], max(PLAY_HZ[0], sheet.rate_hz))
    longest_s = PIECE_BYTES // 2 / rate_hz
    end_s = min(end_s, start_s + longest_s, max(start_s, sheet.end_s))
    samples = sheet.pcm(start_s, end_s, rate_hz, tracks)
    return {"type": "sound", "start_s": start_s, "rate_hz": rate_hz}, [samples.astype("<i2", copy=False).tobytes()]


def picture(sheet: Sheet, start_s: float, end_s: float, columns: int, rows: int) -> Parcel:
    """The spectrogram of a stretch, a byte a cell, of each track: the loudest where sounds overlap."""
    columns, rows = min(1200, max(1, columns)), min(128, max(1, rows))
    top_hz = sheet.rate_hz / 2
    width = (end_s - start_s) / columns
    buffers = []
    window_s = 0.0
    for track in sheet.tracks:
        cells = np.zeros((rows, columns), dtype=np.uint8)
        for each in track.within(start_s, end_s):
            first = max(0, int((each.start_s - start_s) / width))
            last = min(columns, int(np.ceil((each.end_s - start_s) / width)))
            if last <= first:
                continue
            begin = (start_s + first * width - each.start_s) * each.rate_hz
            stop = (start_s + last * width - each.start_s) * each.rate_hz
            # Sounds of a lower rate fill the lower rows.
            high = max(1, round(rows * each.rate_hz / 2 / top_hz))
            found = spectrogram(each.source, each.rate_hz, start=begin, stop=stop, columns=last - first, rows=high)
            part = np.frombuffer(found.bytes(low_db=LOW_DB, high_db=HIGH_DB), dtype=np.uint8).reshape(high, -1)
            cells[:high, first:last] = np.maximum(cells[:high, first:last], part)
            window_s = found.window_s
        buffers.append(cells.tobytes())
    content = {
        "type": "spectrogram",
        "start_s": start_s,
        "end_s": end_s,
        "columns": columns,
        "rows": rows,
        "top_hz": top_hz,
        "low_db": LOW_DB,
        "high_db": HIGH_DB,
        "window_ms": round(window_s * 1000, 1),
    }
    return content, buffers
