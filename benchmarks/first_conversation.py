"""The figures of a first conversation, measured in fresh processes.

Usage: python benchmarks/first_conversation.py [--turns N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import textwrap

IMPORT = "import time; t = time.perf_counter(); import rtnb; print(time.perf_counter() - t)"

TALK = """
import json, resource, time, rtnb
turns = {turns}
question = rtnb.Clip.load(rtnb.sample("weather_question"))
with rtnb.connect() as warm:                       # loads the voices
    warm.ask("Spell cat.")
    connect = []
    for _ in range(turns):
        begun = time.perf_counter()
        with rtnb.connect(turn_detection=None) as s:
            turn = s.ask("What is server VAD?")
            first = turn.view().latency.end_s + s._async.core.start_s
            connect.append(first - time.monotonic() + time.perf_counter() - begun)
    with rtnb.connect(turn_detection=rtnb.ServerVad(silence_duration_ms=200)) as s:
        speech = [t.latency.seconds for _ in range(turns) for t in s.stream(question).turns]
print(json.dumps(dict(connect=connect, speech=speech,
                      peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))
"""

DEMO = """
import resource, sys, tempfile
from rtnb.cli import main
sys.stdout = open("/dev/null", "w"); sys.stderr = sys.stdout
main(["demo", "--folder", tempfile.mkdtemp()])
sys.stdout = sys.__stdout__
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def fresh(code: str) -> str:
    """What a new interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True
    ).stdout.strip()


def row(name: str, value: str, goal: str) -> None:
    """One line of the table."""
    print(f"{name:<52} {value:>24}   {goal}")


def spread(values: list[float], unit: str = "s") -> str:
    """Median and range."""
    return f"{statistics.median(values):.3f} {unit} ({min(values):.3f}–{max(values):.3f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    fresh(IMPORT)
    imports = [float(fresh(IMPORT)) for _ in range(5)]
    talk = json.loads(fresh(TALK.format(turns=options.turns)))
    row("figure", "median (min–max)", "goal")
    row("import rtnb", spread(imports), "< 0.2 s")
    row("connect → first audio of a text turn, warm", spread(talk["connect"]), "< 0.5 s")
    row("end of speech → first audio, silence 200 ms", spread(talk["speech"]), "< 0.9 s")
    row("peak memory of rtnb demo", f"{float(fresh(DEMO)):.0f} MB", "< 700 MB")


if __name__ == "__main__":
    main()
