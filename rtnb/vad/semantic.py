"""The end of a turn by how finished it sounds: an emulation of ``semantic_vad``.

The API says of ``semantic_vad`` that a model judges how likely the user is done and that a timeout follows
from it, and it bounds that timeout by the eagerness: 8, 4 or 2 s. The model, the shortest wait and the curve
between are not published. Waits run on the clock of the audio: a client that stops sending in a pause, instead of
sending silence, is waited for. Here speech starts by the rule of :class:`rtnb.vad.Detector`, and it stops when
the silence has lasted for

``min_wait + (max_wait - min_wait) * (1 - completeness) ** curve``

where the completeness, 0..1, is whatever the caller judges of the speech up to the pause (see
:mod:`rtnb.vad.completeness`). ``semantic.json`` holds the constants and says where they come from.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rtnb.errors import ConfigError
from rtnb.vad.detector import Detector, Event
from rtnb.vad.tuning import DetectorTuning

__all__ = ["SemanticDetector", "SemanticSettings", "SemanticTuning", "default_semantic_tuning"]


ONSET_SILENCE_MS = 200
"""Silence after which a sound that was too short to be speech is forgotten, as by ``server_vad`` of defaults.

Not the wait of a turn: two clicks within seconds of each other are no speech.
"""


class SemanticSettings(Protocol):
    """The part of a resolved ``semantic_vad`` configuration that the detector reads."""

    @property
    def eagerness(self) -> str:
        """``"low"``, ``"medium"``, ``"high"`` or ``"auto"``."""
        ...

    @property
    def max_wait_s(self) -> float:
        """Silence that ends a turn however unfinished it sounds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticTuning:
    """The constants of the emulation.

    Parameters
    ----------
    threshold : float
        Speech probability at which speech starts.
    prefix_padding_ms : int
        Audio before the onset that belongs to the turn.
    judge_after_ms : float
        Silence after which a judgement is wanted.
    min_wait_ms : mapping of str to int
        By eagerness, the silence that ends a turn that sounds finished beyond doubt.
    curve : float
        Exponent: 1 shortens the wait evenly as the completeness grows, more than 1 soon.
    unjudged : float
        The completeness that holds until somebody has judged.
    text_weight : float
        How much the words count against the sound, 0..1, where both were judged.

    Raises
    ------
    ConfigError
        A constant outside of its range.

    Examples
    --------
    >>> from rtnb.vad.semantic import default_semantic_tuning
    >>> tuning = default_semantic_tuning()
    >>> [tuning.wait_ms(c, "medium", 4000) for c in (0.0, 0.5, 1.0)]
    [4000, 1300, 400]
    """

    threshold: float
    prefix_padding_ms: int
    judge_after_ms: float
    min_wait_ms: Mapping[str, int]
    curve: float
    unjudged: float
    text_weight: float

    def __post_init__(self) -> None:
        for name in ("threshold", "unjudged", "text_weight"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"SemanticTuning: {name} is from 0 to 1, not {getattr(self, name)!r}.")
        if not self.curve > 0 or not self.judge_after_ms >= 0 or not all(ms > 0 for ms in self.min_wait_ms.values()):
            raise ConfigError("SemanticTuning: curve and min_wait_ms are positive, and judge_after_ms not negative.")

    def wait_ms(self, completeness: float, eagerness: str, max_wait_ms: float) -> int:
        """The silence that ends a turn, in milliseconds, from the completeness 0..1 of what was said."""
        missing = 1 - min(1.0, max(0.0, completeness))
        shortest = min(self.min_wait_ms[eagerness], max_wait_ms)
        return round(shortest + (max_wait_ms - shortest) * math.pow(missing, self.curve))


@functools.cache
def default_semantic_tuning() -> SemanticTuning:
    """The row of ``semantic.json``; its source and date stand there.

    Examples
    --------
    >>> from rtnb.vad.semantic import default_semantic_tuning
    >>> default_semantic_tuning().min_wait_ms["high"]
    250
    """
    row = json.loads(Path(__file__).with_name("semantic.json").read_text("utf-8"))["local"]
    return SemanticTuning(**{name: value for name, value in row.items() if name not in ("source", "date")})


@dataclass(frozen=True, slots=True)
class _Span:
    """What the inner detector is told; the silence is the wait that holds now."""

    threshold: float
    prefix_padding_ms: int
    silence_duration_ms: int


class SemanticDetector:
    """Turn speech probabilities and judgements into the events of ``semantic_vad`` (local emulation).

    Parameters
    ----------
    config : SemanticSettings
        Anything with ``eagerness`` and ``max_wait_s``.
    hop_ms : float
        Milliseconds of audio a frame.
    tuning : DetectorTuning, optional
        Hysteresis, minimum speech and lag of the start and of silence.
    rule : SemanticTuning, optional
        The constants of the emulation; the row of ``semantic.json`` by default.
    detector : Detector, optional
        Goes on with the speech and silence that this detector is in, instead of a new one.

    Raises
    ------
    ConfigError
        `hop_ms` is not positive.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from rtnb.vad import SemanticDetector
    >>> detector = SemanticDetector(SimpleNamespace(eagerness="high", max_wait_s=2.0), hop_ms=32)
    >>> for p in [0.1] * 20 + [0.9] * 10 + [0.1] * 4:
    ...     for event in detector.push(p):
    ...         print(event)
    SpeechStarted(audio_start_ms=340, onset_ms=640.0, at_ms=672.0)
    >>> detector.wants_judgement, detector.wait_ms
    (True, 688)
    >>> detector.judge(1.0)
    True
    >>> [event for _ in range(6) for event in detector.push(0.1)]
    [SpeechStopped(audio_end_ms=1210, speech_end_ms=960.0, at_ms=1248.0)]
    """

    __slots__ = ("_config", "_detector", "_judged", "_pause_ms", "_rule", "_wait_ms")

    def __init__(
        self,
        config: SemanticSettings,
        *,
        hop_ms: float,
        tuning: DetectorTuning | None = None,
        rule: SemanticTuning | None = None,
        detector: Detector | None = None,
    ) -> None:
        self._rule = default_semantic_tuning() if rule is None else rule
        self._config = config
        self._pause_ms: float | None = None
        self._judged: float | None = None
        self._wait_ms = self._wait(self._rule.unjudged)
        self._detector = Detector(self._span(False), hop_ms=hop_ms, tuning=tuning) if detector is None else detector
        self._pause_ms = self._detector.pending_end_ms
        self._set(None)

    def reconfigure(self, config: SemanticSettings) -> None:
        """Take another eagerness from the next frame on; what was judged of the running pause still holds."""
        self._config = config
        self._set(self._judged)

    @property
    def detector(self) -> Detector:
        """What finds speech and silence; it may go on under other settings."""
        return self._detector

    @property
    def clock_ms(self) -> float:
        """The end of the last frame."""
        return self._detector.clock_ms

    @property
    def speaking(self) -> bool:
        """True between a start and its stop."""
        return self._detector.speaking

    @property
    def pending_silence_ms(self) -> float:
        """As of :class:`Detector`."""
        return self._detector.pending_silence_ms

    @property
    def pending_end_ms(self) -> float | None:
        """As of :class:`Detector`: where the running pause began, which names it."""
        return self._detector.pending_end_ms

    @property
    def wait_ms(self) -> int:
        """The silence that would end the turn as things stand, in milliseconds."""
        return self._wait_ms

    @property
    def wants_judgement(self) -> bool:
        """True while a pause runs that is long enough to be judged and has not been."""
        pausing = self._detector.pending_end_ms is not None
        return pausing and self._judged is None and self.pending_silence_ms >= self._rule.judge_after_ms

    def judge(self, completeness: float, *, pause_ms: float | None = None) -> bool:
        """How finished the speech before the running pause sounds; the last judgement of a pause holds.

        Parameters
        ----------
        completeness : float
            From 0, in the middle of a sentence, to 1, nothing is missing.
        pause_ms : float, optional
            The pause that was judged, as `pending_end_ms` named it; the running one by default.

        Returns
        -------
        bool
            False when that pause is over: the judgement then comes to nothing.
        """
        running = self._detector.pending_end_ms
        if running is None or (pause_ms is not None and pause_ms != running):
            return False
        self._set(completeness)
        return True

    def due(self) -> list[Event]:
        """The stop, without another frame, if the silence that has been heard covers the wait that holds now.

        A judgement that comes after the last audio of a client ends the turn this way.
        """
        events = self._detector.due()
        if events:
            self._pause_ms = None
            self._set(None)
        return events

    def push(self, p: float) -> list[Event]:
        """The events of one more frame, in order.

        Parameters
        ----------
        p : float
            The speech probability of the frame, 0..1.
        """
        events = self._detector.push(p)
        if events or self._detector.pending_end_ms != self._pause_ms:
            self._pause_ms = self._detector.pending_end_ms
            self._set(None)
        return events

    def _wait(self, completeness: float) -> int:
        return self._rule.wait_ms(completeness, self._config.eagerness, 1000 * self._config.max_wait_s)

    def _set(self, judged: float | None) -> None:
        self._judged = judged
        wait_ms = self._wait(self._rule.unjudged if judged is None else judged)
        # A judgement that comes late cannot end the turn in the past.
        passed_ms = min(int(self.pending_silence_ms), round(1000 * self._config.max_wait_s))
        self._wait_ms = max(wait_ms, passed_ms)
        self._detector.reconfigure(self._span(self._detector.speaking))

    def _span(self, speaking: bool) -> _Span:
        silence_ms = self._wait_ms if speaking else ONSET_SILENCE_MS
        return _Span(self._rule.threshold, self._rule.prefix_padding_ms, silence_ms)
