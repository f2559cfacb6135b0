"""``semantic_vad`` on a recording: the bounds that are documented, and an estimate that is rtnb's own.

The API documents only the longest waits, by eagerness; the model that judges, the shortest wait and what lies between
are not published. So a server may end the turn at any moment of a pause, and has to once the pause is as long as the
longest wait. Within these bounds :class:`rtnb.vad.SemanticDetector` gives a point, from how finished the speech sounds
to whoever judges it, or from what holds when nobody does. That says how rtnb's embedded server would do, and nothing of
the model behind the API.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

import numpy as np

from rtnb._display import Drawable, counted
from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import ResolvedSemanticVad, SemanticVad
from rtnb.vad.batch import Runs, frames_of, hop_ms_of, runs_of, speech_frames_of, thresholds_of
from rtnb.vad.detector import Event, SpeechStarted, SpeechStopped
from rtnb.vad.semantic import ONSET_SILENCE_MS, SemanticDetector, SemanticTuning, default_semantic_tuning
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.turns import DetectedTurn

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ESTIMATE", "Pause", "SemanticTurns", "semantic_turns"]

ESTIMATE = "estimate of rtnb, not the server's model"
"""What point estimates of ``semantic_vad`` are called."""

LEAST_PAUSE_MS = 100.0
"""Shorter silences within speech are no pauses: the shortest at which livekit's eot-bench lets a model decide."""

Judge = Callable[[Clip], float | None]


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence in or after speech, at which a server may end the turn.

    Attributes
    ----------
    start_s : float
        Where the silence begins: the earliest moment of a stop.
    resumes_s : float or None
        Where speech goes on, by the lag of onsets as events have it, and not before `start_s`; None when it does not.
    latest_s : float
        The latest moment of a stop, the documented longest wait after the silence began. Frames between the two
        thresholds of the detector may put off what it makes of that.
    certain : bool
        A turn is under way and the silence outlasts the longest wait within the recording: a stop is certain, and only
        its moment is not. Where the turn may have ended in a pause before and the speech since is too short to be
        announced anew, no stop is certain.
    completeness : float or None
        How finished the speech before it was judged to sound, from 0 to 1; None when it was not judged.
    estimate_s : float or None
        When the estimate ends the turn, on the frame that makes it known; None when it does not.

    Examples
    --------
    >>> import rtnb
    >>> track = rtnb.vad.probabilities(rtnb.sample("weather_question"), engine="energy")
    >>> found = rtnb.vad.semantic_turns(track, rtnb.SemanticVad())
    >>> [pause.resumes_s is None for pause in found.pauses]
    [True]
    """

    start_s: float
    resumes_s: float | None
    latest_s: float
    certain: bool
    completeness: float | None = None
    estimate_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SemanticTurns(Drawable):
    """What ``semantic_vad`` may do, must do, and is estimated to do.

    Attributes
    ----------
    vad : ResolvedSemanticVad
    turns : tuple of DetectedTurn
        The estimate.
    pauses : tuple of Pause
        In order; the bounds hold whatever the server's model is, given where speech is. Behind bursts that are too
        short to be announced there is no turn, and so no pause.
    judged : str
        ``"sound"`` where somebody judged, ``"unjudged"`` otherwise.
    prediction : str
        What the estimate is called.

    Examples
    --------
    >>> import rtnb
    >>> track = rtnb.vad.probabilities(rtnb.sample("weather_question"), engine="energy")
    >>> found = rtnb.vad.semantic_turns(track, rtnb.SemanticVad())
    >>> len(found.turns)
    1
    """

    vad: ResolvedSemanticVad
    turns: tuple[DetectedTurn, ...]
    pauses: tuple[Pause, ...]
    judged: Literal["sound", "unjudged"] = "unjudged"
    prediction: str = field(default=ESTIMATE)

    @property
    def certain(self) -> tuple[Pause, ...]:
        """The pauses that end a turn whatever the server's model says."""
        return tuple(pause for pause in self.pauses if pause.certain)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a pause: start_s, resumes_s, latest_s, certain, completeness, estimate_s."""
        import pandas as pd

        columns = ["start_s", "resumes_s", "latest_s", "certain", "completeness", "estimate_s"]
        return pd.DataFrame([[getattr(each, name) for name in columns] for each in self.pauses], columns=columns)

    def __repr__(self) -> str:
        return (
            f"SemanticTurns({self.vad.eagerness}: {counted(len(self.turns), 'turn')} by {self.prediction}; "
            f"{len(self.certain)} of {counted(len(self.pauses), 'pause')} certain to end one)"
        )


def semantic_turns(
    track: Track,
    vad: SemanticVad | ResolvedSemanticVad | None = None,
    *,
    clip: Clip | None = None,
    judge: Judge | None = None,
    tuning: DetectorTuning | None = None,
    rule: SemanticTuning | None = None,
) -> SemanticTurns:
    """The bounds of ``semantic_vad`` on a recording, and a labelled estimate.

    Parameters
    ----------
    track : Track
        Of :func:`rtnb.vad.probabilities`.
    vad : SemanticVad, optional
        With its eagerness.
    clip : Clip, optional
        The recording, for `judge`.
    judge : callable, optional
        How finished a turn sounds: it takes the sound from the turn's beginning to now, in a pause, and gives a number
        from 0 to 1, or None. Of words, :func:`rtnb.vad.completeness_of` makes such a number. Without it, what an
        unjudged pause is taken for holds.
    tuning : DetectorTuning, optional
        Hysteresis, minimum speech and lag of the onset and of silence.
    rule : SemanticTuning, optional
        The constants of the estimate.

    Raises
    ------
    ConfigError
        A judge without a clip, or one that gives no number from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> import rtnb
    >>> from rtnb.vad import Track
    >>> from rtnb.vad.semantic_bounds import semantic_turns
    >>> track = Track(np.repeat([0.1, 0.9, 0.1], [10, 20, 200]).astype("float32"), 0.032, "silero")
    >>> found = semantic_turns(track, rtnb.SemanticVad(eagerness="high"))
    >>> found
    SemanticTurns(high: 1 turn by estimate of rtnb, not the server's model; 1 of 1 pause certain to end one)
    >>> found.pauses[0].start_s, found.pauses[0].latest_s, found.pauses[0].estimate_s
    (0.96, 2.96, 1.696)
    """
    if judge is not None and clip is None:
        raise ConfigError("A judge of how finished speech sounds needs the sound: give semantic_turns(..., clip=...).")
    resolved = (vad or SemanticVad()).resolved() if not isinstance(vad, ResolvedSemanticVad) else vad
    rule = default_semantic_tuning() if rule is None else rule
    tuning = default_tuning() if tuning is None else tuning
    turns, judged = _estimate(track, resolved, rule, tuning, None if judge is None else (judge, clip))
    return SemanticTurns(
        vad=resolved,
        turns=turns,
        pauses=_pauses(track, resolved, rule, tuning, turns, judged),
        judged="sound" if judge is not None else "unjudged",
    )


def _estimate(
    track: Track,
    vad: ResolvedSemanticVad,
    rule: SemanticTuning,
    tuning: DetectorTuning,
    judging: tuple[Judge, Clip | None] | None,
) -> tuple[tuple[DetectedTurn, ...], dict[float, float]]:
    """The turns, and what was judged of each pause, by where it begins."""
    hop_ms = hop_ms_of(track)
    detector = SemanticDetector(vad, hop_ms=hop_ms, tuning=tuning, rule=rule)
    rows: list[DetectedTurn] = []
    judged: dict[float, float] = {}
    start: SpeechStarted | None = None
    taken_ms = 0

    def take(found: Sequence[Event]) -> None:
        nonlocal start, taken_ms
        for event in found:
            if isinstance(event, SpeechStarted):
                start = event
            elif isinstance(event, SpeechStopped) and start is not None:
                start_ms = max(start.audio_start_ms, taken_ms)
                taken_ms = max(event.audio_end_ms, start_ms)
                rows.append(
                    DetectedTurn(
                        onset_s=start.onset_ms / 1000,
                        end_s=event.speech_end_ms / 1000,
                        audio_start_ms=start_ms,
                        audio_end_ms=taken_ms,
                        closed=event.at_ms <= track.p.size * hop_ms,
                        started_at_s=start.at_ms / 1000,
                        stopped_at_s=event.at_ms / 1000,
                        prediction=ESTIMATE,
                    )
                )

    def hear(p: float) -> None:
        take(detector.push(p))
        if judging is None or start is None or not detector.wants_judgement:
            return
        judge, clip = judging
        pause_ms = detector.pending_end_ms
        assert clip is not None and pause_ms is not None
        value = judge(clip[start.audio_start_ms / 1000 : detector.clock_ms / 1000])
        if value is None:
            return
        if not 0 <= value <= 1:
            raise ConfigError(f"A judge says how finished speech sounds, from 0 to 1, not {value!r:.80}.")
        judged[pause_ms] = value
        if detector.judge(value):
            take(detector.due())

    for p in track.p.tolist():
        hear(p)
    while detector.speaking:
        hear(-1.0)
    return tuple(rows), judged


def _pauses(
    track: Track,
    vad: ResolvedSemanticVad,
    rule: SemanticTuning,
    tuning: DetectorTuning,
    turns: tuple[DetectedTurn, ...],
    judged: dict[float, float],
) -> tuple[Pause, ...]:
    hop_ms = hop_ms_of(track)
    runs = runs_of(track.p, *thresholds_of(_Asked(rule.threshold), tuning))
    # By where they end, to the microsecond: the way over seconds and back costs bits.
    stops = {round(1000 * turn.end_s, 3): turn.stopped_at_s for turn in turns}
    end_ms, wait_ms = track.p.size * hop_ms, 1000 * vad.max_wait_s
    least, forgotten = speech_frames_of(tuning.min_speech_ms, hop_ms), frames_of(ONSET_SILENCE_MS, hop_ms)
    found = []
    # Whether a turn may be open; where the speech since the last pause began, and that which is not forgotten yet.
    open_before = False
    since = first = None
    for begun, silence, onset in zip_longest(runs.onset.tolist(), runs.silence.tolist(), runs.onset[1:].tolist()):
        since = begun if since is None else since
        first = begun if first is None else first
        resumes_ms = None if onset is None else onset * hop_ms
        lasts_ms = (end_ms if resumes_ms is None else resumes_ms) - silence * hop_ms
        if resumes_ms is not None and lasts_ms < LEAST_PAUSE_MS:
            continue
        announced = silence - first >= least
        possible = announced or open_before
        if possible:
            over = _outlasts(runs, silence, onset, frames_of(wait_ms, hop_ms))
            # Speech that is announced by itself is a turn whatever became of the one before.
            sure = silence - since >= least or (announced and not open_before)
            start_ms = max(0.0, silence * hop_ms + tuning.end_shift_ms)
            found.append(
                Pause(
                    start_s=start_ms / 1000,
                    resumes_s=None if resumes_ms is None else max(start_ms, resumes_ms + tuning.onset_shift_ms) / 1000,
                    latest_s=(start_ms + wait_ms) / 1000,
                    certain=sure and over,
                    completeness=judged.get(start_ms),
                    estimate_s=stops.get(round(start_ms, 3)),
                )
            )
            possible = not over
        open_before, since = possible, None
        if _outlasts(runs, silence, onset, forgotten):
            first = None
    return tuple(found)


def _outlasts(runs: Runs, silence: int, onset: int | None, frames: int) -> bool:
    """Whether the detector stops at the longest wait: it does so on a frame below the exit threshold only."""
    due = silence + frames
    place = int(np.searchsorted(runs.past, due, side="right"))
    return place < runs.low.size and max(due, int(runs.low[place])) < (runs.frames if onset is None else onset)


@dataclass(frozen=True, slots=True)
class _Asked:
    threshold: float
    prefix_padding_ms: int = 0
    silence_duration_ms: int = 0
