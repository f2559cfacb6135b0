"""Silero VAD 6.2.3 through ONNX Runtime, without torch.

The network is recurrent and looks at 512 samples a frame together with the last 64 of the frame before. The
"sequence" export of the same weights takes any number of frames in one call, which is what makes whole files
fast; one frame at a time it gives the same numbers (measured: identical to the stock export on the samples).
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import MissingExtraError
from rtnb.vad import checksums
from rtnb.vad.engines.framing import Framer

__all__ = ["SileroEngine", "SileroStream", "load"]

WEIGHTS = Path(__file__).with_name("weights")
RATE_HZ = 16000
HOP = 512
CONTEXT = 64
STATE = (1, 1, 128)
BLOCK = 512
"""Frames an ONNX call: 16.4 s of audio, past which larger blocks gain nothing."""

_CURE = "Reinstall rtnb: pip install --force-reinstall --no-deps rtnb"
_lock = threading.Lock()
_shared: SileroEngine | None = None


def _row() -> dict[str, Any]:
    rows: dict[str, dict[str, Any]] = json.loads((WEIGHTS / "manifest.json").read_text("utf-8"))
    return rows["silero"]


class SileroEngine:
    """Silero VAD: 512 samples (32 ms) a frame at 16 kHz. Streams share the network and may run in parallel.

    Parameters
    ----------
    path : Path, optional
        Another copy of the same weights.

    Raises
    ------
    MissingExtraError
        ONNX Runtime is not installed.
    WeightsError
        The file is not the one that rtnb was tested with.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad.engines.silero import SileroEngine
    >>> SileroEngine().stream().push(np.zeros(1024, dtype=np.float32)).shape
    (2,)
    """

    name = "silero"
    rate_hz = RATE_HZ
    hop = HOP

    def __init__(self, path: Path | None = None) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise MissingExtraError(
                "The silero engine needs ONNX Runtime, which is not installed.\n"
                'Install the voice stack: pip install "rtnb[local]"'
            ) from None
        row = _row()
        file = path or WEIGHTS / row["file"]
        checksums.check(file, row["sha256"], cure=_CURE)
        options = onnxruntime.SessionOptions()
        # One frame is a tenth of a millisecond of work: more threads only spin.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(file), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def stream(self) -> SileroStream:
        """A new stream: zero state, zero context."""
        return SileroStream(self._session)


class SileroStream:
    """One stream through :class:`SileroEngine`, with its own recurrent state and context."""

    __slots__ = ("_cell", "_context", "_framer", "_hidden", "_session")

    def __init__(self, session: Any) -> None:
        self._session = session
        self._framer = Framer(HOP)
        self._hidden = np.zeros(STATE, dtype=np.float32)
        self._cell = np.zeros(STATE, dtype=np.float32)
        self._context = np.zeros(CONTEXT, dtype=np.float32)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities of the frames that these samples complete, float32, shape ``(k,)``."""
        frames = self._framer.push(samples)
        parts = [self._run(frames[at : at + BLOCK]) for at in range(0, len(frames), BLOCK)]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def _run(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        block = np.empty((len(frames), CONTEXT + HOP), dtype=np.float32)
        block[0, :CONTEXT] = self._context
        block[1:, :CONTEXT] = frames[:-1, -CONTEXT:]
        block[:, CONTEXT:] = frames
        self._context = frames[-1, -CONTEXT:].copy()
        values, self._hidden, self._cell = self._session.run(
            ["speech_probs", "hn", "cn"], {"input": block, "h": self._hidden, "c": self._cell}
        )
        return np.asarray(values, dtype=np.float32).reshape(-1)


def load() -> SileroEngine:
    """The engine of the process, made on the first call."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = SileroEngine()
        return _shared
