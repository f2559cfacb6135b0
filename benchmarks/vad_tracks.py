"""What an hour of speech probabilities costs: stock Silero, rtnb's ways, earshot and energy, side by side.

    python benchmarks/vad_tracks.py [--seconds 3600] [--wheel silero_vad-6.2.3-py3-none-any.whl]

The hour is made by tiling the labelled recordings. Stock Silero is the export in the package silero-vad 6.2.3, whose
wheel is fetched with ``pip download --no-deps`` unless it is given; it runs frame by frame, as its own code runs it.
CPU seconds per hour of audio, one thread, each way three times in turn, the least of them; the differences are those of
the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rtnb
from rtnb.vad import load_engine, probabilities
from rtnb.vad.engines.silero import BLOCK, CONTEXT, HOP, RATE_HZ, STATE, WEIGHTS
from rtnb.vad.tracks.cache import TrackCache
from rtnb.vad.tracks.sources import source_of

FLOOR_S = 1.5
"""Of arithmetic and memory for the same network on a core of a 2.5 GHz Xeon: 0.39 million multiplications a frame at
117 GFLOP/s, and 256 KB of recurrent weights a frame out of the second cache."""
MEMBER = "silero_vad/data/silero_vad.onnx"
ROUNDS = 3
Samples = NDArray[np.float32]


def hour(seconds: float) -> Samples:
    """The labelled recordings, one after the other, again and again."""
    files = sorted(Path(rtnb.sample("labelled")).glob("*.flac"))
    once = np.concatenate([rtnb.Clip.load(file).resample(RATE_HZ).samples for file in files])
    whole = round(seconds * RATE_HZ) // HOP * HOP
    return np.resize(once, whole)


def stock_model(wheel: str | None, folder: str) -> bytes:
    if wheel is None:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "silero-vad==6.2.3"]
        subprocess.run(command, check=True)
        (found,) = Path(folder).glob("*.whl")
        wheel = str(found)
    return zipfile.ZipFile(wheel).read(MEMBER)


def session_of(model: bytes | str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])


def stock(session: Any, samples: Samples) -> Samples:
    state = np.zeros((2, 1, 128), dtype=np.float32)
    context = np.zeros((1, CONTEXT), dtype=np.float32)
    rate = np.array(RATE_HZ, dtype=np.int64)
    values = np.empty(samples.size // HOP, dtype=np.float32)
    for place, frame in enumerate(samples.reshape(-1, 1, HOP)):
        block = np.concatenate([context, frame], axis=1)
        p, state = session.run(None, {"input": block, "state": state, "sr": rate})
        context = block[:, -CONTEXT:]
        values[place] = p[0, 0]
    return values


def sequence(session: Any, samples: Samples) -> Samples:
    hidden = cell = np.zeros(STATE, dtype=np.float32)
    frames = samples.reshape(-1, HOP)
    before = np.zeros((len(frames), CONTEXT), dtype=np.float32)
    before[1:] = frames[:-1, -CONTEXT:]
    rows = np.concatenate([before, frames], axis=1)
    parts = []
    for at in range(0, len(rows), BLOCK):
        p, hidden, cell = session.run(None, {"input": rows[at : at + BLOCK], "h": hidden, "c": cell})
        parts.append(p)
    return np.concatenate(parts)


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU seconds, seconds, and what it gives."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    found = work()
    return time.process_time() - cpu_s, time.perf_counter() - wall_s, found


def tracks(samples: Samples, scale: float, model: bytes) -> None:
    stock_session = session_of(model)
    sequence_session = session_of(str(WEIGHTS / "silero_vad_16k_sequence.onnx"))
    silero, earshot, energy = (load_engine(name) for name in ("silero", "earshot", "energy"))
    clip = rtnb.Clip(samples, RATE_HZ)

    def frame_by_frame() -> Samples:
        stream = silero.stream()
        return np.concatenate([stream.push(frame) for frame in samples.reshape(-1, HOP)])

    ways: dict[str, Callable[[], Samples]] = {
        "stock Silero, frame by frame": lambda: stock(stock_session, samples),
        "sequence export, blocks": lambda: sequence(sequence_session, samples),
        "rtnb silero, one push": lambda: silero.stream().push(samples),
        "rtnb.vad.probabilities(clip)": lambda: probabilities(clip, engine=silero, cache=False, progress=False).p,
        "the same with as_sent=True": lambda: (
            probabilities(clip, engine=silero, as_sent=True, cache=False, progress=False).p
        ),
        "rtnb silero, frame by frame (a server)": frame_by_frame,
        "rtnb earshot": lambda: probabilities(clip, engine=earshot, cache=False, progress=False).p,
        "rtnb energy": lambda: probabilities(clip, engine=energy, cache=False, progress=False).p,
    }
    silero.network(BLOCK)
    best: dict[str, float] = {}
    found: dict[str, Samples] = {}
    for _ in range(ROUNDS):
        for name, work in ways.items():
            cpu_s, _, found[name] = timed(work)
            best[name] = min(cpu_s, best.get(name, 1e9))
    first = next(iter(ways))
    print(f"\n| way | CPU s per hour | times stock | times the floor of {FLOOR_S} | largest difference to stock |")
    print("| --- | --- | --- | --- | --- |")
    for name, cpu_s in best.items():
        same = not name.endswith(("earshot", "energy", "as_sent=True"))
        other = "the way of a server" if name.endswith("as_sent=True") else "another model"
        apart = f"{np.abs(found[name] - found[first]).max():.1e}" if same else other
        floor = f"{cpu_s * scale / FLOOR_S:.2f}" if same else ""
        print(f"| {name} | {cpu_s * scale:.2f} | {best[first] / cpu_s:.1f} | {floor} | {apart} |")


def threads(samples: Samples, folder: Path) -> None:
    """Two files, one after the other and on two threads."""
    half = samples[: samples.size // 2]
    files = [rtnb.Clip(half, RATE_HZ).save(folder / f"{name}.wav") for name in "ab"]
    rows = []
    for cores in ("1", "2"):
        os.environ["RTNB_CORES"] = cores
        took = [
            timed(lambda: probabilities(files, engine="silero", cache=False, progress=False)) for _ in range(ROUNDS)
        ]
        rows.append(min((wall_s, cpu_s) for cpu_s, wall_s, _ in took))
    del os.environ["RTNB_CORES"]
    (one_s, one_cpu_s), (two_s, two_cpu_s) = rows
    print(
        f"\ntwo files, {half.size / RATE_HZ:.0f} s each: one thread {one_s:.2f} s ({one_cpu_s:.2f} CPU), "
        f"two {two_s:.2f} s ({two_cpu_s:.2f} CPU): {one_s / two_s:.2f} times as fast"
    )


def kept(samples: Samples, folder: Path) -> None:
    """The same file again, out of the cache."""
    file = rtnb.Clip(samples, RATE_HZ).save(folder / "hour.flac")
    store = TrackCache(folder / "cache")
    os.environ["RTNB_CACHE"] = str(store.place)
    cold = timed(lambda: probabilities(file, engine="silero", progress=False))[1]
    warm = min(timed(lambda: probabilities(file, engine="silero", progress=False))[1] for _ in range(ROUNDS))
    hashing = timed(lambda: source_of(file).digest())[1]
    print(
        f"\nFLAC of {samples.size / RATE_HZ:.0f} s ({file.stat().st_size / 1e6:.0f} MB): first time {cold:.2f} s, "
        f"out of the cache {1000 * warm:.0f} ms ({1000 * hashing:.0f} ms of it hashing); "
        f"the cache has {store.size_bytes / 1000:.0f} kB"
    )


COSTS = """
import json, sys, time
start = time.perf_counter()
import rtnb.vad
rtnb.vad.probabilities
imported = time.perf_counter()
engine = rtnb.vad.load_engine("silero")
loaded = time.perf_counter()
engine.network(1000)
opened = time.perf_counter()
def peak():
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

before = peak()
rtnb.vad.probabilities(sys.argv[1], engine=engine, cache=False, progress=False)
print(json.dumps([imported - start, loaded - imported, opened - loaded, before, peak()]))
"""


def costs(folder: Path) -> None:
    """A fresh process: what loading takes, and how memory grows with an hour in a file."""
    done = subprocess.run(
        [sys.executable, "-c", COSTS, str(folder / "hour.flac")], capture_output=True, text=True, check=True
    )
    imported, loaded, opened, before, after = json.loads(done.stdout)
    print(
        f"\nimport {1000 * imported:.0f} ms, engine {1000 * loaded:.0f} ms (ONNX Runtime and the sequence export), "
        f"blocks {1000 * opened:.0f} ms; memory {before:.0f} MB before the file, {after:.0f} MB at most during it"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--wheel")
    said = parser.parse_args()
    samples = hour(said.seconds)
    scale = 3600 * RATE_HZ / samples.size
    with tempfile.TemporaryDirectory(prefix="rtnb-tracks-") as name:
        tracks(samples, scale, stock_model(said.wheel, name))
        threads(samples, Path(name))
        kept(samples, Path(name))
        costs(Path(name))


if __name__ == "__main__":
    main()
