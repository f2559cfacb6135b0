"""What the sliders stand at: the parameters of a session, and what the detector is supposed to have."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import ServerVad
from rtnb.vad import prediction
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import LOCAL_EMULATION, DetectorTuning

__all__ = ["RANGES", "Knobs", "altered", "prediction_of", "prediction_words"]

RANGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "threshold": {"label": "threshold", "unit": "", "least": 0.0, "most": 1.0, "step": 0.01, "digits": 2},
    "prefix_padding_ms": {"label": "prefix padding", "unit": "ms", "least": 0, "most": 1000, "step": 10, "digits": 0},
    "silence_duration_ms": {"label": "silence", "unit": "ms", "least": 0, "most": 2000, "step": 10, "digits": 0},
    "hysteresis": {"label": "hysteresis", "unit": "", "least": 0.0, "most": 0.5, "step": 0.01, "digits": 2},
    "min_speech_ms": {"label": "minimum speech", "unit": "ms", "least": 0, "most": 500, "step": 10, "digits": 0},
    "idle_timeout_ms": {
        "label": "idle timeout", "unit": "ms", "least": 5000, "most": 30000, "step": 500, "digits": 0, "optional": True,
    },
}  # fmt: skip
"""What the sliders reach; number fields and code go further, as far as the API does. The first three and the last are
parameters of ``server_vad``, whose idle timeout has these bounds in OpenAI's schema; the others are the detector's."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """Where every slider stands.

    Parameters
    ----------
    threshold, prefix_padding_ms, silence_duration_ms, idle_timeout_ms
        As of :class:`rtnb.ServerVad`.
    hysteresis, min_speech_ms : float
        As of :class:`rtnb.vad.DetectorTuning`.

    Raises
    ------
    ConfigError
        A value that the API would refuse, or that no detector can have.

    Examples
    --------
    >>> from rtnb.vad import Setting, default_tuning
    >>> knobs = Knobs.of(Setting(0.5, 300, 200), default_tuning()).changed({"threshold": 0.4})
    >>> knobs.setting(default_tuning())
    Setting(threshold=0.4, prefix_padding_ms=300, silence_duration_ms=200, hysteresis=None)
    """

    threshold: float
    prefix_padding_ms: int
    silence_duration_ms: int
    hysteresis: float
    min_speech_ms: float
    idle_timeout_ms: int | None = None

    def __post_init__(self) -> None:
        vad = ServerVad(
            threshold=self.threshold,
            prefix_padding_ms=self.prefix_padding_ms,
            silence_duration_ms=self.silence_duration_ms,
            idle_timeout_ms=self.idle_timeout_ms,
        )
        for name in ("threshold", "prefix_padding_ms", "silence_duration_ms"):
            if getattr(vad, name) is None:
                raise ConfigError(f"{name} is a number in the lab, not None: a slider stands somewhere.")
            object.__setattr__(self, name, getattr(vad, name))
        tuning = DetectorTuning(hysteresis=self.hysteresis, min_speech_ms=self.min_speech_ms)
        object.__setattr__(self, "hysteresis", tuning.hysteresis)
        object.__setattr__(self, "min_speech_ms", tuning.min_speech_ms)

    @classmethod
    def of(cls, setting: Setting, tuning: DetectorTuning, *, idle_timeout_ms: int | None = None) -> Knobs:
        """Where they stand for a setting of a detector."""
        told = setting.tuning(tuning)
        return cls(
            setting.threshold,
            setting.prefix_padding_ms,
            setting.silence_duration_ms,
            told.hysteresis,
            told.min_speech_ms,
            idle_timeout_ms,
        )

    def changed(self, values: Mapping[str, Any]) -> Knobs:
        """The same with other values.

        Raises
        ------
        TypeError
            There is no such parameter; the message lists those that there are.
        """
        if unknown := [name for name in values if name not in RANGES]:
            raise TypeError(f"The lab has no parameter {unknown[0]!r:.80}. There are: {', '.join(RANGES)}.")
        return dataclasses.replace(self, **values)

    def setting(self, tuning: DetectorTuning) -> Setting:
        """The setting; its hysteresis is named only where it is not the tuning's."""
        other = self.hysteresis != tuning.hysteresis
        return Setting(
            self.threshold, self.prefix_padding_ms, self.silence_duration_ms, self.hysteresis if other else None
        )

    def tuning(self, base: DetectorTuning) -> DetectorTuning:
        """The detector as the sliders have it."""
        if (self.hysteresis, self.min_speech_ms) == (base.hysteresis, base.min_speech_ms):
            return base
        return dataclasses.replace(base, hysteresis=self.hysteresis, min_speech_ms=self.min_speech_ms)

    @property
    def vad(self) -> ServerVad:
        """What a session is told."""
        return ServerVad(
            threshold=self.threshold,
            prefix_padding_ms=self.prefix_padding_ms,
            silence_duration_ms=self.silence_duration_ms,
            idle_timeout_ms=self.idle_timeout_ms,
        )

    def to_dict(self) -> dict[str, Any]:
        """By name."""
        return {name: getattr(self, name) for name in RANGES}


def prediction_of(knobs: Knobs, base: DetectorTuning, track: Track | None = None) -> str:
    """What a prediction from `track` is called: the tuning's name, and by what the sliders differ from it.

    Examples
    --------
    >>> from rtnb.vad import DetectorTuning, Setting
    >>> mine = DetectorTuning(hysteresis=0.1, name="calibrated on 3 sessions")
    >>> knobs = Knobs.of(Setting(0.5, 300, 200), mine)
    >>> prediction_of(knobs, mine)
    'calibrated on 3 sessions'
    >>> prediction_of(knobs.changed({"hysteresis": 0.2}), mine)
    'calibrated on 3 sessions, hysteresis 0.2'
    """
    return prediction.prediction_of(
        base,
        hysteresis=knobs.hysteresis,
        min_speech_ms=knobs.min_speech_ms,
        engine=None if track is None else track.engine,
        as_sent=None if track is None else track.as_sent,
    )


def altered(knobs: Knobs, base: DetectorTuning) -> tuple[str, ...]:
    """What of the sliders no server can be told, where they differ from the detector's own.

    Examples
    --------
    >>> from rtnb.vad import Setting, default_tuning
    >>> base = default_tuning()
    >>> altered(Knobs.of(Setting(0.5, 300, 200), base).changed({"hysteresis": 0.3, "min_speech_ms": 100}), base)
    ('hysteresis 0.3', 'minimum speech 100 ms')
    """
    told = []
    if knobs.hysteresis != base.hysteresis:
        told.append(f"hysteresis {knobs.hysteresis:g}")
    if knobs.min_speech_ms != base.min_speech_ms:
        told.append(f"minimum speech {knobs.min_speech_ms:g} ms")
    return tuple(told)


def prediction_words(name: str) -> str:
    """The same for a reader.

    Examples
    --------
    >>> prediction_words("local emulation")
    'local emulation, not calibrated to a server'
    """
    return f"{name}, not calibrated to a server" if name == LOCAL_EMULATION else name
