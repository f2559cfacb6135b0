"""Write tests/data/silero_stock.json: what the stock Silero export says about the sample recordings.

    python tools/make_silero_golden.py silero_vad-6.2.3-py3-none-any.whl

The wheel comes with ``pip download --no-deps silero-vad==6.2.3``. The stock export takes one frame a call
with its state and the last 64 samples of the frame before; rtnb runs another export of the same weights, and
a test compares the two.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from rtnb.audio.clip import Clip

ROOT = Path(__file__).resolve().parent.parent
MEMBER = "silero_vad/data/silero_vad.onnx"
SAMPLES = ROOT / "rtnb" / "samples"


def stock_probabilities(model: bytes, samples: NDArray[np.float32]) -> list[float]:
    """Frame by frame through the stock export; the last frame is filled with zeros."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    state = np.zeros((2, 1, 128), dtype=np.float32)
    context = np.zeros((1, 64), dtype=np.float32)
    rate = np.array(16000, dtype=np.int64)
    values: list[float] = []
    for frame in np.pad(samples, (0, -samples.size % 512)).reshape(-1, 1, 512):
        block = np.concatenate([context, frame], axis=1)
        p, state = session.run(None, {"input": block, "state": state, "sr": rate})
        context = block[:, -64:]
        values.append(round(float(p[0, 0]), 7))
    return values


def main() -> None:
    wheel = Path(sys.argv[1]).read_bytes()
    model = zipfile.ZipFile(io.BytesIO(wheel)).read(MEMBER)
    golden = {
        "source": f"{Path(sys.argv[1]).name}, {MEMBER}",
        "sha256": hashlib.sha256(model).hexdigest(),
        "samples": {
            file.stem: stock_probabilities(model, Clip.load(file).resample(16000).samples)
            for file in sorted(SAMPLES.rglob("*.flac"))
        },
    }
    target = ROOT / "tests" / "data" / "silero_stock.json"
    target.write_text(json.dumps(golden) + "\n", "utf-8")


if __name__ == "__main__":
    main()
