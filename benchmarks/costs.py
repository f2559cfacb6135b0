"""The figures of everything about money, measured in fresh processes.

Usage: python benchmarks/costs.py [--runs N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

RECORDING = Path(__file__).parents[1] / "notebooks" / "data" / "ten_minutes.rtnb"

WORK = """
import json, resource, sys, time
from pathlib import Path
def timed(work):
    begun = time.perf_counter(); result = work(); return time.perf_counter() - begun, result
import zipfile, orjson
def floor():
    with zipfile.ZipFile(sys.argv[1]) as archive:
        return [orjson.loads(line) for line in archive.read("events.jsonl").splitlines()]
found = {}
found["parse"], lines = timed(floor)
import rtnb.session
from rtnb import pricing, replay
found["replay"], talk = timed(lambda: replay(sys.argv[1]))
found["ledger"], ledger = timed(lambda: talk.ledger)
found["meter"], bill = timed(lambda: pricing.meter(ledger))
grid = pricing.policies(11_000)
pricing.project(1, "gpt-realtime")
found["what_if"], _ = timed(lambda: pricing.what_if(ledger, models=["gpt-realtime-2.1"], policies=grid))
found["project"], _ = timed(lambda: pricing.project(60, "gpt-realtime"))
found["events"], found["policies"] = len(lines), len(grid)
found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(found))
"""


def fresh() -> dict[str, float]:
    """One run of the work in a new interpreter."""
    done = subprocess.run([sys.executable, "-c", WORK, str(RECORDING)], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def command(*arguments: str) -> float:
    """Seconds that a whole command takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "rtnb", *arguments], check=True, capture_output=True)
    return time.perf_counter() - begun


def spread(values: list[float]) -> str:
    """Median and range in seconds."""
    return f"{statistics.median(values):.3f} s ({min(values):.3f}–{max(values):.3f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    found = [fresh() for _ in range(runs)]

    def of(name: str) -> list[float]:
        return [each[name] for each in found]

    nothing = [command("--version") for _ in range(runs)]
    rows = [
        ("rtnb --version (the interpreter's start)", spread(nothing)),
        ("rtnb prices", spread([command("prices") for _ in range(runs)])),
        ("rtnb cost, the ten-minute recording", spread([command("cost", str(RECORDING)) for _ in range(runs)])),
        (f"  its {found[0]['events']:,.0f} events unzipped and parsed (the floor)", spread(of("parse"))),
        ("  replay of it", spread(of("replay"))),
        ("  its ledger", spread(of("ledger"))),
        ("  its meter", spread(of("meter"))),
        (f"what_if, one model and {found[0]['policies']:.0f} policies", spread(of("what_if"))),
        ("project, 60 minutes", spread(of("project"))),
        ("peak memory of all of it", f"{statistics.median(of('peak_mb')):.0f} MB"),
    ]
    for name, value in rows:
        print(f"{name:<60} {value:>26}")


if __name__ == "__main__":
    main()
