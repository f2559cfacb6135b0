"""How long a frame of the microphone takes from the page's socket into the session: a real comm of a real kernel.

A kernel opens a session with the embedded server, with turn detection, and a Microphone. This process is the page: it
sends 60 ms of speech every 60 ms as a binary comm message. The kernel notes when the session has taken each frame (its
`append` has returned: the event is in the session's log and on the socket to the server). Both read the clock of one
machine. Measured while no cell runs; while one waits, and the page has a subshell, as JupyterLab makes it; and while
one computes in Python all the time, so that all threads of the kernel compete for its interpreter lock. The first three
seconds, in which the server loads what it hears with, count apart.

    python benchmarks/microphone.py [--seconds 20] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from queue import Empty
from typing import Any

import numpy as np

FRAME_S = 0.06
FIRST_S = 3.0

SET_UP = """
import json, time
import rtnb
from rtnb.widgets import Microphone
s = rtnb.connect(turn_detection=rtnb.ServerVad(create_response=False), journal=False)
s.append(rtnb.Clip.silence(0.5))
taken = []
inner = s._async
append = inner.append
async def timed(data):
    await append(data)
    taken.append(time.time())
inner.append = timed
mic = Microphone(s)
mic
"""

WAITS = "time.sleep({seconds})"

COMPUTES = """
end = time.monotonic() + {seconds}
count = 0
while time.monotonic() < end:
    count += sum(i * i for i in range(2000))
"""

END = "print(json.dumps([taken, mic.stats.lost, mic.stats.late])); s.close()"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    heads = f"{'p50':>8}{'p95':>8}{'max':>8}{'frames':>8}{'lost':>6}{'first 3 s p95':>15}"
    print(f"{'from the page to the session, ms':40}{heads}")
    for title, cell in (("no cell runs", ""), ("a cell waits", WAITS), ("a cell computes", COMPUTES)):
        rounds = [measured(options.seconds, cell) for _ in range(options.rounds)]
        first = round(FIRST_S / FRAME_S)
        times = np.concatenate([waits[first:] for waits, _ in rounds]) * 1000
        early = np.concatenate([waits[:first] for waits, _ in rounds]) * 1000
        p95 = [float(np.percentile(waits[first:], 95)) * 1000 for waits, _ in rounds]
        lost = sum(lost for _, lost in rounds)
        print(
            f"{title:40}{np.percentile(times, 50):8.1f}{np.percentile(times, 95):8.1f}{times.max():8.1f}"
            f"{len(times):8}{lost:6}{np.percentile(early, 95):15.1f}   p95 of the rounds:"
            f" {min(p95):.1f} to {max(p95):.1f}, median {statistics.median(p95):.1f} (goal: below 100)"
        )


def measured(seconds: float, code: str) -> tuple[Any, int]:
    """Seconds that each frame took while a cell runs, and how many did not come."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        comm = run(client, SET_UP)["comm"]
        subshell = _subshell(client) if code else None

        def say(content: dict[str, Any], *buffers: bytes) -> None:
            body = {"comm_id": comm, "data": {"method": "custom", "content": {"page": "p", **content}}}
            message = client.session.msg("comm_msg", body)
            if subshell is not None:
                message["header"]["subshell_id"] = subshell
            message["buffers"] = list(buffers)
            client.shell_channel.send(message)

        say({"type": "on", "device": "benchmark", "frame_ms": 60})
        frames = _spoken(round((FIRST_S + seconds) / FRAME_S))
        time.sleep(0.5)
        cell = client.execute(code.format(seconds=FIRST_S + seconds + 1)) if code else ""
        time.sleep(0.5)
        sent = []
        start = time.monotonic()
        for seq, frame in enumerate(frames):
            time.sleep(max(0.0, start + seq * FRAME_S - time.monotonic()))
            sent.append(time.time())
            say({"type": "frame", "seq": seq, "dropped": 0, "waiting_ms": 0}, frame)
            if seq % 16 == 15:
                say({"type": "beat", "sent": seq})
        time.sleep(1)
        if cell:
            _until_idle(client, cell)
        taken, lost, late = json.loads(run(client, END)["printed"])
        if lost or late or len(taken) != len(sent):
            return np.asarray(taken[: len(sent)]) - np.asarray(sent[: len(taken)]), len(sent) - len(taken) + lost
        return np.asarray(taken) - np.asarray(sent), 0
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _spoken(count: int) -> list[bytes]:
    """Speech, over and over."""
    import rtnb

    clip = rtnb.Clip.load(rtnb.sample("weather_question")).resample(24000)
    samples = np.frombuffer(clip.to_pcm16(), dtype="<i2")
    size = round(24000 * FRAME_S)
    whole = np.resize(np.concatenate([samples, np.zeros(24000, dtype="<i2")]), count * size)
    return [whole[i * size : (i + 1) * size].tobytes() for i in range(count)]


def _subshell(client: Any) -> str:
    """Have the kernel make one, as JupyterLab does for widgets."""
    asked = client.session.msg("create_subshell_request", {})
    client.control_channel.send(asked)
    while True:
        answer = client.get_control_msg(timeout=30)
        if answer["parent_header"].get("msg_id") == asked["header"]["msg_id"]:
            return str(answer["content"]["subshell_id"])


def run(client: Any, code: str) -> dict[str, str]:
    """Run a cell; what was printed, and the comm of the view it made."""
    return _until_idle(client, client.execute(code))


def _until_idle(client: Any, asked: str) -> dict[str, str]:
    found = {"printed": "", "comm": ""}
    while True:
        try:
            message = client.get_iopub_msg(timeout=120)
        except Empty:
            raise SystemExit("the kernel says nothing") from None
        content, kind = message["content"], message["msg_type"]
        mine = message["parent_header"].get("msg_id") == asked
        if kind == "comm_open" and "_esm" in content["data"].get("state", {}):
            found["comm"] = content["comm_id"]
        elif kind == "stream" and mine:
            found["printed"] += content["text"]
        elif kind == "error":
            raise SystemExit("\n".join(content["traceback"]))
        elif kind == "status" and mine and content["execution_state"] == "idle":
            return found


if __name__ == "__main__":
    main()
