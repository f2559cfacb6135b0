"""What ``server_vad`` does not document and a local detector has to assume."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from rtnb.errors import ConfigError

__all__ = ["DetectorTuning", "default_tuning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorTuning:
    """The detector's constants that are no parameters of the API.

    Parameters
    ----------
    hysteresis : float
        How far below the activation threshold the probability must fall before silence begins.
    min_speech_ms : float
        Speech must outlast this before it is announced; shorter bursts leave no event. 0 announces on the
        first frame at or above the threshold.
    lag_ms : float
        Added to the onset and the end of speech that the events report. Positive when the server that is
        imitated marks them later than this detector does. It does not move the moment of the event.

    Raises
    ------
    ConfigError
        A negative hysteresis or minimum.

    Examples
    --------
    >>> from rtnb.vad import DetectorTuning
    >>> DetectorTuning(hysteresis=0.1).min_speech_ms
    0.0
    """

    hysteresis: float = 0.15
    min_speech_ms: float = 0.0
    lag_ms: float = 0.0

    def __post_init__(self) -> None:
        for name in ("hysteresis", "min_speech_ms"):
            value = getattr(self, name)
            if not value >= 0:
                raise ConfigError(f"DetectorTuning: {name} is 0 or more, not {value!r}.")


@functools.cache
def default_tuning() -> DetectorTuning:
    """The row of ``tuning.json`` for the local emulation; its source and date stand there.

    Examples
    --------
    >>> from rtnb.vad import default_tuning
    >>> default_tuning().hysteresis
    0.15
    """
    row = json.loads(Path(__file__).with_name("tuning.json").read_text("utf-8"))["local"]
    return DetectorTuning(hysteresis=row["hysteresis"], min_speech_ms=row["min_speech_ms"], lag_ms=row["lag_ms"])
