"""What a waveform of one hour costs the kernel: the first picture, a step of zoom, a spectrogram, and the floor; and
what one of a long talk costs, with its picture and on the loop of its session.

    python benchmarks/waveform.py [--seconds 3600] [--file call.wav] [--turns 240]

The hour is 16-bit samples at 24 kHz in memory: the labelled recordings, one after the other, again and again. *First
paint* is everything from the samples to the message that the page draws, the pyramid included; a *zoom step* is the
answer to the page's question for a stretch in view. The floor is one pass of ``np.minimum.reduce`` and
``np.maximum.reduce`` over all samples, which no outline that leaves nothing out can do without. Best of five each;
the zoom step is the slowest of all zooms from the hour to single samples.

The talk is as many turns as `--turns` says, one in ten seconds, each with detected speech and an answer in pieces of
100 ms. *Display* is everything that a cell waits for: the view made, its picture drawn, its first message. The floor of
the picture is that of one turn. *On the loop* is the processor time of the longest callback of the
session's loop while its view is made, while it is told of changes, and while its picture is drawn: so long no frame of
sound, which is 20 ms, is read from its socket.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rtnb
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.views.snapshots import Observer
from rtnb.widgets import Waveform
from rtnb.widgets.assets import WAVEFORM
from rtnb.widgets.waveform import parcels
from rtnb.widgets.waveform.given import told
from rtnb.widgets.waveform.talking import Talking
from rtnb.widgets.waveform.tracks import Sheet

ROUNDS = 5
WIDTH_PX = 1280
RATE_HZ = 24000
LIMITS = {"first paint, ms": 150.0, "first paint, KB": 100.0, "zoom step, ms": 30.0}
TALK_LIMITS = {"picture, ms": 500.0, "on the loop while it is made, ms": 20.0, "on the loop while it grows, ms": 20.0}


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


def talk_of(turns: int) -> Observer:
    """A session as the reducer has it after so many turns."""
    log, talk = EventLog(start_s=0.0, start_wall_s=1_795_000_000.0), Conversation()

    def told(t_s: float, event: dict[str, Any], way: Any = "received") -> None:
        talk.apply(log.record(event, way, now_s=t_s))

    noise = np.random.default_rng(1).integers(-9000, 9000, 2400, dtype=np.int16).tobytes()
    frame = base64.b64encode(noise).decode()
    told(0.1, {"type": "session.created", "session": {"model": "gpt-realtime", "type": "realtime"}})
    for turn in range(turns):
        at, item, response, answer = 10.0 * turn + 0.2, f"item_{turn}", f"resp_{turn}", f"answer_{turn}"
        audio_ms = 10_000 * turn
        for step in range(100):
            told(at + step / 10, {"type": "input_audio_buffer.append", "audio": frame}, "sent")
            if step == 5:
                started = {"type": "input_audio_buffer.speech_started", "item_id": item}
                told(at + 0.55, {**started, "audio_start_ms": audio_ms + 200})
            if step == 30:
                stopped = {"type": "input_audio_buffer.speech_stopped", "item_id": item}
                told(at + 3.02, {**stopped, "audio_end_ms": audio_ms + 3000})
                told(at + 3.03, {"type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": None})
                said = {"id": item, "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
                told(at + 3.04, {"type": "conversation.item.created", "item": said})
                told(at + 3.05, {"type": "response.created", "response": {"id": response, "status": "in_progress"}})
                mine = {"id": answer, "type": "message", "role": "assistant", "content": []}
                told(at + 3.06, {"type": "response.output_item.added", "response_id": response, "item": mine})
            if 31 <= step < 71:
                delta = {"type": "response.output_audio.delta", "response_id": response, "item_id": answer}
                told(at + step / 10 + 0.01, {**delta, "delta": frame})
            if step == 71:
                done = {"id": response, "status": "completed", "output": []}
                told(at + 7.12, {"type": "response.done", "response": done})
    return Observer(talk, log, "a server")


@contextmanager
def longest_callback(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> Iterator[list[float]]:
    """Processor time of the longest callback of a loop, in milliseconds: what else the machine does is not in it."""
    longest, run = [0.0], asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        try:
            run(handle)
        finally:
            if threading.current_thread() is thread:
                longest[0] = max(longest[0], 1000 * (time.thread_time() - begun))

    asyncio.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield longest
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]


def of_a_talk(turns: int) -> dict[str, float]:
    """A view of an open session that has talked for long."""
    seen, none = talk_of(turns), talk_of(0)
    figures: dict[str, float] = {"turns": len(seen.talk.turns), "events": len(seen.log)}
    with rtnb.connect(modalities=["text"], journal=False) as s:
        thread = s._call(threading.current_thread)
        loop = s._call(asyncio.get_running_loop)

        def view_of(observer: Observer) -> Waveform:
            # The session's own conversation is short: its loop looks at the long one instead.
            from rtnb.widgets.waveform import given

            kept, given.Observer = given.Observer, lambda *_: observer  # type: ignore[assignment, misc]
            view = Waveform(s)
            given.Observer = kept  # type: ignore[misc]
            view._taken.talking._observer = lambda: observer  # type: ignore[union-attr]
            return view

        view_of(none)._draw()
        with longest_callback(loop, thread) as longest:
            begun = time.perf_counter()
            view = view_of(seen)
            view._draw()
            parcels.sheet_parcel(view._sheet, view._sheet.entries, whole=True)
            figures["display of the talk, ms"] = 1000 * (time.perf_counter() - begun)
            figures["on the loop while it is made, ms"] = longest[0]
        with longest_callback(loop, thread) as longest:
            for _ in range(15):
                s._call(view._feed._touch)  # type: ignore[union-attr]
                time.sleep(0.25)
            figures["on the loop while it grows, ms"] = longest[0]
        with longest_callback(loop, thread) as longest:
            figures["picture, ms"] = best_ms(view._draw)
            figures["on the loop while it is drawn, ms"] = longest[0]
        empty = view_of(talk_of(1))
        figures["floor: picture of one turn, ms"] = best_ms(empty._draw)
    talking = Talking(lambda: seen)
    begun = time.thread_time()
    moment = talking.take()
    figures["looking at all turns, ms"] = 1000 * (time.thread_time() - begun)
    talking.sheet(moment)
    figures["looking again, ms"] = best_ms(talking.take)
    figures["sheet again, off the loop, ms"] = best_ms(lambda: talking.sheet(moment))
    return figures


def told_of(figures: dict[str, float], limits: dict[str, float]) -> None:
    for name, value in figures.items():
        limit = limits.get(name)
        print(f"{name:40} {value:14,.2f}{'' if limit is None else f'   at most {limit:g}'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--file")
    parser.add_argument("--turns", type=int, default=240)
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
    told_of(figures, LIMITS)
    print()
    told_of(of_a_talk(arguments.turns), TALK_LIMITS)


if __name__ == "__main__":
    main()
