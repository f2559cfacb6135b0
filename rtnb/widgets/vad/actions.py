"""What the buttons of the lab do beyond the recording: tell a session, ask a server, search a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rtnb._display import counted
from rtnb.errors import ConfigError, LabelsError, SessionClosedError, SessionError
from rtnb.protocol.turn_detection import ServerVad
from rtnb.session.facade import Session, open_sessions
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.setting import Setting
from rtnb.widgets.vad.bench import Bench, Row
from rtnb.widgets.vad.jobs import Cancelled, Job
from rtnb.widgets.vad.knobs import Knobs
from rtnb.widgets.vad.parcels import row_of

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = ["apply", "checked_session", "chosen_session", "search", "swept", "try_on_server"]

FRONT_ROWS = 12
"""How many settings of the Pareto front are listed."""


def chosen_session(given: Session | None) -> Session:
    """The session that was given, or the only one that is open.

    Raises
    ------
    SessionError
        There is none, or more than one.
    """
    if given is not None:
        if given not in open_sessions():
            raise SessionClosedError("The session of this lab is closed. Give another: VadLab(clip, session=s).")
        return given
    found = [each for each in open_sessions() if isinstance(each, Session)]
    if not found:
        raise SessionError("No session is open. Open one with s = rtnb.connect(), and press the button again.")
    if len(found) > 1:
        raise SessionError(f"{len(found)} sessions are open. Say which: VadLab(clip, session=s).")
    return found[0]


def apply(session: Session, vad: ServerVad) -> str:
    """Tell the session; gives what happened, in words.

    Raises
    ------
    SessionError
        The server refused, or the session is over.
    """
    difference = session.update(turn_detection=vad)
    place = session._async.core.endpoint.label
    prefix = "audio.input.turn_detection."
    others = [row for row in difference.differences if row.path.startswith(prefix)]
    if not others:
        return f"Applied to the session on {place}: it now runs on this setting."
    told = "; ".join(
        f"{row.path.removeprefix(prefix)} {row.effective!r} instead of {row.requested!r}" for row in others
    )
    return f"Told to the session on {place}, which made something else of it: {told}."


def try_on_server(bench: Bench, knobs: Knobs, job: Job, server: Any = None) -> tuple[Any, dict[str, Any]]:
    """Stream the clip to the embedded server with this setting; gives the trial and what pages are told of it."""
    import rtnb.lab

    labels = bench.shown.labels
    trial = rtnb.lab.trial(
        bench.clip,
        [knobs.vad],
        labels=labels if labels.segments else None,
        turn_gap_s=bench.scoring.turn_gap_s if labels.segments else None,
        tuning=knobs.tuning(bench.tuning),
        engine=bench.track.engine,
        server=server,
        progress=lambda done, total: _streamed(job, done, total),
        cancel=job.cancel,
    )
    if job.cancel.is_set():
        raise Cancelled
    run = trial.runs[0]
    if run.problem:
        raise SessionError(run.problem)
    return trial, {
        "trial": {**_overlay(trial, run), "knobs": knobs.to_dict()},
        "text": f"Run on server: {_summary(run)}",
    }


def search(bench: Bench, job: Job) -> tuple[Sweep, Row, list[Row], str]:
    """Every setting of the usual grid on this clip and its labels: the sweep, the best, the front, and a caution.

    Raises
    ------
    LabelsError
        There are no labels to count mistakes on.
    """
    from rtnb.vad.sweeps.running import sweep

    shown = bench.shown
    if not shown.labels.segments:
        raise LabelsError(
            "it counts mistakes, and there are no labels yet. Draw the turns in the lane of labels first."
        )
    corpus = Corpus((Item(shown.labels.name or "this clip", bench.clip, shown.labels),))
    base = shown.knobs.tuning(bench.tuning)
    found = sweep(
        corpus,
        tracks=[bench.track],
        turn_gap_s=bench.scoring.turn_gap_s,
        tuning=base,
        progress=lambda done, total: job.says(None, "Sweep: scoring every setting of the grid"),
    )
    best = found.best()
    front = found.pareto().head(FRONT_ROWS)
    idle = shown.knobs.idle_timeout_ms

    def row(name: str, setting: Setting) -> Row:
        score = found.score(setting)
        return Row(name, Knobs.of(setting, base, idle_timeout_ms=idle), score.detected, score)

    rows = [row("", _setting_of(each)) for each in front.to_dict("records")]
    turns = len(shown.labels.turns(bench.scoring.turn_gap_s))
    caution = (
        f"Sweep of {counted(len(found.settings), 'setting')} on {counted(turns, 'labelled turn')} of this clip alone: "
        "what is best here need not be best elsewhere"
    )
    return found, row("best", best.setting), rows, caution


def swept(best: Row, front: Sequence[Row], title: str) -> dict[str, Any]:
    """What pages are told of a sweep."""
    return {
        "sweep": {"title": title, "rows": [row_of(each) for each in (best, *front)]},
        "text": f"Sweep: best found {best.knobs.threshold:.2f} / {best.knobs.prefix_padding_ms} / "
        f"{best.knobs.silence_duration_ms}. Press a row to set the sliders.",
    }


def _setting_of(row: dict[Any, Any]) -> Setting:
    hysteresis = row.get("hysteresis")
    named = hysteresis is not None and not (isinstance(hysteresis, float) and math.isnan(hysteresis))
    return Setting(
        float(row["threshold"]),
        int(row["prefix_padding_ms"]),
        int(row["silence_duration_ms"]),
        float(hysteresis) if named else None,  # type: ignore[arg-type]
    )


def _streamed(job: Job, done: float, total: float) -> None:
    part = min(1.0, done / total) if total > 0 else None
    # The trial ends its sessions itself when it is cancelled: nothing is raised into it.
    if not job.cancel.is_set():
        job.says(part, f"Run on server: {done:.0f} of {total:.0f} s, at the pace of speech")


def _overlay(trial: Any, run: Any) -> dict[str, Any]:
    pairs = []
    for pair in run.pairs:
        heard = None
        if pair.heard is not None:
            end_ms = pair.heard.audio_end_ms
            heard = [pair.heard.audio_start_ms / 1000, None if end_ms is None else end_ms / 1000]
        pairs.append(
            {"heard": heard, "start_ms": _number(pair.start_residual_ms), "end_ms": _number(pair.end_residual_ms)}
        )
    return {"pairs": pairs, "title": f"On {trial.endpoint}, with {run.title}", "summary": _summary(run)}


def _summary(run: Any) -> str:
    starts = [abs(pair.start_residual_ms) for pair in run.pairs if _number(pair.start_residual_ms) is not None]
    ends = [abs(pair.end_residual_ms) for pair in run.pairs if _number(pair.end_residual_ms) is not None]
    heard = len(run.heard)
    parts = [f"{counted(heard, 'turn')} heard, {len(run.predicted)} predicted"]
    if starts:
        parts.append(f"starts differ by at most {max(starts):.0f} ms")
    if ends:
        parts.append(f"ends by at most {max(ends):.0f} ms")
    return ", ".join(parts) + "."


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def checked_session(session: Any) -> Session | None:
    """A session for the button, or None.

    Raises
    ------
    ConfigError
        It is something else.
    """
    if session is not None and not isinstance(session, Session):
        raise ConfigError(f"VadLab(session=...) is a session, as rtnb.connect() gives one, not {session!r:.80}.")
    return session
