"""What a waveform of one hour costs the kernel: the first picture, a step of zoom, a spectrogram, and the floor.

    python benchmarks/waveform.py [--seconds 3600] [--file call.wav]

The hour is 16-bit samples at 24 kHz in memory: the labelled recordings, one after the other, again and again. *First
paint* is everything from the samples to the message that the page draws, the pyramid included; a *zoom step* is the
answer to the page's question for a stretch in view. The floor is one pass of ``np.minimum.reduce`` and
``np.maximum.reduce`` over all samples, which no outline that leaves nothing out can do without. Best of five each;
the zoom step is the slowest of all zooms from the hour to single samples.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rtnb
from rtnb.widgets.assets import WAVEFORM
from rtnb.widgets.waveform import parcels
from rtnb.widgets.waveform.given import told
from rtnb.widgets.waveform.tracks import Sheet

ROUNDS = 5
WIDTH_PX = 1280
RATE_HZ = 24000
LIMITS = {"first paint, ms": 150.0, "first paint, KB": 100.0, "zoom step, ms": 30.0}


def hour(seconds: float, file: str | None) -> NDArray[np.int16]:
    files = [Path(file)] if file else sorted(Path(rtnb.sample("labelled")).glob("*.flac"))
    once = np.concatenate([rtnb.Clip.load(each).resample(RATE_HZ).int16() for each in files])
    return np.resize(once, round(seconds * RATE_HZ))


def best_ms(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return 1000 * min(taken)


def size_of(parcel: parcels.Parcel) -> int:
    content, buffers = parcel
    return len(json.dumps(content)) + sum(map(len, buffers))


def zooms(sheet: Sheet) -> list[tuple[float, float]]:
    """Stretches as a page asks for them: the view with half of it on both sides."""
    middle, width = sheet.start_s + 0.37 * sheet.duration_s, sheet.duration_s
    found = []
    while width > 40 / RATE_HZ:
        found.append((max(sheet.start_s, middle - width), min(sheet.end_s, middle + width)))
        width /= 2
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--file")
    arguments = parser.parse_args()
    samples = hour(arguments.seconds, arguments.file)

    def first() -> parcels.Parcel:
        sheet = told(samples, rate_hz=RATE_HZ).take()
        return parcels.sheet_parcel(sheet, sheet.entries, whole=True)

    floor = best_ms(lambda: (np.minimum.reduce(samples), np.maximum.reduce(samples)))
    paint = best_ms(first)
    sheet = told(samples, rate_hz=RATE_HZ).take()
    parcels.sheet_parcel(sheet, sheet.entries, whole=True)
    steps = {}
    for start_s, end_s in zooms(sheet):
        columns = min(2 * WIDTH_PX, 8192)
        steps[end_s - start_s] = best_ms(lambda a=start_s, b=end_s, n=columns: parcels.window(sheet, a, b, n), 3)
    slowest = max(steps, key=lambda each: steps[each])
    figures = {
        "samples": len(samples),
        "floor: one pass of min and max, ms": floor,
        "first paint, ms": paint,
        "first paint over the floor": paint / floor,
        "first paint, KB": size_of(first()) / 1000,
        "zoom step, ms": steps[slowest],
        "slowest zoom step shows, s": slowest,
        "zoom step, KB at most": max(size_of(parcels.window(sheet, a, b, 2 * WIDTH_PX)) for a, b in zooms(sheet))
        / 1000,
        "pyramid, MB": sheet.tracks[0].sounds[0].pyramid.nbytes / 1e6,
        "spectrogram of all, ms": best_ms(lambda: parcels.picture(sheet, sheet.start_s, sheet.end_s, 900, 96), 2),
        "20 s to play, ms": best_ms(lambda: parcels.sound(sheet, 600.0, 620.0, None), 3),
        "the page's own code, once, KB": (len(WAVEFORM.esm()) + len(WAVEFORM.css())) / 1000,
    }
    for name, value in figures.items():
        limit = LIMITS.get(name)
        print(f"{name:40} {value:14,.2f}{'' if limit is None else f'   at most {limit:g}'}")


if __name__ == "__main__":
    main()
