"""Smart Turn v3.2, where it is installed: the probability that a speaker is done, from the sound alone.

rtnb does not bring the model. It is used when the file is there: in an installed ``pipecat-ai``, whose wheel
carries it and which is not imported, or at the path that ``RTNB_SMART_TURN`` names. ``smart_turn.json`` has
its checksum, licence and source. One judgement takes about a tenth of a second of one core.

The model listens to the last 8 s at 16 kHz, silence in front of what is shorter, scaled to mean 0 and
variance 1, as the log-mel spectrogram that :mod:`rtnb.speech.mel` computes.
"""

from __future__ import annotations

import importlib.util
import json
import os
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtnb._onnx import open_network
from rtnb.audio.resampling import resample
from rtnb.errors import ConfigError, MissingExtraError
from rtnb.speech.mel import log_mel
from rtnb.vad import checksums

__all__ = ["VARIABLE", "SmartTurn", "features", "find_smart_turn", "shared_smart_turn"]

VARIABLE = "RTNB_SMART_TURN"
"""The environment variable that may name the model file."""

RATE_HZ = 16000
WINDOW = 8 * RATE_HZ
"""Samples that the model hears."""

TINY_VARIANCE = 1e-7
"""Added to the variance, as in the feature extractor of Whisper in transformers; silence would divide by 0."""

_lock = threading.Lock()
_shared: dict[Path, SmartTurn] = {}


def _row() -> dict[str, str]:
    rows: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("smart_turn.json").read_text("utf-8"))
    return rows["smart-turn-v3.2"]


def find_smart_turn() -> Path | None:
    """The model file, or None when there is none.

    Raises
    ------
    ConfigError
        ``RTNB_SMART_TURN`` names a file that is not there.

    Examples
    --------
    >>> from rtnb.speech.smart_turn import find_smart_turn
    >>> path = find_smart_turn()
    >>> path is None or path.suffix
    True
    """
    if named := os.environ.get(VARIABLE, "").strip():
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"{VARIABLE} names no file: {named!r:.200}. Unset it, or name smart-turn-v3.2-cpu.onnx.")
        return path
    row = _row()
    try:
        spec = importlib.util.find_spec(row["module"])
    except ValueError:
        return None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(place, row["file"])).is_file():
            return path
    return None


def features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the model takes: float32, shape ``(80, 800)``.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        At 16 kHz, of any length; the last 8 s count.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.speech.smart_turn import features
    >>> features(np.zeros(1000, dtype=np.float32)).shape
    (80, 800)
    """
    last = samples[-WINDOW:]
    window = np.concatenate([np.zeros(WINDOW - last.size, dtype=np.float32), last.astype(np.float32, copy=False)])
    scaled: NDArray[np.float32] = (window - window.mean()) / np.sqrt(window.var() + np.float32(TINY_VARIANCE))
    return log_mel(scaled)


class SmartTurn:
    """The model, loaded; may be used from several threads.

    Parameters
    ----------
    path : Path
        The model file.

    Raises
    ------
    MissingExtraError
        ONNX Runtime is not installed.
    WeightsError
        The file is not the one that rtnb was tested with.
    """

    name = "smart-turn-v3.2"

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime  # noqa: F401  Its absence has one message here.
        except ImportError:
            raise MissingExtraError(
                "Smart Turn needs ONNX Runtime, which is not installed.\n"
                'Install the voice stack: pip install "rtnb[local]"'
            ) from None
        row = _row()
        cure = f'Install the one it was tested with: pip install --no-deps "{row["package"]}=={row["version"]}"'
        checksums.check(path, row["sha256"], cure=cure)
        self._session = open_network(path)

    def completeness(self, samples: NDArray[np.float32], rate_hz: int = RATE_HZ) -> float:
        """The probability, 0..1, that the speaker is done. Blocking, CPU-bound.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            The turn up to the pause, in -1..1.
        rate_hz : int
            Samples per second.
        """
        # Longer audio than the model hears is not worth resampling; half a second more for the filter's edge.
        heard = resample(samples[-rate_hz * (WINDOW // RATE_HZ) - rate_hz // 2 :], rate_hz, RATE_HZ)
        (found,) = self._session.run(None, {"input_features": features(heard)[None]})
        return float(np.clip(np.asarray(found).reshape(-1)[0], 0.0, 1.0))


def shared_smart_turn() -> SmartTurn | None:
    """The model of the process, loaded on the first call (0.1 s); None when it is not installed.

    Raises
    ------
    ConfigError, MissingExtraError, WeightsError
        As of :func:`find_smart_turn` and :class:`SmartTurn`.
    """
    path = find_smart_turn()
    if path is None:
        return None
    with _lock:
        if path not in _shared:
            _shared[path] = SmartTurn(path)
        return _shared[path]
