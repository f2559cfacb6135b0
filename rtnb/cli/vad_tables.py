"""Tables, CSV and JSON of ``rtnb vad``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rtnb._display import counted
from rtnb.cli.listing import Field, paragraph, shown_whole, table
from rtnb.cli.vad_results import Found, Heard, Searched
from rtnb.plots.vad.words import mistake_name, moment
from rtnb.vad.scores.score import COLUMNS, Score
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps.result import row_of

__all__ = ["sweep_data", "sweep_records", "sweep_text", "turn_records", "turns_data", "turns_records", "turns_text"]

PARAMETERS = ("threshold", "prefix_padding_ms", "silence_duration_ms", "hysteresis")

SCORE_FIELDS = (
    Field("turns", right=True),
    Field("cut off", right=True),
    Field("missed", right=True),
    Field("merged", right=True),
    Field("clipped", right=True),
    Field("false starts", right=True),
    Field("late", right=True),
    Field("errors", right=True),
    Field("fragments", right=True, spare=2),
    Field("latency p50 ms", right=True),
    Field("p90 ms", right=True, spare=1),
)

MOST_MISTAKES = 40
"""Rows of the list of mistakes on a terminal; CSV and JSON have all."""


# One setting


def turns_text(found: Found, width: int) -> str:
    """The turns of one setting, or the scores of several recordings, for people."""
    parts = [_head(found.setting, found.prediction, found.engine, width)]
    single = len(found.recordings) == 1
    if single or found.total is None:
        parts.append(_turn_table(found.recordings, width, named=not single))
    if found.total is not None:
        parts.append(_scores(found, width))
        parts.append(_mistakes(found, width, named=not single))
    return "\n\n".join(part for part in parts if part)


def _head(setting: Setting, prediction: str, engine: str, width: int) -> str:
    hysteresis = "" if setting.hysteresis is None else f", hysteresis {setting.hysteresis:.2f}"
    told = (
        f"threshold {setting.threshold:g}, prefix {setting.prefix_padding_ms} ms, silence "
        f"{setting.silence_duration_ms} ms{hysteresis} ({prediction}, {engine})"
    )
    return paragraph(told, width=width)


def _turn_table(recordings: Sequence[Heard], width: int, *, named: bool) -> str:
    if not any(heard.turns for heard in recordings):
        return f"No speech found in {counted(len(recordings), 'recording')}."
    rows = []
    for heard in recordings:
        for number, turn in enumerate(heard.turns, 1):
            rows.append(
                [
                    heard.item.name if named else "",
                    str(number),
                    moment(turn.onset_s),
                    moment(turn.end_s),
                    f"{turn.end_s - turn.onset_s:.2f}",
                    str(turn.audio_start_ms),
                    str(turn.audio_end_ms),
                    "" if turn.closed else "open at the end",
                ]
            )
        if not heard.turns:
            rows.append([heard.item.name if named else "", "", "", "", "", "", "", "no speech found"])
    fields = (
        Field("recording"),
        Field("turn", right=True),
        Field("start", right=True),
        Field("end", right=True),
        Field("seconds", right=True, spare=1),
        Field("audio_start_ms", right=True),
        Field("audio_end_ms", right=True),
        Field("", stretch=True, least=9),
    )
    return table(fields, rows, width=width, whole=shown_whole())


def _score_cells(score: Score) -> list[str]:
    return [
        str(score.turns),
        str(score.cut_offs),
        str(score.missed),
        str(score.merged),
        f"{score.clipped} ({score.clipped_ms:.0f} ms)" if score.clipped else "0",
        str(score.false_starts),
        str(score.late),
        str(score.errors),
        _decimal(score.fragments, 2),
        _decimal(score.latency_p50_ms, 0),
        _decimal(score.latency_p90_ms, 0),
    ]


def _scores(found: Found, width: int) -> str:
    rows = []
    for heard in found.recordings:
        if heard.score is None:
            rows.append([heard.item.name, *[""] * len(SCORE_FIELDS), "no labels"])
        else:
            silent = heard.item.labels is not None and not heard.item.labels.segments
            rows.append([heard.item.name, *_score_cells(heard.score), "labels without speech" if silent else ""])
    assert found.total is not None
    fields = (Field("recording"), *SCORE_FIELDS, Field("", stretch=True))
    total = ["all", *_score_cells(found.total), ""] if len(rows) > 1 else ()
    return table(fields, rows, width=width, total=total, whole=shown_whole())


def _mistakes(found: Found, width: int, *, named: bool) -> str:
    mistakes = [mistake for heard in found.recordings for mistake in heard.mistakes]
    rows = [
        [
            mistake.recording if named else "",
            moment(mistake.start_s),
            moment(mistake.end_s),
            mistake_name(mistake.kind),
            mistake.detail,
        ]
        for mistake in mistakes[:MOST_MISTAKES]
    ]
    if not rows:
        return "No mistakes."
    fields = (
        Field("recording"),
        Field("from", right=True),
        Field("to", right=True),
        Field("mistake"),
        Field("", stretch=True, least=24),
    )
    shown = table(fields, rows, width=width, whole=shown_whole())
    left = len(mistakes) - len(rows)
    return f"{shown}\n({left} more: --json has all)" if left > 0 else shown


def turns_records(found: Found) -> tuple[list[dict[str, Any]], Sequence[str]]:
    """One row a turn, or with labels one row a recording; no recording is without a row."""
    if found.total is not None:
        rows = [
            {"recording": heard.item.name, **_setting(found.setting), **_numbers(heard.score)}
            for heard in found.recordings
        ]
        return rows, ("recording", *PARAMETERS, *COLUMNS)
    return turn_records(found)


def turn_records(found: Found) -> tuple[list[dict[str, Any]], Sequence[str]]:
    """One row a turn, with labels or without; of a recording without turns, one with nothing but its name."""
    turns: list[dict[str, Any]] = []
    for heard in found.recordings:
        rows = [{"turn": number, **_turn(turn)} for number, turn in enumerate(heard.turns, 1)]
        turns += [{"recording": heard.item.name, **row} for row in rows or [{}]]
    return turns, ("recording", "turn", "onset_s", "end_s", "audio_start_ms", "audio_end_ms", "closed")


def turns_data(found: Found) -> dict[str, Any]:
    """Everything about one setting."""
    return {
        "setting": _setting(found.setting),
        "prediction": found.prediction,
        "engine": found.engine,
        "turn_gap_s": found.turn_gap_s,
        "score": None if found.total is None else _numbers(found.total),
        "recordings": [
            {
                "name": heard.item.name,
                "duration_s": round(heard.item.duration_s, 6),
                "turns": [_turn(turn) for turn in heard.turns],
                "score": None if heard.score is None else _numbers(heard.score),
                "mistakes": [
                    {
                        "kind": mistake.kind,
                        "start_s": _plain(mistake.start_s),
                        "end_s": _plain(mistake.end_s),
                        "turn": mistake.turn,
                        "detail": mistake.detail,
                    }
                    for mistake in heard.mistakes
                ],
            }
            for heard in found.recordings
        ],
        "problems": list(found.problems),
    }


# A sweep


def sweep_text(found: Searched, width: int) -> str:
    """The front of a sweep, the default, the best and its check, for people."""
    tried = found.sweep
    said = (
        f"{counted(len(tried), 'setting')} on {counted(len(tried.corpus), 'recording')}, "
        f"{counted(tried.default.turns, 'labelled turn')} (turn gap "
        f"{tried.scoring.turn_gap_s:g} s; {tried.prediction}, {found.engine})"
    )
    front = _front(found)
    rows = [["front", *_row_cells(tried.score(tried.setting(index)))] for index in front.index]
    rows.append(["default", *_row_cells(tried.default)])
    if found.best is not None:
        rows.append(["best", *_row_cells(found.best.score)])
    if found.held_out is not None:
        held = _row_cells(found.held_out.held_out)
        rows.append(["held out", "", "", "", *held[3:]])
    fields = (
        Field(""),
        Field("threshold", right=True),
        Field("prefix ms", right=True),
        Field("silence ms", right=True),
        *SCORE_FIELDS,
    )
    parts = [paragraph(said, width=width), table(fields, rows, width=width, whole=shown_whole())]
    parts.append("\n".join(paragraph(line, width=width) for line in _advice(found)))
    return "\n\n".join(parts)


def _front(found: Searched) -> Any:
    """The rows of the sweep's table that no other beats, within the limits that were asked for."""
    limits: dict[str, Any] = {} if found.best is None else dict(found.best.constraints)
    return found.sweep.pareto(**limits)


def _row_cells(score: Score) -> list[str]:
    setting = score.setting
    return [
        f"{setting.threshold:g}",
        str(setting.prefix_padding_ms),
        str(setting.silence_duration_ms),
        *_score_cells(score),
    ]


def _advice(found: Searched) -> list[str]:
    lines = []
    if found.best is None:
        return [f"No best: {found.why}"]
    setting = found.best.setting
    lines.append(
        f"Best by {found.best.objective}: ServerVad(threshold={setting.threshold:g}, prefix_padding_ms="
        f"{setting.prefix_padding_ms}, silence_duration_ms={setting.silence_duration_ms})"
    )
    low, high = found.best.interval
    if math.isfinite(low) and math.isfinite(high):
        name = found.best.objective
        lines.append(
            f"{name} {found.best.value:.4g}, 95 % interval over recordings {low:.4g} to {high:.4g}; the default has "
            f"{_value(found.best.default, name):.4g}."
        )
    lines += [f"Note: {note}." for note in found.best.notes]
    if found.best.bound:
        lines.append(f"Bound by {', '.join(found.best.bound)}.")
    if found.held_out is not None:
        held = found.held_out
        lines.append(
            f"Held out (each recording scored with the setting chosen without it): {held.objective} "
            f"{held.value_out:.4g} in place of {held.value_in:.4g}."
        )
    elif found.unheld:
        lines.append(f"Not checked on recordings it was not chosen on: {found.unheld}")
    return lines


def sweep_records(found: Searched) -> tuple[list[dict[str, Any]], Sequence[str]]:
    """One row a setting of the grid; `front` says whether none beats it."""
    front = set(_front(found).index)
    columns = found.sweep.columns
    rows = [
        {**{name: _plain(value) for name, value in row_of(columns, index).items()}, "front": index in front}
        for index in range(len(found.sweep))
    ]
    return rows, (*columns, "front")


def sweep_data(found: Searched) -> dict[str, Any]:
    """The front, the default, the best and its check."""
    tried = found.sweep
    best, held = found.best, found.held_out
    front = _front(found)
    return {
        "prediction": tried.prediction,
        "engine": found.engine,
        "turn_gap_s": tried.scoring.turn_gap_s,
        "settings": len(tried),
        "recordings": list(tried.corpus.names),
        "front": [{name: _plain(value) for name, value in row.items()} for row in front.to_dict("records")],
        "default": {**_setting(tried.default.setting), **_numbers(tried.default)},
        "best": None
        if best is None
        else {
            **_setting(best.setting),
            **_numbers(best.score),
            "objective": best.objective,
            "value": _plain(best.value),
            "interval": [_plain(value) for value in best.interval],
            "constraints": dict(best.constraints),
            "notes": list(best.notes),
        },
        "no_best": found.why or None,
        "held_out": None
        if held is None
        else {**_numbers(held.held_out), "objective": held.objective, "value": _plain(held.value_out)},
        "not_held_out": found.unheld or None,
        "problems": list(found.problems),
    }


# Values


def _setting(setting: Setting) -> dict[str, Any]:
    return {name: getattr(setting, name) for name in PARAMETERS}


def _turn(turn: Any) -> dict[str, Any]:
    return {
        "onset_s": round(turn.onset_s, 6),
        "end_s": round(turn.end_s, 6),
        "audio_start_ms": turn.audio_start_ms,
        "audio_end_ms": turn.audio_end_ms,
        "closed": turn.closed,
    }


def _numbers(score: Score | None) -> dict[str, Any]:
    return {} if score is None else {name: _plain(value) for name, value in score.to_dict().items()}


def _plain(value: Any) -> Any:
    """A number as JSON has it; what is not known is null."""
    item = getattr(value, "item", None)
    value = item() if callable(item) else value
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def _value(score: Score, name: str) -> float:
    """A measure of a score; with the ending ``_rate`` a count for each labelled turn."""
    if hasattr(score, name):
        return float(getattr(score, name))
    return float(getattr(score, name.removesuffix("_rate"))) / score.turns if score.turns else math.nan


def _decimal(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if math.isfinite(value) else "-"
