"""The streaming ``server_vad`` state machine: probabilities in, start and stop of speech out.

The rules are those of Silero's own segmentation (silero-vad 6.2.3, ``get_speech_timestamps_from_probs``),
which is what stands behind most imitations of ``server_vad``:

* speech starts at the first frame whose probability reaches the threshold;
* silence begins at the first frame below the exit threshold, ``max(threshold - hysteresis, 0.01)``, and is
  forgotten by a frame that reaches the threshold again; frames in between change nothing;
* speech stops on a frame below the exit threshold that begins at least ``silence_duration_ms`` after the
  silence began. A frame between the two thresholds cannot stop it, however long the silence has lasted.

The event fields follow the API's reference: ``audio_start_ms`` includes the prefix padding and
``audio_end_ms`` includes the silence. A :class:`~rtnb.vad.DetectorTuning` alters what the API leaves open: the
threshold above is the effective one, and the lags are added to what the events report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rtnb.errors import ConfigError
from rtnb.vad.tuning import DetectorTuning, default_tuning

__all__ = ["Detector", "Event", "SpeechStarted", "SpeechStopped", "TurnSettings"]

EXIT_FLOOR = 0.01
"""The exit threshold never falls below this (as in silero-vad), or low thresholds would never exit."""


class TurnSettings(Protocol):
    """The part of a resolved ``server_vad`` configuration that the detector reads.

    Examples
    --------
    >>> import rtnb
    >>> settings: TurnSettings = rtnb.ServerVad(threshold=0.6).resolved()
    >>> settings.threshold, settings.prefix_padding_ms, settings.silence_duration_ms
    (0.6, 300, 200)
    """

    @property
    def threshold(self) -> float:
        """Activation threshold, 0..1."""
        ...

    @property
    def prefix_padding_ms(self) -> int:
        """Audio before the onset that belongs to the turn; it delays nothing."""
        ...

    @property
    def silence_duration_ms(self) -> int:
        """Silence that ends a turn."""
        ...


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech began.

    Attributes
    ----------
    audio_start_ms : int
        Where the turn's audio begins: the onset less the prefix padding, not before 0.
    onset_ms : float
        Where speech begins, in audio pushed so far.
    at_ms : float
        How much audio had been pushed when this was known.

    Examples
    --------
    >>> SpeechStarted(audio_start_ms=0, onset_ms=250.0, at_ms=320.0).audio_start_ms
    0
    """

    audio_start_ms: int
    onset_ms: float
    at_ms: float


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Speech ended.

    Attributes
    ----------
    audio_end_ms : int
        Where the turn's audio ends: the end of speech plus the silence duration.
    speech_end_ms : float
        Where the silence begins.
    at_ms : float
        How much audio had been pushed when this was known.

    Examples
    --------
    >>> SpeechStopped(audio_end_ms=1900, speech_end_ms=1400.0, at_ms=1920.0).audio_end_ms
    1900
    """

    audio_end_ms: int
    speech_end_ms: float
    at_ms: float


Event = SpeechStarted | SpeechStopped


class Detector:
    """Turn speech probabilities into ``server_vad`` events, one frame at a time.

    Parameters
    ----------
    config : TurnSettings
        Anything with ``threshold``, ``prefix_padding_ms`` and ``silence_duration_ms``, all set.
    hop_ms : float
        Milliseconds of audio a frame: ``1000 * engine.hop / engine.rate_hz``.
    tuning : DetectorTuning, optional
        What the API does not document; the dated row of ``tuning.json`` by default.

    Raises
    ------
    ConfigError
        `hop_ms` is not positive.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from rtnb.vad import Detector
    >>> config = SimpleNamespace(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=64)
    >>> detector = Detector(config, hop_ms=32)
    >>> for p in [0.1] * 20 + [0.9] * 10 + [0.1] * 3:
    ...     for event in detector.push(p):
    ...         print(event)
    SpeechStarted(audio_start_ms=340, onset_ms=640.0, at_ms=672.0)
    SpeechStopped(audio_end_ms=1024, speech_end_ms=960.0, at_ms=1056.0)
    """

    __slots__ = (
        "_announced",
        "_config",
        "_exit",
        "_frames",
        "_hop_ms",
        "_onset",
        "_origin_ms",
        "_silent",
        "_threshold",
        "_tuning",
    )

    def __init__(self, config: TurnSettings, *, hop_ms: float, tuning: DetectorTuning | None = None) -> None:
        if not hop_ms > 0:
            raise ConfigError(f"hop_ms is the positive length of a frame in milliseconds, not {hop_ms!r}.")
        self._hop_ms = hop_ms
        self._tuning = default_tuning() if tuning is None else tuning
        self.reconfigure(config)
        self.reset()

    def reconfigure(self, config: TurnSettings) -> None:
        """Take other settings from the next frame on; speech and silence under way go on."""
        self._config = config
        self._threshold = self._tuning.effective_threshold(config.threshold)
        self._exit = max(self._threshold - self._tuning.hysteresis, EXIT_FLOOR)

    def reset(self, *, at_ms: float = 0.0) -> None:
        """Forget speech and silence under way, without an event; the next frame begins at `at_ms`."""
        self._origin_ms = at_ms
        self._frames = 0
        # Frame numbers, not times: sums of frame lengths would drift.
        self._onset: int | None = None
        self._silent: int | None = None
        self._announced = False

    @property
    def clock_ms(self) -> float:
        """The end of the last frame: audio pushed so far, from the origin of :meth:`reset`."""
        return self._time_ms(self._frames)

    @property
    def speaking(self) -> bool:
        """True between a start and its stop."""
        return self._announced

    @property
    def pending_silence_ms(self) -> float:
        """Silence since speech fell below the exit threshold; 0 when not speaking or when none is running."""
        if not self._announced or self._silent is None:
            return 0.0
        return (self._frames - self._silent) * self._hop_ms

    @property
    def pending_end_ms(self) -> float | None:
        """Where speech would have ended if the running silence lasts; None when none is running.

        The value names the silence: it changes when speech resumes and falls silent again.
        """
        return self._end_ms(self._silent) if self._announced and self._silent is not None else None

    def push(self, p: float) -> list[Event]:
        """The events of one more frame, in order.

        Parameters
        ----------
        p : float
            The speech probability of the frame, 0..1.
        """
        frame = self._frames
        self._frames += 1
        if p >= self._threshold:
            self._silent = None
            if self._onset is None:
                self._onset = frame
                return self._start()
        # No else: a threshold below the floor lets one frame be both loud and silent, as it does in Silero.
        if p < self._exit and self._onset is not None:
            if self._silent is None:
                self._silent = frame
            if (frame - self._silent) * self._hop_ms >= self._config.silence_duration_ms:
                return self._stop(self._silent)
        return self._start()

    def due(self) -> list[Event]:
        """The stop, without another frame, if the silence that has been heard is long enough already.

        That happens when :meth:`reconfigure` shortens the silence that ends a turn while one is running.
        """
        silent = self._silent
        if not self._announced or silent is None or self.pending_silence_ms < self._config.silence_duration_ms:
            return []
        return self._stop(silent)

    def _start(self) -> list[Event]:
        """Announce speech once it has outlasted the minimum; a running silence does not count as speech."""
        if self._announced or self._onset is None:
            return []
        end = self._frames if self._silent is None else self._silent
        if (end - self._onset) * self._hop_ms <= self._tuning.min_speech_ms:
            return []
        self._announced = True
        onset_ms = max(0.0, self._time_ms(self._onset) + self._tuning.onset_shift_ms)
        start_ms = max(0, round(onset_ms - self._config.prefix_padding_ms))
        return [SpeechStarted(audio_start_ms=start_ms, onset_ms=onset_ms, at_ms=self.clock_ms)]

    def _stop(self, silent: int) -> list[Event]:
        announced = self._announced
        self._onset = self._silent = None
        self._announced = False
        if not announced:
            return []
        end_ms = self._end_ms(silent)
        return [
            SpeechStopped(
                audio_end_ms=round(end_ms + self._config.silence_duration_ms),
                speech_end_ms=end_ms,
                at_ms=self.clock_ms,
            )
        ]

    def _time_ms(self, frame: int) -> float:
        return self._origin_ms + frame * self._hop_ms

    def _end_ms(self, frame: int) -> float:
        return max(0.0, self._time_ms(frame) + self._tuning.end_shift_ms)
