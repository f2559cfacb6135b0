"""Silero VAD 6.2.3 through ONNX Runtime, without torch.

The network is recurrent and looks at 512 samples a frame together with the last 64 of the frame before. Two files hold
the same weights: the "sequence" export, which is the quicker one for the frame or two that a live stream brings, and
``blocks``, its arithmetic as few large matrix products (``tools/make_silero_blocks.py``), which is three times as fast
over many frames. Their state is the same. Over an hour of meetings their probabilities differ by 4e-5 at most, and by
1e-7 in the mean: as sums of float32 do whose order differs, for from the same network in float64 the stock export is
1e-5 away and ``blocks`` 3e-5 (measured). Whole files take the one, the server's streams the other.
"""

from __future__ import annotations

import functools
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb._onnx import open_network
from rtnb.errors import MissingExtraError
from rtnb.vad import checksums
from rtnb.vad.engines.framing import Framer

__all__ = ["SileroEngine", "SileroStream", "load", "verify"]

WEIGHTS = Path(__file__).with_name("weights")
RATE_HZ = 16000
HOP = 512
CONTEXT = 64
STATE = (1, 1, 128)
BLOCK = 256
"""Frames an ONNX call: 8.2 s of audio, past which larger blocks gain nothing and take more memory."""
FEW = 10
"""Up to so many frames go through the sequence export: all that a server listens to without a thread, so that it never
opens the other file in the middle of a session. Measured: for one frame it takes 136 us and the other 181 us, for four
293 and 217 us, for eight 450 and 290 us.
"""

_CURE = "Reinstall rtnb: pip install --force-reinstall --no-deps rtnb"
_lock = threading.Lock()
_shared: SileroEngine | None = None


@functools.cache
def _rows() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = json.loads((WEIGHTS / "manifest.json").read_text("utf-8"))
    return rows


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
            import onnxruntime  # noqa: F401
        except ImportError:
            raise MissingExtraError(
                "The silero engine needs ONNX Runtime, which is not installed.\n"
                'Install the voice stack: pip install "rtnb[local]"'
            ) from None
        self._path = path
        self._session = _opened("silero", path)
        self._lock = threading.Lock()
        self._quick: Any = None

    @property
    def version(self) -> str:
        """What results depend on: of which package the weights are, and their checksums."""
        rows = _rows()
        return " ".join([rows["silero"]["version"], *(row["sha256"][:16] for row in rows.values())])

    def network(self, frames: int) -> Any:
        """The quickest ONNX session for so many frames at once; one thread each, which many may share."""
        if frames <= FEW:
            return self._session
        with self._lock:
            if self._quick is None:
                self._quick = _opened("silero_blocks", None)
            return self._quick

    def stream(self) -> SileroStream:
        """A new stream: zero state, zero context."""
        return SileroStream(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process opens its own, once.
        return (load, ()) if self._path is None else (SileroEngine, (self._path,))


def verify(folder: Path | None = None) -> Path:
    """Check both files against their sha256; nothing is loaded.

    Parameters
    ----------
    folder : Path, optional
        Where they are; rtnb's own by default.

    Raises
    ------
    WeightsError
        A file is missing or different.
    """
    place = folder or WEIGHTS
    for row in _rows().values():
        checksums.check(place / row["file"], row["sha256"], cure=_CURE)
    return place


def _opened(name: str, path: Path | None) -> Any:
    row = _rows()[name]
    file = path or WEIGHTS / row["file"]
    checksums.check(file, row["sha256"], cure=_CURE)
    # A block is a few milliseconds of work, a frame a tenth of one: files are worked on in parallel instead.
    return open_network(file)


class SileroStream:
    """One stream through :class:`SileroEngine`, with its own recurrent state and context."""

    __slots__ = ("_cell", "_context", "_engine", "_framer", "_hidden")

    def __init__(self, engine: SileroEngine) -> None:
        self._engine = engine
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
        values, self._hidden, self._cell = self._engine.network(len(frames)).run(
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
