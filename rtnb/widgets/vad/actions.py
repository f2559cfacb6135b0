"""What the buttons of the lab do beyond the recording: tell a session, ask a server, search a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rtnb._display import counted
from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError, LabelsError, SessionClosedError, SessionError
from rtnb.protocol.turn_detection import ServerVad
from rtnb.session.facade import Session
from rtnb.session.registry import open_sessions
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.labels.segments import Labels, Segment
from rtnb.vad.setting import Setting
from rtnb.widgets.vad.bench import Bench, Row
from rtnb.widgets.vad.jobs import Job
from rtnb.widgets.vad.knobs import Knobs, altered
from rtnb.widgets.vad.parcels import row_of, setting_text

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = [
    "Place",
    "apply",
    "before_server",
    "checked_session",
    "chosen_session",
    "search",
    "swept",
    "try_on_server",
]

FRONT_ROWS = 12
"""How many settings of the Pareto front are listed."""

LONG_S = 60.0
"""Longer clips are not streamed without a word about how long that takes. Own choice."""

LEAST_S = 0.1
"""The shortest part of a clip that is streamed. Own choice."""

CUT_S = 0.001
"""What of a label lies in a part by less than this is none of it."""


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
        raise SessionError("No session is open. Open one with s = rtnb.connect(), and apply again.")
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where "Run on server" goes: an endpoint and its key as of :func:`rtnb.connect`, or the embedded server."""

    endpoint: str | None = None
    key: str | None = field(default=None, repr=False)

    def name(self) -> str:
        """In words, and never a key."""
        told = self._endpoint()
        return "the embedded server" if told is None else told.label

    def cost(self, duration_s: float, silence_ms: int) -> str:
        """What a trial of so much sound costs there, in words; empty where nobody charges."""
        from rtnb.lab.trials.cost import trial_cost
        from rtnb.lab.trials.running import TAIL_S
        from rtnb.session.config.keywords import DEFAULT_MODEL

        told = self._endpoint()
        if told is None:
            return ""
        cost = trial_cost(
            told,
            DEFAULT_MODEL,
            clip_s=duration_s,
            tail_s=TAIL_S + silence_ms / 1000,
            sessions=1,
            responses=False,
            turns=0,
            speech_s=0.0,
        )
        return "" if cost is None else cost.text

    def _endpoint(self) -> Any:
        from rtnb.lab.trials.conducting import Places

        return None if self.endpoint is None else Places(self.endpoint, self.key, None, {}, None).endpoint


EMBEDDED = Place()


def before_server(bench: Bench, knobs: Knobs, place: Place, view: tuple[float, float]) -> dict[str, Any] | None:
    """What a page asks before a clip is streamed: how long it takes, and what it costs; None where neither matters."""
    whole_s = bench.clip.duration_s
    start_s, end_s = within(bench.clip, *view)
    part = end_s - start_s < 0.98 * whole_s
    cost = place.cost(whole_s, knobs.silence_duration_ms)
    if not cost and whole_s <= LONG_S:
        return None
    text = f"Run on server streams the clip to {place.name()} at the pace of speech: {_lasts(whole_s)} for all of it."
    if cost:
        text += f" {cost}"
    choices = (
        [{"title": f"Stream the {_lasts(end_s - start_s)} in view", "start_s": start_s, "end_s": end_s}] if part else []
    )
    choices.append({"title": f"Stream all {_lasts(whole_s)}", "start_s": 0.0, "end_s": whole_s})
    return {"type": "ask", "text": text, "choices": choices}


def within(clip: Clip, start_s: float, end_s: float | None) -> tuple[float, float]:
    """A part of the clip.

    Raises
    ------
    ConfigError
        There is no such part.
    """
    start, end = max(start_s, 0.0), min(clip.duration_s if end_s is None else end_s, clip.duration_s)
    if not end - start >= LEAST_S:
        raise ConfigError(
            f"A part of the clip lasts at least {LEAST_S:g} s within its {clip.duration_s:.1f} s, not from {start_s!r} "
            f"to {end_s!r}."
        )
    return start, end


def try_on_server(
    bench: Bench, knobs: Knobs, job: Job, place: Place = EMBEDDED, *, start_s: float = 0.0, end_s: float | None = None
) -> tuple[Any, dict[str, Any]]:
    """Stream the clip, or a part of it, to a server; gives the trial and what pages are told of it."""
    import rtnb.lab

    start, end = within(bench.clip, start_s, end_s)
    labels = _cut(bench.shown.labels, start, end)
    trial = rtnb.lab.trial(
        bench.clip[start:end],
        [knobs.setting(bench.tuning)],
        place.endpoint,
        key=place.key,
        labels=labels if labels.segments else None,
        turn_gap_s=bench.scoring.turn_gap_s if labels.segments else None,
        tuning=knobs.tuning(bench.tuning),
        engine=bench.track.engine,
        progress=lambda done, total: _streamed(job, done, total),
        cancel=job.cancel,
    )
    job.check()
    run = trial.runs[0]
    if run.problem:
        raise SessionError(run.problem)
    told = _overlay(trial, run, start)
    told["title"] = f"On {trial.endpoint}, with {setting_text(knobs)}"
    if others := altered(knobs, bench.tuning):
        told["title"] += f"; predicted with {' and '.join(others)}, which no server can be told"
    if end - start < bench.clip.duration_s - 0.001:
        told["title"] += f"; {start:.1f} to {end:.1f} s of the clip"
    told["notes"] = list(trial.notes)
    return trial, {"trial": {**told, "knobs": knobs.to_dict()}, "text": f"Run on server: {_summary(run)}"}


def _cut(labels: Labels, start_s: float, end_s: float) -> Labels:
    """Labels of a part of a recording, by its own clock."""
    kept = [
        Segment(max(0.0, each.start_s - start_s), min(each.end_s, end_s) - start_s, each.speaker)
        for each in labels.segments
        if each.start_s < end_s - CUT_S and each.end_s > start_s + CUT_S
    ]
    return Labels(tuple(kept), name=labels.name)


def _lasts(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def search(bench: Bench, job: Job) -> tuple[Sweep, Row, list[Row], str]:
    """Every setting of the usual grid on this clip and its labels: the sweep, the best, the front, and a caution.

    The detector is the tuning's own, whatever the sliders say of its hysteresis and its minimum speech: what is found
    is to hold on a server, which cannot be told either.

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
    base = bench.tuning
    found = sweep(
        corpus,
        tracks=[bench.track],
        turn_gap_s=bench.scoring.turn_gap_s,
        tuning=base,
        progress=lambda done, total: job.says(None, "Sweep: scoring every setting of the grid"),
    )
    job.check()
    best = found.best()
    front = found.pareto().head(FRONT_ROWS)
    idle = shown.knobs.idle_timeout_ms

    def row(name: str, setting: Setting) -> Row:
        score = found.score(setting)
        return Row(name, Knobs.of(setting, base, idle_timeout_ms=idle), score.detected, score)

    first = row("best", best.setting)
    others = [row("", _setting_of(each)) for each in front.to_dict("records")]
    turns = len(shown.labels.turns(bench.scoring.turn_gap_s))
    caution = (
        f"Sweep of {counted(len(found.settings), 'setting')} on {counted(turns, 'labelled turn')} of this clip alone: "
        "what is best here need not be best elsewhere"
    )
    if moved := altered(shown.knobs, base):
        caution += (
            f". Searched with hysteresis {base.hysteresis:g} and minimum speech {base.min_speech_ms:g} ms, "
            f"not with the sliders' {' and '.join(moved)}, which no server can be told"
        )
    return found, first, [each for each in others if each.knobs != first.knobs], caution


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


def _overlay(trial: Any, run: Any, from_s: float) -> dict[str, Any]:
    pairs = []
    for pair in run.pairs:
        heard = None
        if pair.heard is not None:
            end_ms = pair.heard.audio_end_ms
            heard = [from_s + pair.heard.audio_start_ms / 1000, None if end_ms is None else from_s + end_ms / 1000]
        pairs.append(
            {"heard": heard, "start_ms": _number(pair.start_residual_ms), "end_ms": _number(pair.end_residual_ms)}
        )
    return {"pairs": pairs, "end_s": from_s + trial.clip.duration_s, "summary": _summary(run)}


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
