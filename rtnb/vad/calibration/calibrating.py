"""Fit the local detector to a server."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from rtnb._display import counted
from rtnb.errors import ConfigError
from rtnb.vad.batch import speech_frames_of
from rtnb.vad.calibration.fitting import Constants, Evidence, fit
from rtnb.vad.calibration.observed import Observed
from rtnb.vad.calibration.predicting import Compared, Predicted
from rtnb.vad.calibration.ranges import settled
from rtnb.vad.calibration.recorded import observed_in
from rtnb.vad.calibration.result import Calibration, Residual
from rtnb.vad.calibration.views import View, views_of
from rtnb.vad.engines import Engine, default_engine, load_engine
from rtnb.vad.tuning import DetectorTuning, default_tuning

__all__ = ["calibrate"]

FEW: Final = 10
"""Turns below which a calibration says that it rests on little. Own choice."""

POOR: Final = 0.5
"""Where more than this part of all events finds no partner, nothing was explained. Own choice."""

OFF_MS: Final = 64.0
"""A recording whose own lags differ from the others' by more is of another server. Own choice: two frames."""


def calibrate(
    recordings: Any,
    *,
    engine: Engine | str | None = None,
    base: DetectorTuning | None = None,
    name: str | None = None,
) -> Calibration:
    """Fit the detector's unknown constants to what a server said, so that predictions are the server's.

    The audio that was sent goes through the engine as a server would have it, and the constants are looked for under
    which the detector says what the events said: what each asked threshold comes to, the hysteresis, the minimum
    speech, and the lags of onsets and ends. What is minimised is the sum of the residuals, of which none counts for
    more than 250 ms; so does every event that only one side has. A start that lies where the turn before ends says
    nothing about its onset, and is left out.

    Parameters
    ----------
    recordings : recording, session, path, trial, Observed, or an iterable of them
        With ``speech_started`` and ``speech_stopped`` events under ``server_vad``. Several thresholds in one session
        or in several are all used. Stretches of ``semantic_vad`` and of manual turns are passed over.
    engine : Engine or str, optional
        Whose probabilities the detector will see; the best that is installed by default.
    base : DetectorTuning, optional
        What is kept where the recordings decide nothing; the default tuning by default.
    name : str, optional
        What predictions made with it are called; "calibrated to ENDPOINT, DATE, N recordings" by default.

    Raises
    ------
    ConfigError
        There is no event to go by, or the events do not go with the audio at all.
    RecordingError
        A file is no recording.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import Observed, calibrate
    >>> clip = rtnb.Clip.load(rtnb.sample("weather_question")) + rtnb.Clip.silence(1.0)
    >>> heard = Observed(clip.to_pcm16(24000), rtnb.ServerVad(threshold=0.5, prefix_padding_ms=0), [(412, 2456)])
    >>> found = calibrate(heard, engine="energy", name="one question")
    >>> found.matched, found.tuning.name
    (2, 'one question')
    """
    sessions = tuple(observed_in(recordings))
    chosen = default_engine() if engine is None else load_engine(engine) if isinstance(engine, str) else engine
    usual = default_tuning() if base is None else base
    views = [view for place, each in enumerate(sessions) for view in views_of(each, chosen, place)]
    told = sum(view.start_ms.size for view in views)
    if not told:
        raise ConfigError(_nothing(sessions))
    evidence = Evidence(views)
    hop_ms = round(1000 * chosen.hop / chosen.rate_hz, 6)
    start = Constants(
        {asked: usual.effective_threshold(asked) for asked in evidence.asked},
        usual.hysteresis,
        speech_frames_of(usual.min_speech_ms, hop_ms),
        usual.onset_shift_ms,
        usual.end_shift_ms,
    )
    best = fit(evidence, start)
    result = settled(evidence, best, start, hop_ms, usual.min_speech_ms)
    names = _names(sessions)
    explained = list(evidence.explained(result.constants))
    events = tuple(each for found in explained for each in _residuals(*found, names))
    pairs = sum(each.observed_ms is not None and each.predicted_ms is not None for each in events)
    heard = sum(each.observed_ms is not None for each in events)
    if pairs < POOR * heard:
        raise ConfigError(
            f"The events do not go with the audio: under the best constants, {pairs} of {counted(heard, 'event')} are "
            f"where the engine {chosen.name!r} has speech begin or end. Is it the audio that was sent, and another "
            "engine any better?"
        )
    used = sorted({view.recording for view in views if view.start_ms.size})
    endpoint = ", ".join(dict.fromkeys(each for place in used if (each := sessions[place].endpoint)))
    date = max((sessions[place].date for place in used), default="") or datetime.date.today().isoformat()
    count = counted(len(used), "recording")
    constants = result.constants
    # A map of what is as usual would bend what lies between.
    bent = any(constants.thresholds[asked] != asked for asked in constants.thresholds)
    tuning = DetectorTuning(
        hysteresis=round(constants.hysteresis, 6),
        min_speech_ms=result.min_speech_ms,
        lag_ms=constants.lag_ms,
        end_lag_ms=None if constants.end_lag_ms == constants.lag_ms else constants.end_lag_ms,
        threshold_map=tuple(sorted(constants.thresholds.items())) if bent else (),
        name=name or f"calibrated to {endpoint or 'a server'}, {date}, {count}",
        source=f"rtnb.vad.calibrate, engine {chosen.name}: {pairs} of {heard} events of {count}, {date}",
    )
    notes = [*_notes(sessions, told, events), *_contradictions(evidence, constants, names)]
    return Calibration(
        tuning, chosen.name, endpoint, len(used), result.ranges, result.undetermined, events, tuple(notes)
    )


def _nothing(sessions: Sequence[Observed]) -> str:
    if not sessions:
        return "calibrate() needs recordings of sessions; none was given."
    turns = sum(len(each.turns) for each in sessions)
    if turns:
        return (
            f"All {turns} turns of {counted(len(sessions), 'recording')} were made under semantic_vad or by hand: only "
            "server_vad shows a detector's constants."
        )
    return (
        f"There is no speech_started event in {counted(len(sessions), 'recording')}. Record a session with "
        "turn_detection=rtnb.ServerVad(create_response=False), or run rtnb.lab.trial(...)."
    )


def _names(sessions: Sequence[Observed]) -> list[str]:
    """A name for each session, told apart."""
    found: list[str] = []
    for place, each in enumerate(sessions):
        name = each.name or f"recording {place + 1}"
        found.append(name if name not in found else f"{name} ({place + 1})")
    return found


def _residuals(view: View, guess: Predicted, seen: Compared, names: Sequence[str]) -> list[Residual]:
    rows = []
    for kind, pairs, told, said in (
        ("start", seen.starts, view.start_ms, guess.start_ms),
        ("stop", seen.stops, view.stop_ms, guess.stop_ms),
    ):
        for one, other in pairs.tolist():
            rows.append(
                Residual(
                    recording=names[view.recording],
                    kind=kind,
                    threshold=view.setting.threshold,
                    observed_ms=None if one < 0 else float(told[one]),
                    predicted_ms=None if other < 0 else float(said[other]),
                    hidden=kind == "start" and other >= 0 and bool(guess.clamped[other]),
                )
            )
    return sorted(rows, key=lambda row: row.observed_ms if row.observed_ms is not None else row.predicted_ms or 0.0)


def _notes(sessions: Sequence[Observed], told: int, events: Sequence[Residual]) -> Iterator[str]:
    if told < FEW:
        yield f"It rests on {counted(told, 'turn')}: {FEW} or more, of varied speech, would say more."
    if any(each.noise_reduction for each in sessions):
        yield "noise_reduction was on: the server filtered the audio before it listened, and the detector here did not."
    alone = [each for each in events if each.observed_ms is None or each.predicted_ms is None]
    if len(alone) > len(events) / 5:
        yield f"{len(alone)} of {counted(len(events), 'event')} have no counterpart: the server works in another way."
    residuals = np.abs([each.residual_ms for each in events if each not in alone and not each.hidden])
    if residuals.size and np.median(residuals) > OFF_MS / 2:
        yield f"The median residual is {np.median(residuals):.0f} ms: the server's frames are not those of this engine."
    yield from dict.fromkeys(note for each in sessions for note in each.notes)


def _contradictions(evidence: Evidence, constants: Constants, names: Sequence[str]) -> Iterator[str]:
    """Recordings whose own lags are not those of the others."""
    by_recording: dict[int, list[View]] = {}
    for view in evidence.views:
        by_recording.setdefault(view.recording, []).append(view)
    if len(by_recording) < 2:
        return
    for place, views in by_recording.items():
        own = Evidence(views).lags(constants)
        for what, lags, common in zip(("onset", "end"), own, (constants.lag_ms, constants.end_lag_ms), strict=True):
            if lags.size >= 3 and abs(shift := float(np.median(lags)) - common) > OFF_MS:
                yield (
                    f"{names[place]} contradicts the others: its {what} lag is {shift:+.0f} ms off. Calibrate "
                    "recordings of one server at a time."
                )
