"""What travels to the page: small words as JSON, columns and sound as buffers."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import numpy as np

from rtnb.audio.clip import Clip
from rtnb.audio.envelope import envelope
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.score import Score
from rtnb.vad.track import Track
from rtnb.widgets.vad.bench import Bench, Row, Shown
from rtnb.widgets.vad.knobs import Knobs, prediction_words

__all__ = ["Parcel", "python_line", "recording", "result", "row_of", "session_update", "setting_text", "sound"]

Parcel = tuple[dict[str, Any], list[bytes]]

COLUMN_S: Final = 0.001
COLUMNS: Final = 600_000
"""The outline is sent once, in columns of a millisecond, or wider ones where those were too many: 1.2 MB at most.
Servers of notebooks take messages up to about 10 MB. Source: https://github.com/jupyter/notebook/issues/3468."""

RATES_HZ: Final = (8000, 48000)
"""Rates that every browser plays. Source: https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createbuffer."""

PLAY_HZ: Final = 24000

MISTAKES: Final = 400
"""How many mistakes a page lists; the table counts all."""


def recording(clip: Clip, track: Track) -> Parcel:
    """The clip's outline and its probabilities, sent once.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb import Clip
    >>> from rtnb.vad import Track
    >>> content, buffers = recording(Clip.silence(2.0), Track(np.zeros(63, dtype=np.float32), 0.032, "energy"))
    >>> content["column_s"], content["silent"], [len(each) for each in buffers]
    (0.001, True, [4000, 252])
    """
    column_s = max(COLUMN_S, clip.duration_s / COLUMNS)
    columns = max(1, math.ceil(clip.duration_s / column_s))
    found = envelope(clip.samples, columns, stop=columns * column_s * clip.rate_hz)
    peak = clip.peak
    scaled = np.nan_to_num(found / peak if peak > 0 else found) * 127
    # Outwards: the least click shows.
    outline = np.stack([np.floor(scaled[:, 0]), np.ceil(scaled[:, 1])], axis=1).clip(-127, 127).astype(np.int8)
    content = {
        "type": "recording",
        "duration_s": clip.duration_s,
        "column_s": column_s,
        "hop_s": track.hop_s,
        "engine": track.engine,
        "silent": peak == 0.0,
    }
    return content, [outline.tobytes(), np.ascontiguousarray(track.p, dtype="<f4").tobytes()]


def result(
    bench: Bench, shown: Shown, *, answers: int = 0, selected: int | None = None, edit: tuple[str, int] = ("", 0)
) -> Parcel:
    """What a position of the sliders comes to.

    Parameters
    ----------
    bench : Bench
    shown : Shown
    answers : int
        The question of a page that this answers; 0 where none was asked.
    selected : int, optional
        The label that was changed.
    edit : (str, int)
        The last change of the labels that is in it: by which page, and which one of that page.
    """
    table = shown.table
    columns = np.stack(
        [
            table.onset_ms / 1000,
            table.end_ms / 1000,
            table.audio_start_ms / 1000,
            table.audio_end_ms / 1000,
            table.started_at_ms / 1000,
            table.stopped_at_ms / 1000,
            table.closed.astype(np.float64),
        ],
        axis=1,
    )
    content = {
        "type": "result",
        "seq": shown.seq,
        "answers": answers,
        "knobs": shown.knobs.to_dict(),
        "turn_gap_s": bench.scoring.turn_gap_s,
        "exit_threshold": shown.exit_threshold,
        "turns": len(table),
        "rows": [row_of(row) for row in shown.rows],
        "labelled": _labelled(shown.labels, bench),
        "mistakes": [
            {"kind": each.kind, "start_s": each.start_s, "end_s": each.end_s, "detail": each.detail}
            for each in shown.mistakes[:MISTAKES]
        ],
        "speakers": [each.speaker for each in shown.labels.segments],
        "mistakes_in_all": len(shown.mistakes),
        "prediction": prediction_words(shown.prediction),
        "session_update": session_update(shown.knobs),
        "python": python_line(shown.knobs),
        "can_undo": bench.can_undo,
        "can_redo": bench.can_redo,
        "selected": selected,
        "edit": list(edit),
        "took_ms": round(shown.took_ms, 2),
    }
    segments = np.array([(each.start_s, each.end_s) for each in shown.labels.segments], dtype="<f8")
    return content, [columns.astype("<f8").tobytes(), segments.tobytes()]


def row_of(row: Row) -> dict[str, Any]:
    """A row of the table of scores."""
    return {
        "name": row.name,
        "setting": setting_text(row.knobs),
        "knobs": row.knobs.to_dict(),
        "detected": row.detected,
        "score": None if row.score is None else _score(row.score),
    }


def setting_text(knobs: Knobs) -> str:
    """The parameters of a session in short, as tables have them."""
    return f"{knobs.threshold:.2f} / {knobs.prefix_padding_ms} / {knobs.silence_duration_ms}"


def session_update(knobs: Knobs) -> str:
    """The event that tells a session.

    Examples
    --------
    >>> from rtnb.vad import Setting, default_tuning
    >>> print(session_update(Knobs.of(Setting(0.4, 300, 350), default_tuning())))
    {
      "type": "session.update",
      "session": {
        "type": "realtime",
        "audio": {
          "input": {
            "turn_detection": {
              "type": "server_vad",
              "threshold": 0.4,
              "prefix_padding_ms": 300,
              "silence_duration_ms": 350
            }
          }
        }
      }
    }
    """
    told = {"type": "realtime", "audio": {"input": {"turn_detection": knobs.vad.to_wire()}}}
    return json.dumps({"type": "session.update", "session": told}, indent=2)


def python_line(knobs: Knobs) -> str:
    """The same for code.

    Examples
    --------
    >>> from rtnb.vad import Setting, default_tuning
    >>> python_line(Knobs.of(Setting(0.4, 300, 350), default_tuning()))
    'rtnb.ServerVad(threshold=0.4, prefix_padding_ms=300, silence_duration_ms=350)'
    """
    told = {name: value for name, value in knobs.vad.to_wire().items() if name != "type"}
    return f"rtnb.ServerVad({', '.join(f'{name}={value!r}' for name, value in told.items())})"


def sound(clip: Clip, start_s: float, end_s: float) -> Parcel:
    """A stretch of the clip for the page to play, as PCM16."""
    part = clip[max(0.0, start_s) : max(0.0, end_s)]
    rate_hz = part.rate_hz if RATES_HZ[0] <= part.rate_hz <= RATES_HZ[1] else PLAY_HZ
    return {"type": "sound", "start_s": max(0.0, start_s), "rate_hz": rate_hz}, [part.to_pcm16(rate_hz)]


def _labelled(labels: Labels, bench: Bench) -> dict[str, Any]:
    if not labels.segments:
        return {"turns": 0, "segments": 0, "notes": list(labels.notes)}
    turns = labels.turns(bench.scoring.turn_gap_s)
    return {"turns": len(turns), "segments": len(labels.segments), "notes": list(labels.notes)}


def _score(score: Score) -> dict[str, Any]:
    return {
        "turns": score.turns,
        "detected": score.detected,
        "false_starts": score.false_starts,
        "missed": score.missed,
        "clipped": score.clipped,
        "clipped_ms": _finite(score.clipped_ms),
        "cut_offs": score.cut_offs,
        "merged": score.merged,
        "late": score.late,
        "errors": score.errors,
        "fragments": _finite(score.fragments),
        "p50_ms": _finite(score.latency_p50_ms),
        "p90_ms": _finite(score.latency_p90_ms),
    }


def _finite(value: float) -> float | None:
    """NaN is no JSON."""
    return float(value) if math.isfinite(value) else None
