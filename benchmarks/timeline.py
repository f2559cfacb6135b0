"""How long the timeline of a long session takes: 100,000 events, from the log to what is drawn.

Usage: python benchmarks/timeline.py [PART ...] [--events N] [--rounds N]

build   a recording of N events that is in memory already: its timeline, made anew.
grow    the same timeline after 100 more events, as a live view asks for it.
search  one word in all events.
export  JSONL, and the trace for Perfetto.
still   what a saved notebook keeps of it (HTML with its picture, PNG, text), and the page that stands alone.

The session is made up: turns of spoken questions (20 ms appends) and answers (100 ms deltas of sound and their
transcript), as the service sends them, with real speech, ids as long as the service's, barge-ins, function calls, rate
limits and changes of settings.
"""

from __future__ import annotations

import argparse
import base64
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import rtnb
from rtnb.audio.formats import PCM16
from rtnb.session.record.log import EventLog
from rtnb.session.record.recording import Recording
from rtnb.session.timeline.growing import Growing
from rtnb.session.timeline.seen import Eyes

APPEND_S, DELTA_S = 0.02, 0.1
QUESTION_S, ANSWER_S, THINKING_S = 3.0, 5.0, 0.4

Json = dict[str, Any]


def identifier(prefix: str, dice: random.Random) -> str:
    """As long as the service's."""
    return f"{prefix}_{dice.getrandbits(104):026x}"[: len(prefix) + 22]


@cache
def speech() -> bytes:
    """Real speech, over and over."""
    clip = rtnb.Clip.load(rtnb.sample("weather_question")).resample(PCM16.rate_hz)
    return PCM16.encode(clip.samples, PCM16.rate_hz)


@cache
def piece(start_ms: int, length_ms: int) -> str:
    """Base64 of a piece of it."""
    data, rate = speech(), PCM16.bytes_per_ms
    start = start_ms * rate % (len(data) - length_ms * rate)
    return base64.b64encode(data[start : start + length_ms * rate]).decode()


def talk(dice: random.Random) -> Iterator[tuple[float, str, Json]]:
    """A session without an end: when, which way, what."""
    t_s, sent_ms = 0.0, 0
    config: Json = {
        "type": "realtime", "model": "gpt-realtime-2.1", "id": identifier("sess", dice), "instructions": "Be brief.",
        "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000},
                            "transcription": {"model": "gpt-4o-mini-transcribe"},
                            "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300,
                                               "silence_duration_ms": 500, "create_response": True,
                                               "interrupt_response": True}},
                  "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin"}},
    }  # fmt: skip

    def server(body: Json) -> tuple[float, str, Json]:
        return t_s, "received", {"event_id": identifier("event", dice), **body}

    def client(body: Json) -> tuple[float, str, Json]:
        return t_s, "sent", {"event_id": identifier("event", dice), **body}

    yield server({"type": "session.created", "session": config})
    previous: str | None = None
    cut = False
    for turn in range(1_000_000):
        user, answer, response = (identifier(kind, dice) for kind in ("item", "item", "resp"))
        if turn % 20 == 5:
            config = {**config, "instructions": f"Be brief, part {turn}."}
            yield client({"type": "session.update", "session": {"instructions": config["instructions"]}})
            t_s += 0.03
            yield server({"type": "session.updated", "session": config})
        start_ms = sent_ms
        for step in range(int(QUESTION_S / APPEND_S)):
            if step == 20:
                yield server({"type": "input_audio_buffer.speech_started", "item_id": user,
                              "audio_start_ms": start_ms + 40})  # fmt: skip
            yield client({"type": "input_audio_buffer.append", "audio": piece(sent_ms % 20_000, 20)})
            sent_ms, t_s = sent_ms + 20, t_s + APPEND_S
        yield server({"type": "input_audio_buffer.speech_stopped", "item_id": user, "audio_end_ms": sent_ms})
        yield server({"type": "input_audio_buffer.committed", "item_id": user, "previous_item_id": previous})
        item: Json = {"id": user, "type": "message", "role": "user", "status": "completed",
                      "content": [{"type": "input_audio", "transcript": None}]}  # fmt: skip
        yield server({"type": "conversation.item.added", "item": item, "previous_item_id": previous})
        said: Json = {"id": answer, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        made: Json = {"id": response, "status": "in_progress", "conversation_id": "conv_1", "output": []}
        yield server({"type": "response.created", "response": made})
        t_s += THINKING_S * dice.uniform(0.6, 2.0)
        of: Json = {"response_id": response, "output_index": 0}
        yield server({"type": "response.output_item.added", **of, "item": said})
        of |= {"item_id": answer, "content_index": 0}
        yield server({"type": "conversation.item.input_audio_transcription.completed", "item_id": user,
                      "content_index": 0, "transcript": f"What is the answer to question {turn}?",
                      "usage": {"type": "tokens", "total_tokens": 40, "input_tokens": 30, "output_tokens": 10,
                                "input_token_details": {"audio_tokens": 30, "text_tokens": 0}}})  # fmt: skip
        if cut:
            # The question before it interrupted an answer that the client has truncated meanwhile.
            yield client({"type": "conversation.item.truncate", "item_id": previous, "content_index": 0,
                          "audio_end_ms": 4400})  # fmt: skip
            yield server({"type": "conversation.item.truncated", "item_id": previous, "content_index": 0,
                          "audio_end_ms": 4400})  # fmt: skip
        cut = turn % 5 == 4
        for step in range(int(ANSWER_S / DELTA_S)):
            yield server({"type": "response.output_audio.delta", **of, "delta": piece(step * 100, 100)})
            yield server({"type": "response.output_audio_transcript.delta", **of, "delta": f"word {step} "})
            t_s += DELTA_S / 4
            for _ in range(1 if step % 4 else 2):
                yield client({"type": "input_audio_buffer.append", "audio": piece(0, 20)})
                sent_ms += 20
        text = " ".join(f"word {step}" for step in range(int(ANSWER_S / DELTA_S)))
        yield server({"type": "response.output_audio_transcript.done", **of, "transcript": text})
        given = 200 + 60 * (turn % 60)
        made = {**made, "status": "completed", "output": [
            {**said, "status": "completed", "content": [{"type": "output_audio", "transcript": text}]}],
            "usage": {"total_tokens": given + 120, "input_tokens": given, "output_tokens": 120,
                      "input_token_details": {"text_tokens": 100, "audio_tokens": given - 100,
                                              "cached_tokens": 64 * (given // 128),
                                              "cached_tokens_details": {"text_tokens": 64, "audio_tokens":
                                                                        64 * (given // 128) - 64}},
                      "output_token_details": {"text_tokens": 20, "audio_tokens": 100}}}  # fmt: skip
        yield server({"type": "response.done", "response": made})
        yield server({"type": "rate_limits.updated", "rate_limits": [
            {"name": "tokens", "limit": 40_000, "remaining": 40_000 - given, "reset_seconds": 0.5}]})  # fmt: skip
        previous = answer
        if not cut:
            t_s += ANSWER_S * 0.75


def long_log(events: int, *, seed: int = 8) -> EventLog:
    """A session of so many events."""
    log = EventLog(start_s=0.0, start_wall_s=1_795_000_000.0)
    for (t_s, way, body), _ in zip(talk(random.Random(seed)), range(events), strict=False):
        log.record(body, "sent" if way == "sent" else "received", now_s=t_s)
    return log


def lasted(work: Callable[[], object], rounds: int) -> str:
    """How long something takes, and how much of that it has the processor for: medians of some rounds."""
    spent, busy = [], []
    for _ in range(rounds):
        gc.collect()
        begun, worked = time.perf_counter(), time.thread_time()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
        busy.append((time.thread_time() - worked) * 1000)
    return f"{statistics.median(spent):.0f} ms ({min(spent):.0f}–{max(spent):.0f}; processor {min(busy):.0f})"


def told(name: str, value: str) -> None:
    print(f"{name:<58} {value}")


def build(args: argparse.Namespace) -> None:
    """From a recording in memory to the lanes."""
    observer = args.observer
    told("look (turns, latencies, money), anew", lasted(lambda: Eyes().look(observer), args.rounds))
    seen = Eyes().look(observer)
    told("take (all events as columns, runs, gaps), anew", lasted(lambda: Growing().take(args.log, seen), args.rounds))
    timeline = Growing().take(args.log, seen)
    told("lanes (bars and marks)", lasted(lambda: timeline.lanes, args.rounds))
    whole = lasted(lambda: Growing().take(args.log, Eyes().look(observer)).lanes, args.rounds)
    told("all three", f"{whole}; at most 300 ms with the page's payload")
    bars = sum(len(lane.bars) + len(lane.marks) for lane in timeline.lanes)
    told("events, runs, bars and marks, brackets",
         f"{len(timeline):,}, {len(timeline.runs):,}, {bars:,}, {len(timeline.brackets):,}")  # fmt: skip


def grow(args: argparse.Namespace) -> None:
    """What a live view costs: the same again, where hardly anything has changed."""
    observer, eyes, growing = args.observer, Eyes(), Growing()
    growing.take(args.log, eyes.look(observer))
    told("look again, on the session's loop", lasted(lambda: eyes.look(observer), args.rounds))
    seen = eyes.look(observer)
    told("take again", lasted(lambda: growing.take(args.log, seen), args.rounds))


def find(args: argparse.Namespace) -> None:
    """One word in all events."""
    timeline = Growing().take(args.log, Eyes().look(args.observer))
    told("search for a word", lasted(lambda: timeline.search("question 7"), args.rounds))
    told("search for a type", lasted(lambda: timeline.search("output_audio.delta"), args.rounds))
    told("detail of an event", lasted(lambda: timeline.detail(50_000 % len(timeline)), args.rounds))


def still(args: argparse.Namespace) -> None:
    """What a saved notebook keeps of it, and the page without scripts."""
    from rtnb.plots.timeline.bundle import STILL_CAP, timeline_bundle
    from rtnb.plots.timeline.page import timeline_page

    timeline = Growing().take(args.log, Eyes().look(args.observer))
    rounds = min(3, args.rounds)
    kept = timeline_bundle(timeline)  # fonts are looked up once
    told("still (HTML, PNG, text)", lasted(lambda: timeline_bundle(timeline), rounds))
    parts = ", ".join(f"{len(data) / 1000:.0f} kB of {kind}" for kind, data in kept.items())
    told("its size", f"{parts}; at most {STILL_CAP / 1000:.0f} kB of HTML and PNG together")
    told("levels of an answer's side, 780 columns", lasted(
        lambda: timeline.levels("output", 0.0, timeline.duration_s, 780), rounds))  # fmt: skip
    told("HTML page", lasted(lambda: timeline_page(timeline), 1))
    told("its size", f"{len(timeline_page(timeline)) / 1e6:.1f} MB")


def export(args: argparse.Namespace) -> None:
    """Files."""
    timeline = Growing().take(args.log, Eyes().look(args.observer))
    with tempfile.TemporaryDirectory() as folder:
        for name, write in (("JSONL", timeline.to_jsonl), ("trace for Perfetto", timeline.to_perfetto)):
            place = Path(folder) / "run"
            spent = lasted(lambda write=write, place=place: write(place), 1)  # type: ignore[misc]
            told(name, f"{spent}, {place.stat().st_size / 1e6:.1f} MB")


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "build": build,
    "grow": grow,
    "search": find,
    "export": export,
    "still": still,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", default=list(PARTS))
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    if unknown := [part for part in args.parts if part not in PARTS]:
        parser.error(f"{unknown[0]!r} is no part; there are {', '.join(PARTS)}.")
    args.log = long_log(args.events)
    args.recording = Recording(args.log, endpoint="made up", name="long talk")
    args.observer = args.recording._observer
    for part in args.parts:
        PARTS[part](args)


if __name__ == "__main__":
    main()
