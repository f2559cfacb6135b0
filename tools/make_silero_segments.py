"""Write tests/data/silero_segments.npz: what Silero's own segmentation makes of the labelled sample recordings.

    python tools/make_silero_segments.py silero_vad-6.2.3-py3-none-any.whl

The wheel comes with ``pip download --no-deps silero-vad==6.2.3``. The function that is run is the wheel's own
``get_speech_timestamps_from_probs``, taken out of its module, whose other functions need torch. The probabilities are
those of rtnb's engine, in steps of 1/65535, and go into the file: the test is about turns, not about the engine.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rtnb.audio.clip import Clip
from rtnb.vad import load_engine

ROOT = Path(__file__).resolve().parent.parent
MEMBER = "silero_vad/utils_vad.py"
NAME = "get_speech_timestamps_from_probs"
HOP = 512
Segmentation = Callable[..., list[dict[str, int]]]
THRESHOLDS = (0.02, 0.1, 0.15, 0.28, 0.3, 0.42, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98)
SILENCES_MS = (0, 10, 32, 64, 100, 200, 300, 500, 700, 1000, 1500, 2000)


def segmentation(source: str) -> Segmentation:
    """The wheel's function, without the decorators and imports that need torch."""
    tree = ast.parse(source)
    (found,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == NAME)
    found.decorator_list.clear()
    tree.body = [found]
    room: dict[str, Any] = dict.fromkeys(("List", "Callable"), Any)
    room |= {"torch": type("torch", (), {"Tensor": object})}
    exec(compile(ast.fix_missing_locations(tree), MEMBER, "exec"), room)
    function: Segmentation = room[NAME]
    return function


def segments(function: Segmentation, p: list[float], threshold: float, silence_ms: int) -> list[int]:
    """First frame of speech and first frame of silence, alternating; speech that is open at the end goes to the end."""
    found = function(
        p,
        threshold=threshold,
        sampling_rate=16000,
        min_speech_duration_ms=0,
        min_silence_duration_ms=silence_ms,
        speech_pad_ms=0,
    )
    return [frame for one in found for frame in (one["start"] // HOP, one["end"] // HOP)]


def main() -> None:
    wheel = Path(sys.argv[1])
    source = zipfile.ZipFile(wheel).read(MEMBER)
    function = segmentation(source.decode())
    engine = load_engine("silero")
    names, tracks, found, sizes = [], [], [], []
    for path in sorted((ROOT / "rtnb" / "samples" / "labelled").glob("*.flac")):
        samples = Clip.load(path).resample(16000).samples
        p = engine.stream().push(np.pad(samples, (0, -samples.size % HOP)))
        steps = np.rint(p.astype(np.float64) * 65535).astype(np.uint16)
        values = (steps.astype(np.float32) / np.float32(65535)).tolist()
        names.append(path.stem)
        tracks.append(steps)
        for threshold in THRESHOLDS:
            for silence_ms in SILENCES_MS:
                one = segments(function, values, threshold, silence_ms)
                found += one
                sizes.append(len(one))
    np.savez_compressed(
        ROOT / "tests" / "data" / "silero_segments.npz",
        source=np.array(f"{wheel.name}, {MEMBER}, sha256 {hashlib.sha256(source).hexdigest()}"),
        names=np.array(names),
        thresholds=np.array(THRESHOLDS),
        silences_ms=np.array(SILENCES_MS),
        lengths=np.array([track.size for track in tracks]),
        p=np.concatenate(tracks),
        sizes=np.array(sizes, dtype=np.uint16),
        segments=np.array(found, dtype=np.uint16),
    )


if __name__ == "__main__":
    main()
