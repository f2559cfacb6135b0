"""earshot: a small neural detector, compiled with its weights, for machines without ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import MissingExtraError
from rtnb.vad.engines.framing import Framer

__all__ = ["EarshotEngine", "EarshotStream", "load"]

RATE_HZ = 16000
HOP = 256


class EarshotEngine:
    """earshot 1.2.2: 256 samples (16 ms) a frame at 16 kHz. Every stream has a detector of its own.

    Raises
    ------
    MissingExtraError
        earshot is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad.engines.earshot_engine import EarshotEngine
    >>> EarshotEngine().stream().push(np.zeros(1024, dtype=np.float32)).shape
    (4,)
    """

    name = "earshot"
    rate_hz = RATE_HZ
    hop = HOP

    def __init__(self) -> None:
        try:
            import earshot
        except ImportError:
            raise MissingExtraError(
                'The earshot engine is not installed.\nInstall it: pip install "rtnb[vad]"'
            ) from None
        self._new_detector = earshot.Detector

    @property
    def version(self) -> str:
        """That of the package, which has the weights in it."""
        from importlib.metadata import version

        return version("earshot")

    def stream(self) -> EarshotStream:
        """A new stream."""
        return EarshotStream(self._new_detector())


class EarshotStream:
    """One stream through :class:`EarshotEngine`."""

    __slots__ = ("_detector", "_framer")

    def __init__(self, detector: Any) -> None:
        self._detector = detector
        self._framer = Framer(HOP)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities of the frames that these samples complete, float32, shape ``(k,)``."""
        frames = self._framer.push(samples)
        values = [self._detector.predict_f32(np.clip(frame, -1.0, 1.0)) for frame in frames]
        return np.asarray(values, dtype=np.float32)


def load() -> EarshotEngine:
    """A new engine; there is nothing to share."""
    return EarshotEngine()
