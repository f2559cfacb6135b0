"""The recognisers side by side: seconds to load, memory, seconds for an utterance, word error rate.

Usage: python benchmarks/ears.py [NAME ...]

Each runs in a process of its own. The speech is what rtnb brings: the samples, and sentences that its voice reads.
Word error rate counts letters and digits only; numbers are compared as they are written.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

NAMES = ("whisper-tiny.en", "whisper-base")
WEATHER = "What is the weather in Paris?"
SENTENCES = (
    "She found an old map under the floor of the kitchen.",
    "Nobody in the village remembered who had drawn it.",
    "Please turn off the kitchen lights and close the window.",
    "I would like to fly to London on Monday morning.",
    "The lighthouse keeper climbed the stairs before the sun had set.",
    "My friend Anna plays the violin in an orchestra.",
    "Could you tell me how long the journey takes?",
    "Every morning the baker puts fresh bread on the shelf.",
)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Words to insert, drop or change: the least edit distance."""
    costs = list(range(len(heard) + 1))
    for row, word in enumerate(said, 1):
        before, costs = costs, [row]
        for at, other in enumerate(heard, 1):
            costs.append(min(before[at - 1] + (word != other), before[at] + 1, costs[at - 1] + 1))
    return costs[-1]


def memory_mb() -> float:
    """Resident memory of this process now; its peak where the system does not say."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def measure(name: str) -> None:
    import rtnb
    from rtnb.audio import Clip
    from rtnb.speech import HibariVoice
    from rtnb.speech.engines import load_ear

    voice = HibariVoice()
    question = Clip.load(rtnb.sample("weather_question"))
    clips = [(WEATHER, question.samples, question.rate_hz)]
    clips += [(text, voice.synthesize(text), voice.rate_hz) for text in SENTENCES]
    before_mb, start = memory_mb(), time.perf_counter()
    ear = load_ear(name)
    load_s = time.perf_counter() - start
    seconds, wrong, count = [], 0, 0
    for text, samples, rate_hz in clips:
        start = time.perf_counter()
        heard = ear.transcribe(samples, rate_hz)
        seconds.append(time.perf_counter() - start)
        wrong, count = wrong + errors(words(text), words(heard.text)), count + len(words(text))
    mean_s, most_s = sum(seconds) / len(seconds), max(seconds)
    print(
        f"{name:24} {load_s:6.2f} s {memory_mb() - before_mb:8.0f} MB {mean_s:10.3f} s {most_s:8.3f} s "
        f"{100 * wrong / count:7.1f} % of {count} words",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Recognisers side by side: time, memory, word error rate.")
    what = f"a recogniser: a plugin's name, module:callable, or {' or '.join(NAMES)} (both where none is named)"
    parser.add_argument("names", nargs="*", metavar="NAME", help=what)
    parser.add_argument("--one", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        measure(options.one)
        return
    print(f"{'recogniser':24} {'load':>8} {'memory':>11} {'mean':>12} {'longest':>10} {'word errors':>9}", flush=True)
    for name in options.names or NAMES:
        subprocess.run([sys.executable, __file__, "--one", name], check=True)


if __name__ == "__main__":
    main()
