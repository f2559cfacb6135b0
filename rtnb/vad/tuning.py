"""What ``server_vad`` does not document and a local detector has to assume."""

from __future__ import annotations

import functools
import json
import math
import numbers
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError
from rtnb.vad.decimals import own_decimal

__all__ = ["LOCAL_EMULATION", "DetectorTuning", "as_tuning", "default_tuning"]

LAG_MOST_MS = 10_000.0
"""The largest lag, either way: a turn's marks are off by more only where something else is wrong. Own choice."""

LOCAL_EMULATION = "local emulation"
"""What predictions are called that nobody has held against a real server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorTuning:
    """The detector's constants that are no parameters of the API: assumed, calibrated, or altered on purpose.

    They hold for ``server_vad``, and for the onset and the silences of ``semantic_vad``.

    Parameters
    ----------
    hysteresis : float
        How far below the effective activation threshold the probability must fall before silence begins, 0 to 1.
        The exit threshold never falls below 0.01.
    min_speech_ms : float
        Speech must outlast this before it is announced; shorter bursts leave no event. 0 announces on the
        first frame at or above the threshold.
    lag_ms : float
        Added to the onset and the end of speech that the events report. Positive when the server that is
        imitated marks them later than this detector does. It does not move the moment of the event. From
        -10000 to 10000.
    end_lag_ms : float, optional
        Added to the end in place of `lag_ms`, where the two differ: detectors tell an end later than an onset.
    threshold_map : sequence of (float, float)
        What a threshold that is asked for comes to: pairs of asked and effective threshold, rising, between which
        it is interpolated; 0 stays 0 and 1 stays 1 unless they are named. Without any, what is asked for holds.
    name : str
        What predictions of this detector are called. It takes no part in comparisons.
    source : str
        Where the numbers are from: a calibration and its date. It takes no part in comparisons.
    engine : str
        The voice activity engine that the numbers were fitted with; empty where they hold for any, or nobody knows.
        Predictions with another are called so: see :func:`rtnb.vad.prediction.prediction_of`. It takes no part in
        comparisons, and chooses no engine.

    Raises
    ------
    ConfigError
        A value that no detector can have; the message names the field.

    Examples
    --------
    >>> from rtnb.vad import DetectorTuning
    >>> tuning = DetectorTuning(hysteresis=0.1, lag_ms=60, end_lag_ms=120, threshold_map=[(0.5, 0.62)])
    >>> tuning.effective_threshold(0.5), tuning.effective_threshold(0.25), tuning.end_shift_ms
    (0.62, 0.31, 120.0)
    >>> DetectorTuning.from_dict(tuning.to_dict()) == tuning
    True
    """

    hysteresis: float = 0.15
    min_speech_ms: float = 0.0
    lag_ms: float = 0.0
    end_lag_ms: float | None = None
    threshold_map: tuple[tuple[float, float], ...] = ()
    name: str = field(default=LOCAL_EMULATION, compare=False)
    source: str = field(default="", compare=False)
    engine: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        _set(self, "hysteresis", _number(self.hysteresis, "hysteresis", "a number from 0 to 1", least=0.0, most=1.0))
        _set(self, "min_speech_ms", _number(self.min_speech_ms, "min_speech_ms", "0 or more", least=0.0))
        _set(self, "lag_ms", _lag(self.lag_ms, "lag_ms"))
        if self.end_lag_ms is not None:
            _set(self, "end_lag_ms", _lag(self.end_lag_ms, "end_lag_ms"))
        _set(self, "threshold_map", _map(self.threshold_map))
        for name in ("name", "source", "engine"):
            if not isinstance(value := getattr(self, name), str):
                raise ConfigError(f"DetectorTuning: {name} is a text, not {value!r:.80}.")
        if not self.name.strip():
            raise ConfigError("DetectorTuning: name is what predictions are called, and cannot be empty.")

    @property
    def onset_shift_ms(self) -> float:
        """What is added to the onset that events report, in milliseconds."""
        return self.lag_ms

    @property
    def end_shift_ms(self) -> float:
        """What is added to the end that events report, in milliseconds."""
        return self.lag_ms if self.end_lag_ms is None else self.end_lag_ms

    def effective_threshold(self, asked: float) -> float:
        """The activation threshold that holds where `asked` is set."""
        if not self.threshold_map:
            return asked
        whole = _with_ends(self.threshold_map)
        place = bisect_right(whole, asked, key=lambda pair: pair[0])
        if not 0 < place < len(whole):
            return whole[0 if place == 0 else -1][1]
        (low, effective_low), (high, effective_high) = whole[place - 1], whole[place]
        part = (asked - low) / (high - low)
        # A sum of rounded numbers may pass its end by a hair.
        return min(effective_low + part * (effective_high - effective_low), effective_high)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON knows it; what is not set is left out."""
        told: dict[str, Any] = {
            "name": self.name,
            "hysteresis": self.hysteresis,
            "min_speech_ms": self.min_speech_ms,
            "lag_ms": self.lag_ms,
        }
        if self.end_lag_ms is not None:
            told["end_lag_ms"] = self.end_lag_ms
        if self.threshold_map:
            told["threshold_map"] = [list(pair) for pair in self.threshold_map]
        if self.source:
            told["source"] = self.source
        if self.engine:
            told["engine"] = self.engine
        return told

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DetectorTuning:
        """The opposite of :meth:`to_dict`.

        Raises
        ------
        ConfigError
            An unknown member or a value that cannot be; the message names it.
        """
        known = [each.name for each in fields(cls)]
        if unknown := sorted({str(name) for name in data} - set(known)):
            raise ConfigError(f"DetectorTuning: there is no {unknown[0]!r:.80}. Members are: {', '.join(known)}.")
        return cls(**data)

    def __repr__(self) -> str:
        # What is as usual is left out.
        told = []
        for each in fields(self):
            usual = None if each.default is MISSING else each.default
            if (value := getattr(self, each.name)) != usual:
                told.append(f"{each.name}={value!r}")
        return f"DetectorTuning({', '.join(told)})"


@functools.cache
def default_tuning() -> DetectorTuning:
    """The row of ``tuning.json`` for the local emulation; its source and date stand there.

    Examples
    --------
    >>> from rtnb.vad import default_tuning
    >>> default_tuning().hysteresis, default_tuning().name
    (0.15, 'local emulation')
    """
    row = json.loads(Path(__file__).with_name("tuning.json").read_text("utf-8"))["local"]
    return DetectorTuning(
        hysteresis=row["hysteresis"],
        min_speech_ms=row["min_speech_ms"],
        lag_ms=row["lag_ms"],
        source=f"{row['source']} ({row['date']})",
    )


def as_tuning(value: DetectorTuning | None) -> DetectorTuning:
    """What the parameter `tuning` of the lab's functions means.

    Raises
    ------
    ConfigError
        It is no tuning.

    Examples
    --------
    >>> as_tuning(None).name
    'local emulation'
    """
    if value is None:
        return default_tuning()
    if not isinstance(value, DetectorTuning):
        raise ConfigError(f"tuning is a rtnb.vad.DetectorTuning, or a calibration's .tuning; not {value!r:.80}.")
    return value


def _set(tuning: DetectorTuning, name: str, value: object) -> None:
    object.__setattr__(tuning, name, value)


def _number(value: object, name: str, what: str, *, least: float = -math.inf, most: float = math.inf) -> float:
    number = _float(value)
    if number is None or not least <= number <= most:
        raise ConfigError(f"DetectorTuning: {name} is {what}, not {value!r:.80}.")
    return number


def _lag(value: object, name: str) -> float:
    return _number(
        value,
        name,
        f"a number of milliseconds from {-LAG_MOST_MS:g} to {LAG_MOST_MS:g}",
        least=-LAG_MOST_MS,
        most=LAG_MOST_MS,
    )


def _float(value: object) -> float | None:
    """A finite number, or None: true and false are none, and neither is text."""
    value = own_decimal(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _map(value: object) -> tuple[tuple[float, float], ...]:
    what = f"DetectorTuning: threshold_map is a list of pairs (asked, effective) from 0 to 1, not {value!r:.80}."
    if isinstance(value, Mapping):
        value = tuple(value.items())
    if not isinstance(value, list | tuple):
        raise ConfigError(what)
    pairs: list[tuple[float, float]] = []
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ConfigError(what)
        asked, effective = map(_float, pair)
        if asked is None or effective is None or not (0 <= asked <= 1 and 0 <= effective <= 1):
            raise ConfigError(what)
        pairs.append((asked, effective))
    for (asked, effective), (next_asked, next_effective) in pairwise(sorted(pairs)):
        if next_asked == asked:
            raise ConfigError(f"DetectorTuning: threshold_map says twice what {asked:g} comes to.")
        if next_effective < effective:
            raise ConfigError(
                f"DetectorTuning: threshold_map must rise: {asked:g} comes to {effective:g}, and {next_asked:g} to "
                f"{next_effective:g}."
            )
    return tuple(sorted(pairs))


def _with_ends(pairs: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """The map from end to end, for what lies outside of the pairs that are given."""
    first = [(0.0, 0.0)] if pairs[0][0] > 0 else []
    last = [(1.0, 1.0)] if pairs[-1][0] < 1 else []
    return [*first, *pairs, *last]
