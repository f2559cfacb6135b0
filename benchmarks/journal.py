"""What a journal takes of the processor, and how much a killed process loses.

Usage: python benchmarks/journal.py [--seconds N] [--rounds N]

A process of its own takes in a session at real pace: ten chunks of audio received and ten sent a second, the most that
a talk has in both directions, through the log and the conversation; with a journal and without, in turn.
The cost is told in two ways: what the system says of the journals' thread alone, and the difference between the
processor times of the two processes. Then such a process is killed with SIGKILL, and what its journal holds is compared
with what it had said it had recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from serving import row

from rtnb.session.record.recording import load

WORK = """
import sys, time, threading
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import orjson, pybase64
from receiving import CHUNK_BYTES, answers, identifier
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.journal import Journal
from rtnb.session.record.log import EventLog
place, seconds = sys.argv[2], float(sys.argv[3])
frames = [orjson.dumps(each) for each in answers(int(seconds * 10) + 1, words=True)]
said = pybase64.b64encode(bytes(range(256)) * 19)[:6400].decode()
begun, used = time.monotonic(), time.process_time()
log, talk = EventLog(start_s=begun, start_wall_s=time.time()), Conversation()
journal = Journal.start(log, Path(place), "a benchmark", print) if place else None
tick = 0
for frame in frames:
    now_s = time.monotonic()
    talk.apply(log.receive(frame, now_s=now_s))
    if b"output_audio.delta" in frame[:60]:
        event = {"type": "input_audio_buffer.append", "audio": said, "event_id": identifier("event")}
        talk.apply(log.record(event, "sent", now_s=now_s))
        tick += 1
        if len(sys.argv) > 4:
            print(time.time(), len(log), flush=True)
        time.sleep(max(0.0, begun + tick / 10 - time.monotonic()))
used = time.process_time() - used
spent = 0.0
if journal is not None:
    thread = next(each for each in threading.enumerate() if each.name == "rtnb-journal")
    spent = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    journal.close()
print(orjson.dumps({"seconds": time.monotonic() - begun, "cpu_s": used, "thread_s": spent}).decode())
"""

HERE = str(Path(__file__).resolve().parent)


def paced(place: str, seconds: float) -> dict[str, float]:
    """One process at real pace."""
    command = [sys.executable, "-c", WORK, HERE, place, str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def killed(place: Path, seconds: float) -> float:
    """Seconds that a process lost that was killed after so many seconds."""
    command = [sys.executable, "-c", WORK, HERE, str(place), "600", "tell"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told: list[Any] = []
        for line in child.stdout:
            told.append(line.split())
            if float(told[-1][0]) - float(told[0][0]) > seconds:
                break
        os.kill(child.pid, signal.SIGKILL)
    (folder,) = place.iterdir()
    kept = len(load(folder).events)
    return float(told[-1][0]) - max(float(at) for at, count in told if int(count) <= kept)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    without, with_, alone = [], [], []
    for _ in range(options.rounds):
        found = paced("", options.seconds)
        without.append(100 * found["cpu_s"] / found["seconds"])
        with tempfile.TemporaryDirectory() as place:
            found = paced(place, options.seconds)
        with_.append(100 * found["cpu_s"] / found["seconds"])
        alone.append(100 * found["thread_s"] / found["seconds"])
    row("a session at real pace without a journal", f"{statistics.median(without):.2f} % of a core")
    row("the same with a journal", f"{statistics.median(with_):.2f} % of a core")
    row("the journals' thread alone", f"{statistics.median(alone):.2f} % of a core", "under 3 %")
    lost = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory() as place:
            lost.append(killed(Path(place), 3.0 + 0.13 * number))
    row("lost when killed with SIGKILL", f"{max(lost):.2f} s at the most of {len(lost)}", "at most 1 s")


if __name__ == "__main__":
    main()
