"""How long a sweep takes, beside Silero's own segmentation of the same probabilities for the same settings.

    python benchmarks/vad_sweep.py [--corpus FOLDER] [--wheel silero_vad-6.2.3-py3-none-any.whl] [--fine]

An hour of speech: the labelled recordings again and again. 500 settings: ten thresholds times five prefix paddings
times ten silences. rtnb detects the turns, holds them against the labels, and counts everything that is in the table of
a sweep; Silero's ``get_speech_timestamps_from_probs``, taken as it is out of the wheel (``pip download --no-deps
silero-vad==6.2.3``), finds the segments and scores nothing. That both find the same is compared on the way. Both run on
one thread and in turn; processor time is what counts where others use the machine too. ``--fine`` adds a sweep of
80,000 settings in a process of its own, with the memory that it takes.
"""

from __future__ import annotations

import argparse
import ast
import functools
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import rtnb
from rtnb.vad import Corpus, Item, Scoring, Track, default_tuning
from rtnb.vad.batch import detect_table
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps.grid import Grid
from rtnb.vad.sweeps.measures import measures
from rtnb.vad.sweeps.sheet import Sheet
from rtnb.vad.sweeps.tally import tally
from rtnb.vad.tracks.many import tracks_of

TURN_GAP_S = 0.7
HOUR_S = 3600.0
THRESHOLDS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
PREFIXES_MS = (0, 100, 200, 300, 500)
SILENCES_MS = (100, 200, 300, 400, 500, 600, 700, 800, 1000, 1200)
FINE = {
    "threshold": np.linspace(0.02, 0.98, 97).round(4),
    "prefix_padding_ms": range(0, 1001, 50),
    "silence_duration_ms": range(100, 2001, 50),
}
HOP = 512
MEMBER, NAME = "silero_vad/utils_vad.py", "get_speech_timestamps_from_probs"
GOAL_MS, GOAL_TIMES = 50.0, 300.0


def silero(wheel: Path) -> Callable[..., list[dict[str, int]]]:
    """The wheel's own function; the rest of its module needs torch."""
    tree = ast.parse(zipfile.ZipFile(wheel).read(MEMBER))
    (found,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == NAME)
    tree.body = [found]
    room: dict[str, Any] = {"List": list}
    exec(compile(tree, MEMBER, "exec"), room)
    function: Callable[..., list[dict[str, int]]] = room[NAME]
    return function


def fetched(folder: str) -> Path:
    """The wheel from the package index."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "silero-vad==6.2.3"]
    subprocess.run(command, check=True)
    return next(Path(folder).glob("*.whl"))


def hour(folder: str | None) -> tuple[list[Item], list[Track]]:
    """The recordings again and again, for an hour at least."""
    corpus = Corpus.load(rtnb.sample("labelled") if folder is None else folder).labelled()
    tracks = [track for track in tracks_of(corpus, engine="silero") if isinstance(track, Track)]
    times = -(-HOUR_S // sum(track.duration_s for track in tracks))
    return list(corpus) * int(times), tracks * int(times)


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds."""

    wall: float
    processor: float


def timed(work: Callable[[], Any]) -> tuple[Took, Any]:
    """How long it takes, and what comes of it."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    return Took(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor)), found


def scored(items: Sequence[Item], tracks: Sequence[Track], **values: Any) -> dict[str, Any]:
    """Everything between the probabilities and the columns of the table."""
    tuning, scoring = default_tuning(), Scoring(turn_gap_s=TURN_GAP_S)
    grid = Grid.of(**values)
    found = tally(tracks, Sheet.of(items, tracks, TURN_GAP_S), grid, scoring=scoring, tuning=tuning)
    return measures(found, grid, scoring=scoring, tuning=tuning)


def segmented(function: Callable[..., list[dict[str, int]]], p: list[float], threshold: float, silence_ms: int) -> Any:
    """One setting by Silero."""
    return function(
        p,
        threshold=threshold,
        min_silence_duration_ms=silence_ms,
        min_speech_duration_ms=0,
        speech_pad_ms=0,
        sampling_rate=16000,
    )


def fine(folder: str | None) -> None:
    """80,000 settings, and the memory they take beyond what is there before."""
    items, tracks = hour(folder)
    scored(items, tracks, threshold=0.5, prefix_padding_ms=300, silence_duration_ms=200)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took, columns = timed(lambda: scored(items, tracks, **FINE))
    more_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    size = columns["turns"].size
    print(
        f"{size:,} settings:     {took.wall:8.0f} ms, processor {took.processor:.0f} ms, "
        f"{1000 * took.processor / size:.1f} us a setting, {more_mb:.0f} MB more at the peak"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="A sweep beside Silero's own segmentation.")
    parser.add_argument("--corpus", metavar="FOLDER", help="labelled recordings; those of rtnb by default")
    parser.add_argument("--wheel", metavar="FILE", type=Path, help="silero-vad 6.2.3; fetched by default")
    parser.add_argument("--fine", action="store_true", help="80,000 settings as well")
    parser.add_argument("--only-fine", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_fine:
        fine(options.corpus)
        return
    with tempfile.TemporaryDirectory() as folder:
        function = silero(options.wheel or fetched(folder))
    items, tracks = hour(options.corpus)
    grid = {"threshold": THRESHOLDS, "prefix_padding_ms": PREFIXES_MS, "silence_duration_ms": SILENCES_MS}
    ours: list[Took] = []
    theirs: list[Took] = []
    same = 0
    whole = np.concatenate([track.p for track in tracks])
    listed = whole.tolist()
    # In turn, so that whatever else the machine does hits both.
    for threshold in THRESHOLDS:
        for _ in SILENCES_MS:
            took, columns = timed(lambda: scored(items, tracks, **grid))
            ours.append(took)
        for silence_ms in SILENCES_MS:
            # The prefix padding has no part in it: every one takes the same again.
            for _ in PREFIXES_MS:
                took, segments = timed(functools.partial(segmented, function, listed, threshold, silence_ms))
                theirs.append(took)
            table = detect_table(Track(whole, 0.032, "silero"), Setting(threshold, 0, silence_ms))
            # Speech that is open at the end is said to last until there.
            mine = list(zip(table.onset_ms // 32, np.where(table.closed, table.end_ms // 32, whole.size), strict=True))
            same += mine == [(each["start"] // HOP, each["end"] // HOP) for each in segments]
    size = columns["turns"].size
    wall, processor = (statistics.median(getattr(each, name) for each in ours) for name in ("wall", "processor"))
    loop_wall, loop_processor = (sum(getattr(each, name) for each in theirs) for name in ("wall", "processor"))
    print(
        f"{whole.size * 0.032:.0f} s of audio in {len(items)} recordings, {columns['turns'][0]} turns; {size} settings"
    )
    print(
        f"rtnb, scored:        {wall:8.1f} ms, median (from {min(each.wall for each in ours):.1f}), processor "
        f"{processor:.1f} ms; goal: at most {GOAL_MS:.0f} ms"
    )
    print(f"Silero, not scored:  {loop_wall:8.0f} ms, processor {loop_processor:.0f} ms")
    print(
        f"ratio:               {loop_processor / processor:8.0f} of processor time, {loop_wall / wall:.0f} by the "
        f"clock; goal: at least {GOAL_TIMES:.0f}"
    )
    print(f"the same segments:   {same} of {len(ours)} pairs of threshold and silence")
    if options.fine:
        command = [sys.executable, __file__, "--only-fine"]
        subprocess.run([*command, "--corpus", options.corpus] if options.corpus else command, check=True)


if __name__ == "__main__":
    main()
