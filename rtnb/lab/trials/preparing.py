"""What is done before a trial sends anything: the sound encoded, and what is expected of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rtnb.audio import Clip
from rtnb.audio.formats import AudioFormat
from rtnb.lab.trials.plans import Plan
from rtnb.lab.trials.predictions import Predicted, bytes_of, predicted, track_of
from rtnb.session.verbs.streaming import TAIL_LIMIT_S, silence
from rtnb.vad.engines.base import Engine
from rtnb.vad.engines.finding import as_engine
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning

__all__ = ["Prepared", "prepared"]

ENCODED = 0.2
"""About the part of the work that encoding is."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What a trial sends and expects.

    Attributes
    ----------
    spoken : bytes
        The clip as it is sent.
    tail : bytes
        The silence behind it.
    track : Track
        Of both, as a server gets them.
    expected : tuple of Predicted
        One a plan.
    ended : bool
        Whether it was cancelled meanwhile; then there is nothing in it.
    """

    spoken: bytes
    tail: bytes
    track: Track
    expected: tuple[Predicted, ...]
    ended: bool = False

    @property
    def whole(self) -> bytes:
        """The clip and the silence."""
        return self.spoken + self.tail


class _Ended(Exception):
    """Nobody wants it any more."""


def prepared(
    clip: Clip,
    format: AudioFormat,
    plans: Sequence[Plan],
    tuning: DetectorTuning,
    engine: Engine | str | None,
    shown: Callable[[float], None],
    cancel: threading.Event | None,
) -> Prepared:
    """Encode and predict; `shown` takes which part is done, and `cancel` ends it within half a minute of sound."""
    chosen = as_engine(engine)

    def tick(part: float) -> None:
        if cancel is not None and cancel.is_set():
            raise _Ended
        shown(part)

    try:
        tick(0.0)
        spoken = bytes_of(clip, format, tick=lambda part: tick(ENCODED * part))
        tail = silence(format, round(1000 * TAIL_LIMIT_S) * format.bytes_per_ms)
        track = track_of(spoken + tail, format, chosen, lambda part: tick(ENCODED + (1 - ENCODED) * part))
        expected = []
        for plan in plans:
            tick(1.0)
            expected.append(predicted(track, plan.setting, tuning))
        tick(1.0)
    except _Ended:
        nothing = Track(np.zeros(0, dtype=np.float32), chosen.hop / chosen.rate_hz, chosen.name)
        return Prepared(b"", b"", nothing, (Predicted((), tuning.name),) * len(plans), ended=True)
    return Prepared(spoken, tail, track, tuple(expected))
