"""Probabilities of whole clips, computed once."""

from __future__ import annotations

import numpy as np

from rtnb.audio.clip import Clip
from rtnb.vad.engines import Engine, default_engine, load_engine
from rtnb.vad.track import Track

__all__ = ["probabilities"]


def probabilities(clip: Clip, *, engine: Engine | str | None = None) -> Track:
    """The speech probabilities of `clip`, frame by frame.

    Parameters
    ----------
    clip : Clip
        Of any rate; it is resampled to the engine's. A last frame that is not full is filled with silence.
    engine : Engine or str, optional
        An engine or its name; the best that is installed by default.

    Raises
    ------
    ConfigError
        No engine has that name.
    MissingExtraError
        The engine that was named is not installed.

    Examples
    --------
    >>> from rtnb.audio import Clip
    >>> from rtnb.vad import probabilities
    >>> probabilities(Clip.silence(1.0), engine="energy")
    Track(1.024 s, 32 frames of 32 ms, energy)
    """
    chosen = default_engine() if engine is None else load_engine(engine) if isinstance(engine, str) else engine
    samples = clip.resample(chosen.rate_hz).samples
    missing = -samples.size % chosen.hop
    p = chosen.stream().push(np.concatenate([samples, np.zeros(missing, dtype=np.float32)]))
    p.flags.writeable = False
    return Track(p, chosen.hop / chosen.rate_hz, chosen.name)
