"""A calibration: constants, how well they explain what was observed, and what stays open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.errors import ConfigError
from rtnb.vad.tuning import DetectorTuning

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Calibration", "Residual"]


@dataclass(frozen=True, slots=True)
class Residual:
    """One event: what the server said beside what the calibrated detector says.

    Attributes
    ----------
    recording : str
    kind : {"start", "stop"}
        ``speech_started`` or ``speech_stopped``.
    threshold : float
        The one that was asked for.
    observed_ms, predicted_ms : float or None
        ``audio_start_ms`` or ``audio_end_ms``; None where one side has no such event.
    hidden : bool
        The start lies where the turn before ends, or where the audio begins: it says nothing about the onset.
    beyond : bool
        The server told it of a moment beyond the end of the audio, where a lag may bring it.
    """

    recording: str
    kind: str
    threshold: float
    observed_ms: float | None
    predicted_ms: float | None
    hidden: bool = False
    beyond: bool = False

    @property
    def residual_ms(self) -> float:
        """Observed less predicted; NaN where one is missing."""
        if self.observed_ms is None or self.predicted_ms is None:
            return float("nan")
        return self.observed_ms - self.predicted_ms


@dataclass(frozen=True, slots=True, eq=False)
class Calibration(Drawable):
    """A detector that was fitted to what a server said.

    Attributes
    ----------
    tuning : DetectorTuning
        For :func:`rtnb.vad.detect`, :func:`rtnb.vad.score`, :func:`rtnb.vad.sweep`, ``rtnb.LocalServer(detector=...)``.
        Its name takes the place of "local emulation" wherever predictions are shown. It holds for the engine that it
        was fitted with.
    engine : str
        The engine whose probabilities were used.
    endpoint : str
        Who was listened to.
    recordings : int
        Sessions that were used.
    ranges : dict of str to (float, float)
        What would explain the events as well, the other constants being held: ``"threshold 0.5"`` (one for each asked
        threshold), ``"hysteresis"``, ``"min_speech_ms"``. Several moved together may go further. For
        ``"lag_ms"`` and ``"end_lag_ms"`` the middle half of what single events show.
    undetermined : tuple of str
        A sentence for each constant that the recordings do not decide; what was usual is kept.
    events : tuple of Residual
        Every event, in order.
    notes : tuple of str
        What speaks against relying on it.
    beyond : int
        Events that the server told of moments beyond the end of the audio and that nothing explains; they are not
        among `events`, and took no part in the fit.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     run = s.stream(rtnb.sample("weather_question"))
    ...     found = rtnb.vad.calibrate(s)
    >>> found.recordings, found.engine
    (1, 'silero')
    """

    tuning: DetectorTuning
    engine: str
    endpoint: str
    recordings: int
    ranges: Mapping[str, tuple[float, float]]
    undetermined: tuple[str, ...]
    events: tuple[Residual, ...]
    notes: tuple[str, ...] = ()
    beyond: int = 0

    @property
    def name(self) -> str:
        """What predictions are called that are made with it."""
        return self.tuning.name

    @property
    def matched(self) -> int:
        """Events that both sides have."""
        return sum(each.observed_ms is not None and each.predicted_ms is not None for each in self.events)

    @property
    def missing(self) -> int:
        """Events of the server that are not predicted."""
        return sum(each.predicted_ms is None for each in self.events)

    @property
    def extra(self) -> int:
        """Events that are predicted, and that the server did not send."""
        return sum(each.observed_ms is None for each in self.events)

    @property
    def start_residuals_ms(self) -> NDArray[np.float64]:
        """Observed less predicted ``audio_start_ms`` of the starts that nothing hides, shape ``(n,)``."""
        return self._of("start")

    @property
    def end_residuals_ms(self) -> NDArray[np.float64]:
        """Observed less predicted ``audio_end_ms``, shape ``(n,)``."""
        return self._of("stop")

    def _of(self, kind: str) -> NDArray[np.float64]:
        found = [each.residual_ms for each in self.events if each.kind == kind and not each.hidden]
        values = np.array(found, dtype=np.float64)
        return values[~np.isnan(values)]

    @property
    def residuals(self) -> pd.DataFrame:
        """A row for each event: recording, event, threshold, observed_ms, predicted_ms, residual_ms, hidden."""
        import pandas as pd

        rows = [
            {
                "recording": each.recording,
                "event": each.kind,
                "threshold": each.threshold,
                "observed_ms": each.observed_ms,
                "predicted_ms": each.predicted_ms,
                "residual_ms": each.residual_ms,
                "hidden": each.hidden,
            }
            for each in self.events
        ]
        columns = ["recording", "event", "threshold", "observed_ms", "predicted_ms", "residual_ms", "hidden"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def summary(self) -> str:
        """All of it in words, a fact a line."""
        lines = [
            self.name,
            f"engine {self.engine}; it holds for no other",
            f"{self.matched} of {counted(self.matched + self.missing, 'event')} explained, "
            f"{self.extra} predicted that did not come",
        ]
        for what, values in (("start", self.start_residuals_ms), ("stop", self.end_residuals_ms)):
            if values.size:
                low, middle, high = np.percentile(np.abs(values), [50, 90, 100])
                lines.append(f"{what}: residuals of {low:.0f} ms (median), {middle:.0f} ms (p90), {high:.0f} ms (most)")
        tuning = self.tuning
        for asked, effective in tuning.threshold_map:
            lines.append(f"threshold {asked:g} comes to {effective:g}{self._within(f'threshold {asked:g}')}")
        lines.append(f"hysteresis {tuning.hysteresis:g}{self._within('hysteresis')}")
        lines.append(f"minimum speech {tuning.min_speech_ms:g} ms{self._within('min_speech_ms')}")
        lines.append(f"lags {tuning.onset_shift_ms:g} ms at the onset, {tuning.end_shift_ms:g} ms at the end")
        if self.beyond:
            lines.append(f"{counted(self.beyond, 'event')} beyond the end of the audio, left out")
        lines += [f"not determined: {each}" for each in self.undetermined]
        lines += [f"note: {each}" for each in self.notes]
        return "\n".join(lines)

    def _within(self, name: str) -> str:
        low, high = self.ranges[name]
        return f" ({low:.4g} to {high:.4g} would do as well)"

    def save(self, path: str | Path) -> Path:
        """Write the detector as JSON or YAML, for :func:`rtnb.vad.load_tuning` and ``rtnb serve --detector``.

        Raises
        ------
        ConfigError
            The suffix is neither ``.json`` nor ``.yaml``, or the place cannot be written.
        """
        place = Path(path)
        told = self.tuning.to_dict()
        if place.suffix.lower() == ".json":
            text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
        elif place.suffix.lower() in (".yaml", ".yml"):
            import yaml

            text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True)
        else:
            raise ConfigError(f"A calibration is written as .json or .yaml, not as '{place.name}'.")
        try:
            place.write_text(text, "utf-8")
        except OSError as error:
            raise ConfigError(f"'{path}' cannot be written: {error.strerror or error}.") from None
        return place

    def __repr__(self) -> str:
        return (
            f"Calibration({self.name!r}, {self.matched} of {counted(self.matched + self.missing, 'event')} explained, "
            f"{self.extra} extra)"
        )
