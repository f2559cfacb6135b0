"""Fit the local detector to a server."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from rtnb._display import counted
from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import ServerVad
from rtnb.vad.batch import speech_frames_of
from rtnb.vad.calibration.contradictions import Contradiction, contradiction
from rtnb.vad.calibration.fitting import Constants, Evidence, fit
from rtnb.vad.calibration.observed import Observed
from rtnb.vad.calibration.predicting import Compared, Predicted
from rtnb.vad.calibration.ranges import Settled, settled
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

SPLIT: Final = 2 / 3
"""The same where recordings contradict each other and none are in the majority: only some are explained. Own choice."""

OFF_MS: Final = 32.0
"""Where the median residual is larger, the server's frames are not those of the engine. Own choice: a frame."""


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
    nothing about its onset, and is left out. Events beyond the end of the audio that no lag explains are counted
    apart, as nothing can be said of them.

    Where one detector does not explain all recordings, each is fitted alone too: those that do not go with the others
    are named in the notes, or in the error where most events stay unexplained.

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
        There is no event to go by, the recordings contradict each other, or the events do not go with the audio at all.
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
    told = sum(int((view.start_ms <= view.end_ms).sum()) for view in views)
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
    beyond = sum(int((each > view.end_ms).sum()) for view in views for each in (view.start_ms, view.stop_ms))
    beyond -= sum(each.observed_ms is not None and each.beyond for each in events)
    against = contradiction(evidence, result.constants, start, names, hop_ms)
    if pairs < (SPLIT if against and not against.majority else POOR) * heard:
        raise ConfigError(_poor(events, pairs, heard, chosen.name, against))
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
        engine=chosen.name,
    )
    return Calibration(
        tuning=tuning,
        engine=chosen.name,
        endpoint=endpoint,
        recordings=len(used),
        ranges=result.ranges,
        undetermined=result.undetermined,
        events=events,
        notes=tuple(_notes(sessions, told, events, beyond, against, result)),
        beyond=beyond,
    )


def _nothing(sessions: Sequence[Observed]) -> str:
    if not sessions:
        return "calibrate() needs recordings of sessions; none was given."
    turns = sum(len(each.turns) for each in sessions)
    listened = [each for each in sessions if any(isinstance(held, ServerVad) for _, held in each.settings)]
    if turns and listened and any(each.turns for each in listened):
        seconds = sum(each.duration_ms for each in listened) / 1000
        return (
            f"No turn of {turns} begins within audio that was sent under server_vad: there are {seconds:.2f} s of it "
            f"in {counted(len(listened), 'recording')}. Is all the audio there that was sent?"
        )
    if turns:
        return (
            f"{'The one turn' if turns == 1 else f'All {turns} turns'} of {counted(len(sessions), 'recording')} "
            f"{'was' if turns == 1 else 'were'} made under semantic_vad or by hand: only "
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
                    beyond=one >= 0 and float(told[one]) > view.end_ms,
                )
            )
    return sorted(rows, key=lambda row: row.observed_ms if row.observed_ms is not None else row.predicted_ms or 0.0)


def _poor(events: Sequence[Residual], pairs: int, heard: int, engine: str, against: Contradiction | None) -> str:
    if against:
        return (
            f"The recordings contradict each other: together {pairs} of {counted(heard, 'event')} are explained. "
            + " ".join(against.sentences)
        )
    counts: dict[str, list[int]] = {}
    for each in events:
        if each.observed_ms is not None:
            row = counts.setdefault(each.recording, [0, 0])
            row[0] += each.predicted_ms is not None
            row[1] += 1
    single = "" if len(counts) < 2 else f" ({', '.join(f'{name}: {a} of {b}' for name, (a, b) in counts.items())})"
    return (
        f"The events do not go with the audio: under the best constants, {pairs} of {counted(heard, 'event')} are "
        f"where the engine {engine!r} has speech begin or end{single}. Is it the audio that was sent, and another "
        "engine any better?"
    )


def _notes(
    sessions: Sequence[Observed],
    told: int,
    events: Sequence[Residual],
    beyond: int,
    against: Contradiction | None,
    result: Settled,
) -> Iterator[str]:
    yield from against.sentences if against else ()
    # What recordings say against each other is said of them.
    for one, other in () if against else result.falling:
        yield (
            f"Threshold {one:g} comes to {_span(result, one)}, and threshold {other:g} to {_span(result, other)}: what "
            "is asked for more cannot come to less, and no map explains both. Calibrate recordings of one server at a "
            "time, and only settings that took effect."
        )
    if beyond:
        yield (
            f"{counted(beyond, 'event')} beyond the end of the audio that was sent {'is' if beyond == 1 else 'are'} "
            "left out: no audio tells why."
        )
    if told < FEW:
        yield f"It rests on {counted(told, 'turn')}: {FEW} or more, of varied speech, would say more."
    if any(each.noise_reduction for each in sessions):
        yield "noise_reduction was on: the server filtered the audio before it listened, and the detector here did not."
    alone = [each for each in events if each.observed_ms is None or each.predicted_ms is None]
    if len(alone) > len(events) / 5:
        why = "" if against or result.falling else ": the server works in another way, or heard other audio"
        yield f"{len(alone)} of {counted(len(events), 'event')} have no counterpart{why}."
    residuals = np.abs([each.residual_ms for each in events if each not in alone and not each.hidden])
    if not against and residuals.size and np.median(residuals) > OFF_MS:
        yield f"The median residual is {np.median(residuals):.0f} ms: the server's frames are not those of this engine."
    yield from dict.fromkeys(note for each in sessions for note in each.notes)


def _span(result: Settled, asked: float) -> str:
    low, high = (f"{each:.2f}" for each in result.ranges[f"threshold {asked:g}"])
    return low if low == high else f"{low} to {high}"
