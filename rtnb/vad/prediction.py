"""What predictions are called: a calibration's name holds for what it was fitted to, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from rtnb.vad.track import Track
from rtnb.vad.tuning import LOCAL_EMULATION, DetectorTuning

__all__ = ["prediction_from", "prediction_of"]


def prediction_of(
    tuning: DetectorTuning,
    *,
    hysteresis: float | None = None,
    min_speech_ms: float | None = None,
    engine: str | Iterable[str] | None = None,
    as_sent: bool | str | None = None,
) -> str:
    """The name of predictions: that of the tuning, and by what they differ from the tuning's own.

    Parameters
    ----------
    tuning : DetectorTuning
        The local emulation keeps its name whatever is altered: nobody has held it against a server.
    hysteresis, min_speech_ms : float, optional
        What was used in place of those of `tuning`; None for its own.
    engine : str or iterable of str, optional
        Whose probabilities were used. It matters where the tuning says which engine it was fitted with.
    as_sent : bool or str, optional
        Whether the engine heard the audio as a server does (as of :class:`rtnb.vad.Track`); None where nobody knows. It
        matters where the tuning says which engine it was fitted with: such a fit goes by what a server hears, and the
        recordings themselves are some frames off.

    Examples
    --------
    >>> from rtnb.vad import DetectorTuning
    >>> mine = DetectorTuning(hysteresis=0.2, name="calibrated to X", engine="silero")
    >>> prediction_of(mine, hysteresis=0.2, engine="silero", as_sent=True)
    'calibrated to X'
    >>> prediction_of(mine, hysteresis=0.6, engine="energy")
    'calibrated to X, hysteresis 0.6, engine energy'
    """
    engines = [engine] if isinstance(engine, str) else engine or ()
    return _named(tuning, _altered(tuning, hysteresis, min_speech_ms), engines, as_sent)


def prediction_from(
    tuning: DetectorTuning,
    tracks: Iterable[Track],
    *,
    hysteresis: float | Iterable[float | None] | None = None,
) -> str:
    """The same of predictions that were made from tracks, of one setting or of several together.

    Parameters
    ----------
    tuning : DetectorTuning
    tracks : iterable of Track
        Their engines, and whether they were heard as sent, stand in them.
    hysteresis : float or None, or several of them
        None for that of `tuning`.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad import DetectorTuning, Track
    >>> mine = DetectorTuning(name="calibrated to X", engine="silero")
    >>> tracks = [Track(np.zeros(3, np.float32), 0.032, "energy", as_sent="audio/pcm")]
    >>> prediction_from(mine, tracks)
    'calibrated to X, engine energy'
    >>> prediction_from(mine, tracks, hysteresis=[None, 0.3])
    'calibrated to X, hysteresis varied, engine energy'
    """
    known = list(tracks)
    # One that was not heard as a server hears is enough for the whole not to be.
    sent = all(track.as_sent for track in known) if known else None
    depths = {hysteresis} if hysteresis is None or isinstance(hysteresis, int | float) else set(hysteresis)
    depths = {tuning.hysteresis if depth is None else depth for depth in depths}
    return _named(
        tuning,
        ["hysteresis varied"] if len(depths) > 1 else _altered(tuning, next(iter(depths), None), None),
        [track.engine for track in known],
        sent,
    )


def _altered(tuning: DetectorTuning, hysteresis: float | None, min_speech_ms: float | None) -> list[str]:
    told = []
    if hysteresis is not None and hysteresis != tuning.hysteresis:
        told.append(f"hysteresis {hysteresis:g}")
    if min_speech_ms is not None and min_speech_ms != tuning.min_speech_ms:
        told.append(f"minimum speech {min_speech_ms:g} ms")
    return told


def _named(tuning: DetectorTuning, altered: list[str], engines: Iterable[str], as_sent: bool | str | None) -> str:
    if tuning.name == LOCAL_EMULATION:
        return tuning.name
    told = [tuning.name, *altered]
    if tuning.engine:
        if others := sorted({name for name in engines if name and name != tuning.engine}):
            told.append(f"engine {' and '.join(others)}")
        if as_sent is not None and not as_sent:
            told.append("audio not as sent")
    return ", ".join(told)
