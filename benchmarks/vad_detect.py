"""From a slider to new turns: detection and scores of one recording, beside the detector frame by frame.

    python benchmarks/vad_detect.py [--minutes 10] [--moves 60] [--corpus FOLDER]

The recording is made of the labelled ones, one after the other. A slider moves through the values of each parameter;
for every position the kernel finds the turns, scores them against the labels and lists the mistakes; `rtnb.VadLab` does
that and everything else between the page's message and the answer to it. Beside it, on the same positions: the
streaming detector of the embedded server, frame by frame, which the turns are compared with on the way.
One thread, everything in turn; processor time is what counts where others use the machine too.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

import rtnb
from rtnb.vad import Corpus, Detector, Event, Labels, Scoring, Segment, Setting, SpeechStopped, Track
from rtnb.vad.batch import detect_table, hop_ms_of, runs_of, thresholds_of
from rtnb.vad.scores.scoring import score_turns
from rtnb.vad.tracks.many import tracks_of
from rtnb.vad.tuning import default_tuning
from rtnb.widgets.vad.bench import Bench
from rtnb.widgets.vad.parcels import result

SCORING = Scoring(turn_gap_s=0.7)
GOAL_MS, GOAL_TURNS_MS = 30.0, 5.0


def recording(folder: str | Path, minutes: float) -> tuple[Track, Labels]:
    """So many minutes: the recordings again and again, with their labels."""
    corpus = Corpus.load(folder).labelled()
    tracks = [track for track in tracks_of(corpus) if isinstance(track, Track)]
    parts: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    segments: list[Segment] = []
    at_s = 0.0
    while at_s < 60 * minutes:
        for item, track in zip(corpus, tracks, strict=True):
            assert item.labels is not None
            segments += [Segment(at_s + each.start_s, at_s + each.end_s, each.speaker) for each in item.labels.segments]
            parts.append(track.p)
            at_s += track.duration_s
    frames = round(60 * minutes / tracks[0].hop_s)
    track = Track(np.concatenate(parts)[:frames].copy(), tracks[0].hop_s, tracks[0].engine)
    kept = tuple(each for each in segments if each.start_s < track.duration_s)
    return track, Labels(kept).within(track.duration_s)


def positions(moves: int) -> list[Setting]:
    """Where a slider of each parameter comes by."""
    third = max(1, moves // 3)
    return [
        *(Setting(threshold, 300, 500) for threshold in np.linspace(0.02, 0.98, third).round(3).tolist()),
        *(Setting(0.5, round(prefix), 500) for prefix in np.linspace(0, 1000, third)),
        *(Setting(0.5, 300, round(silence)) for silence in np.linspace(50, 2000, third)),
    ]


def streamed(track: Track, setting: Setting) -> list[float]:
    """The embedded server's detector, frame by frame: where each turn ends, in milliseconds."""
    detector = Detector(setting, hop_ms=hop_ms_of(track), tuning=setting.tuning())
    found: list[Event] = []
    for p in track.p.tolist():
        found += detector.push(p)
    while detector.speaking:
        found += detector.push(-1.0)
    return [event.speech_end_ms for event in found if isinstance(event, SpeechStopped)]


def took(work: Callable[[Setting], object], settings: Iterable[Setting]) -> list[float]:
    """Milliseconds of processor time for each position."""
    spent = []
    for setting in settings:
        begun = time.process_time_ns()
        work(setting)
        spent.append((time.process_time_ns() - begun) / 1e6)
    return spent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="From a slider to new turns.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--corpus", metavar="FOLDER", help="labelled recordings; those of rtnb by default")
    options = parser.parse_args()
    track, labels = recording(options.corpus or rtnb.sample("labelled"), options.minutes)
    settings = positions(options.moves)

    def table(setting: Setting) -> object:
        return detect_table(track, setting)

    def turns(setting: Setting) -> object:
        return detect_table(track, setting).turns()

    def drag(setting: Setting) -> object:
        found = detect_table(track, setting)
        length_s = track.duration_s
        return found.turns(), score_turns(found, labels, setting, scoring=SCORING, duration_s=length_s, track=track)

    def runs(setting: Setting) -> object:
        return runs_of(track.p, *thresholds_of(setting, default_tuning()))

    def frames(setting: Setting) -> object:
        return streamed(track, setting)

    clip = rtnb.Clip.silence(track.duration_s, rate_hz=16000)
    bench = Bench(clip, track, labels, Setting.of({}), default_tuning(), turn_gap_s=SCORING.turn_gap_s)

    def widget(setting: Setting) -> object:
        names = ("threshold", "prefix_padding_ms", "silence_duration_ms")
        return result(bench, bench.set({name: getattr(setting, name) for name in names}))

    rows: list[tuple[str, Callable[[Setting], object], list[Setting]]] = [
        ("one pass over the frames", runs, settings),
        ("turns as columns", table, settings),
        ("turns one by one", turns, settings),
        ("turns, score and mistakes", drag, settings),
        ("VadLab, from message to message", widget, settings),
        ("streaming detector, frame by frame", frames, settings[:: max(1, len(settings) // 9)]),
    ]
    for setting in settings:
        if detect_table(track, setting).end_ms.tolist() != streamed(track, setting):
            sys.exit(f"{setting}: the two do not find the same turns.")
    counted = len(labels.turns(SCORING.turn_gap_s))
    print(
        f"{track.duration_s / 60:.1f} min, {track.p.size} frames, {counted} labelled turns, {len(settings)} positions;"
    )
    print("the streaming detector finds the same turns.\n")
    print(f"{'milliseconds a position':36} {'median':>8} {'p95':>8} {'most':>8}")
    medians = {}
    gc.disable()
    for name, work, at in rows:
        spent = took(work, at)
        medians[name] = statistics.median(spent)
        print(f"{name:36} {medians[name]:8.2f} {np.percentile(spent, 95):8.2f} {max(spent):8.2f}")
    gc.enable()
    ratio = medians["streaming detector, frame by frame"] / medians["turns one by one"]
    print(f"\nturns: {ratio:.0f} times as fast as frame by frame")
    for what, name, goal in (
        ("a slider's move in VadLab", "VadLab, from message to message", GOAL_MS),
        ("turns alone", "turns one by one", GOAL_TURNS_MS),
    ):
        verdict = "met" if medians[name] <= goal else "MISSED"
        print(f"{what}: {medians[name]:.2f} ms, goal {goal:g} ms: {verdict}")


if __name__ == "__main__":
    main()
