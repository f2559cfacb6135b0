"""What a trial found: each session's events beside the local prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rtnb._display import Bundle, counted, untypeset
from rtnb.audio.clip import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.lab.trials.heard import HeardEvent, HeardTurn
from rtnb.lab.trials.pairs import Pair, paired
from rtnb.lab.trials.predictions import bytes_of
from rtnb.lab.trials.sessions import NOT_STARTED
from rtnb.protocol.turn_detection import SemanticVad, ServerVad
from rtnb.session.verbs.streaming import silence
from rtnb.vad.calibration.observed import Observed
from rtnb.vad.labels.segments import Labels
from rtnb.vad.prediction import prediction_from
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.score import COLUMNS, Score
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning
from rtnb.vad.turns import DetectedTurn

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Trial", "TrialRun"]


@dataclass(frozen=True, slots=True, eq=False)
class TrialRun:
    """One setting on the server.

    Attributes
    ----------
    setting : Setting or SemanticVad
    vad : ServerVad or SemanticVad
        As it was sent.
    events : tuple of HeardEvent
        Starts and stops, with the time in them and the time of their arrival.
    heard : tuple of HeardTurn
        The turns that they make.
    predicted : tuple of DetectedTurn
        Those of the local detector, on the audio as it was sent; of a session that ended early, those that it could
        tell by then.
    prediction : str
        What they are called: the name of a tuning, or that of the estimate of ``semantic_vad``.
    applied : mapping
        The turn detection that the server said was in effect.
    sent_s : float
        Seconds of audio that were sent, the silence behind the clip included.
    problem : str
        Why the session ended early, or ``"not started"``; empty where it was sent everything. What was heard until
        then is there.
    score : Score or None
        Of what was heard, where there are labels.
    recording : Path or None
        The whole session, where recordings were asked for.
    notes : tuple of str
    format : str
        In which audio was sent, such as ``"audio/pcm"``.
    noise_reduction : bool
        Whether the server filtered it before it listened.

    Examples
    --------
    >>> import rtnb
    >>> run, = rtnb.lab.trial(rtnb.sample("weather_question"), [rtnb.ServerVad(silence_duration_ms=350)]).runs
    >>> run.vad.silence_duration_ms, len(run.predicted)
    (350, 1)
    """

    setting: Setting | SemanticVad
    vad: ServerVad | SemanticVad
    title: str
    events: tuple[HeardEvent, ...]
    heard: tuple[HeardTurn, ...]
    predicted: tuple[DetectedTurn, ...]
    applied: Mapping[str, Any]
    sent_s: float
    prediction: str
    problem: str = ""
    score: Score | None = None
    recording: Path | None = None
    notes: tuple[str, ...] = ()
    format: str = PCM16.type
    noise_reduction: bool = False

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Heard beside predicted turns, in order of time."""
        return paired(self.heard, self.predicted)

    @property
    def missing(self) -> tuple[DetectedTurn, ...]:
        """Predicted, and not heard."""
        return tuple(p.predicted for p in self.pairs if p.heard is None and p.predicted is not None)

    @property
    def extra(self) -> tuple[HeardTurn, ...]:
        """Heard, and not predicted."""
        return tuple(p.heard for p in self.pairs if p.predicted is None and p.heard is not None)

    @property
    def residuals_ms(self) -> tuple[float, ...]:
        """Heard less predicted, of every start and stop that has both."""
        both = [(pair.start_residual_ms, pair.end_residual_ms) for pair in self.pairs]
        return tuple(value for each in both for value in each if value is not None)

    def __repr__(self) -> str:
        first = self.problem.splitlines()[0] if self.problem else ""
        ended = f", {first}" if self.problem == NOT_STARTED else f", ended early: {first}" if first else ""
        return (
            f"TrialRun({self.title}: {counted(len(self.heard), 'turn')} heard, {len(self.predicted)} predicted{ended})"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trial:
    """What a server made of a clip under each setting, beside what was predicted; made by :func:`rtnb.lab.trial`.

    Attributes
    ----------
    clip : Clip
    track : Track
        Probabilities of the clip as a server hears it, with the silence that is sent behind it.
    tuning : DetectorTuning
        The detector that predicted.
    runs : tuple of TrialRun
        One a setting, in the order in which they were given.
    endpoint : str
        What answered, in words.
    model : str
    labels : Labels or None
    scoring : Scoring or None
    cost : str
        The estimate that was shown before it started; empty where nobody charges.
    notes : tuple of str
        What is to be known, such as parts of a setting that cannot be sent.
    day : datetime.date
        When it was.

    Examples
    --------
    >>> import rtnb
    >>> trial = rtnb.lab.trial(rtnb.sample("weather_question"), [rtnb.ServerVad()])
    >>> [len(run.heard) for run in trial.runs]
    [1]
    """

    clip: Clip
    track: Track
    tuning: DetectorTuning
    runs: tuple[TrialRun, ...]
    endpoint: str
    model: str
    labels: Labels | None = None
    scoring: Scoring | None = None
    cost: str = ""
    notes: tuple[str, ...] = ()
    day: date = field(default_factory=date.today)

    @property
    def prediction(self) -> str:
        """What the predictions are called: ``"local emulation"``, or the name of a calibration."""
        used = [run.setting.hysteresis for run in self.runs if isinstance(run.setting, Setting)]
        return prediction_from(self.tuning, [self.track], hysteresis=used or None)

    @property
    def predictions(self) -> tuple[tuple[DetectedTurn, ...], ...]:
        """The predicted turns, one tuple a setting."""
        return tuple(run.predicted for run in self.runs)

    @property
    def problems(self) -> tuple[str, ...]:
        """Sessions that ended early, a line each, by their setting."""
        return tuple(f"{run.title}: {' '.join(run.problem.split())}" for run in self.runs if run.problem)

    @property
    def observed(self) -> tuple[Observed, ...]:
        """What :func:`rtnb.vad.calibrate` needs: the audio and the turns of every session that was not cut short."""
        return tuple(
            Observed(
                self._sent(run),
                run.applied or run.vad,
                [(turn.audio_start_ms, turn.audio_end_ms) for turn in run.heard],
                format=run.format,
                endpoint=self.endpoint,
                name=run.title,
                date=self.day.isoformat(),
                noise_reduction=run.noise_reduction,
            )
            for run in self.runs
            if not run.problem
        )

    @property
    def residuals(self) -> pd.DataFrame:
        """Every start and stop, heard, predicted or both.

        Columns: run (the number of the session, from 1), setting, turn (from 1, within the session), event
        (``speech_started``, ``speech_stopped``), heard_ms, predicted_ms, residual_ms (heard less predicted), at_s
        (seconds of audio that had been sent when it arrived). What there is not is NaN.
        """
        import pandas as pd

        rows = [
            {"run": number, "setting": run.title, **row}
            for number, run in enumerate(self.runs, 1)
            for pair in run.pairs
            for row in _events(pair)
        ]
        columns = ["run", "setting", "turn", "event", "heard_ms", "predicted_ms", "residual_ms", "at_s"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a setting.

        Columns: setting; threshold, prefix_padding_ms, silence_duration_ms, hysteresis as in the frame of a sweep (NaN
        for semantic_vad); heard, predicted, matched (turns); residual_p50_ms and residual_max_ms, both without their
        sign; with labels and a turn gap the scores of what was heard, named as in the frame of a sweep; and problem.
        """
        import pandas as pd

        return pd.DataFrame([self._row(run) for run in self.runs])

    def _sent(self, run: TrialRun) -> bytes:
        format = AudioFormat.from_wire(run.format)
        data = bytes_of(self.clip, format)
        return data + silence(format, max(0, round(1000 * run.sent_s * format.bytes_per_ms) - len(data)))

    def _row(self, run: TrialRun) -> dict[str, Any]:
        apart = np.abs(run.residuals_ms)
        one = run.setting if isinstance(run.setting, Setting) else None
        hysteresis = self.tuning.hysteresis if one is None or one.hysteresis is None else one.hysteresis
        row: dict[str, Any] = {
            "setting": run.title,
            "threshold": math.nan if one is None else one.threshold,
            "prefix_padding_ms": math.nan if one is None else one.prefix_padding_ms,
            "silence_duration_ms": math.nan if one is None else one.silence_duration_ms,
            "hysteresis": math.nan if one is None else hysteresis,
            "heard": len(run.heard),
            "predicted": len(run.predicted),
            "matched": len(run.heard) - len(run.extra),
            "residual_p50_ms": float(np.median(apart)) if apart.size else math.nan,
            "residual_max_ms": float(apart.max()) if apart.size else math.nan,
        }
        if self.scoring is not None:
            row |= {name: math.nan if run.score is None else getattr(run.score, name) for name in COLUMNS}
        return row | {"problem": run.problem}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        from rtnb.plots.vad.trial_chart import trial_bundle

        return untypeset({"text/plain": repr(self), **trial_bundle(self)})

    def __repr__(self) -> str:
        heard = sum(len(run.heard) for run in self.runs)
        apart = [abs(value) for run in self.runs for value in run.residuals_ms]
        told = f", at most {max(apart):g} ms from {self.prediction}" if apart else ""
        idle = sum(run.problem == NOT_STARTED for run in self.runs)
        early = len(self.problems) - idle
        failed = f", {early} of them ended early" if early else ""
        failed += f", {idle} {'of them ' if not early else ''}not started" if idle else ""
        return (
            f"Trial({self.clip.duration_s:.1f} s on {self.endpoint}: {counted(len(self.runs), 'session')}{failed}, "
            f"{counted(heard, 'turn')} heard{told})"
        )


def _events(pair: Pair) -> list[dict[str, Any]]:
    heard, predicted = pair.heard, pair.predicted
    sides = (
        ("speech_started", "audio_start_ms", "started_at_s", pair.start_residual_ms),
        ("speech_stopped", "audio_end_ms", "stopped_at_s", pair.end_residual_ms),
    )
    rows = []
    for event, name, at, residual in sides:
        told = getattr(heard, name, None)
        expected = getattr(predicted, name, None)
        if told is None and expected is None:
            continue
        rows.append(
            {
                "turn": pair.number,
                "event": event,
                "heard_ms": _number(told),
                "predicted_ms": _number(expected),
                "residual_ms": _number(residual),
                "at_s": _number(getattr(heard, at, None) if told is not None else None),
            }
        )
    return rows


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
