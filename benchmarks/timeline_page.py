"""How fluid the timeline's page is: a scripted pan over 100,000 events in headless Chromium.

    .venv/bin/python benchmarks/timeline_page.py [--events 100000] [--frames 180] [--shot file.png] [--dark]

The page is a plain one that loads the widget's joined module with a model that only answers from memory. Printed are
the time between frames of an empty loop of requestAnimationFrame (the floor of that machine), of the same loop while
the view pans and zooms, and the time that drawing takes in it.
"""

from __future__ import annotations

import argparse
import base64
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtnb.session.timeline.families import FAMILIES, FAMILY_LABELS
from rtnb.widgets.assets import TIMELINE
from rtnb.widgets.timeline.parcels import FAMILY_TONES, Parcel
from rtnb.widgets.timeline.rows import LANES, TABLES, TONES

WIDTH = 1280

KINDS = [
    ["input_audio_buffer.append", "sent", "audio in", True],
    ["input_audio_buffer.speech_started", "received", "turn detection", False],
    ["input_audio_buffer.speech_stopped", "received", "turn detection", False],
    ["input_audio_buffer.committed", "received", "audio in", False],
    ["conversation.item.added", "received", "items", False],
    ["response.created", "received", "responses", False],
    ["response.output_audio.delta", "received", "audio out", True],
    ["response.output_audio_transcript.delta", "received", "text", True],
    ["response.output_audio_transcript.done", "received", "text", False],
    ["response.done", "received", "responses", False],
    ["conversation.item.input_audio_transcription.completed", "received", "transcription", False],
    ["response.function_call_arguments.done", "received", "tools", False],
    ["rate_limits.updated", "received", "session", False],
    ["error", "received", "errors", False],
]

PAGE = """<!doctype html><meta charset="utf-8"><style>%(css)s
body { --jp-layout-color0: %(ground)s; margin: 0; background: %(ground)s; font-family: system-ui, sans-serif; }
#here { width: %(width)dpx; }
</style><body data-jp-theme-light="%(light)s"%(dark)s>
<div id="here"></div><script type="module">%(esm)s
export const unused = 0;
window.start = (parcels) => {
  const handlers = {};
  const model = {
    get: (name) => (name === "settings" ? { closed: "", still: "" } : undefined),
    on: (name, does) => { (handlers[name] ??= []).push(does); }, off: () => {},
    send: (content) => { if (content.type === "hello") window.hello = content.page; },
  };
  initialize({ model });
  render({ model, el: document.getElementById("here") });
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const began = performance.now();
  for (const [content, buffers] of parcels) {
    const views = buffers.map(bytes);
    for (const does of handlers["msg:custom"]) does({ ...content, page: window.hello }, views);
  }
  window.engine = timelines.get("");
  return performance.now() - began;
};
window.frames = (count, does) => new Promise((done) => {
  const gaps = [];
  let last = null;
  const step = (now) => {
    if (last !== null) gaps.push(now - last);
    last = now;
    if (gaps.length >= count) return done(gaps);
    does?.(gaps.length / count);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
});
window.pan = (count, width) => {
  const engine = window.engine;
  return window.frames(count, (part) => {
    const start = part * (engine.durationS - width);
    engine.look({ start, end: start + width });
  });
};
window.zooming = (count) => window.frames(count, (part) => {
  const engine = window.engine;
  const width = engine.durationS * Math.exp(-9 * Math.sin(Math.PI * part));
  engine.look({ start: (engine.durationS - width) / 2, end: (engine.durationS + width) / 2 });
});
window.drawing = (width) => {
  // Without waiting for a frame: what the drawing itself takes on the main thread.
  const engine = window.engine;
  const times = [];
  const canvas = document.querySelector(".rtnb-tl-stage canvas");
  const ink = inksOf(document.querySelector(".rtnb-live"));
  for (let i = 0; i < 40; i++) {
    const start = (i / 40) * (engine.durationS - width);
    engine.view = { start, end: start + width };
    const began = performance.now();
    const place = layout(canvas.clientWidth, engine.runs, engine.shown, engine.view);
    paintTimeline(fitted(canvas, place.width, place.height), place, engine, ink);
    times.push(performance.now() - began);
  }
  return times;
};
window.ready = true;
</script>"""


def parcel(events: int, *, run: int = 0, runs: int = 1, seed: int = 1) -> Parcel:
    """A long talk of turns of three seconds of speech and five of answer, with sound every 20 ms."""
    noise = np.random.default_rng(seed)
    per_turn = 380
    turns = max(1, events // per_turn)
    rows: dict[str, list[tuple[tuple[float, ...], tuple[int, ...], str]]] = {name: [] for name in TABLES}
    times: list[float] = []
    kinds: list[int] = []
    peaks: list[bytes] = []

    def add(t: float, kind: int) -> int:
        times.append(t)
        kinds.append(kind)
        return len(times) - 1

    lane, tone, nan = LANES.index, TONES.index, float("nan")
    for turn in range(turns):
        t = 9.0 * turn + float(noise.uniform(0, 0.4))
        said = [add(t + 0.02 * i, 0) for i in range(150)]
        started = add(t + 0.4, 1)
        add(t + 3.0, 2)
        committed = add(t + 3.02, 3)
        add(t + 3.03, 4)
        created = add(t + 3.05, 5)
        first = t + 3.6 + float(noise.uniform(0, 0.3))
        long = int(noise.integers(80, 150))
        heard = [add(first + 0.015 * i, 6) for i in range(long)]
        for i in range(60):
            add(first + 0.03 * i, 7)
        tool = turn % 5 == 2
        if tool:
            add(t + 3.4, 11)
        add(first + 2.2, 8)
        done = add(first + 2.3, 9)
        add(t + 4.0, 10)
        add(first + 2.31, 12)
        cut = turn % 7 == 3
        if turn % 11 == 5:
            wrong = add(t + 3.2, 13)
            rows["marks"].append(((t + 3.2,), (wrong, lane("notices"), tone("err"), 0), "invalid_value: no such voice"))
        end = first + 0.04 * long
        rows["bars"] += [
            ((t, t + 3.0, t + 0.3, t + 2.5), (started, lane("detection"), tone("vad"), 1, 0, 0), "speech 2.20 s (3.00 s with padding)\n2.20 s"),  # noqa: E501
            ((t + 0.3, t + 2.6, nan, nan), (started, lane("transcripts"), tone("user"), 1, 0, 0), "“What’s the weather in Paris today?”"),  # noqa: E501
            ((t + 3.05, first + 2.3, first, nan), (created, lane("response"), tone("asst"), 0, 0, int(cut)),
             "■ cancelled · interrupted by speech\n■ cancelled\n■" if cut else "completed"),
            ((first + 0.1, end, nan, nan), (created, lane("transcripts"), tone("asst"), 2, 1, 0), "“It is twenty-one degrees and sunny in Paris.”"),  # noqa: E501
        ]  # fmt: skip
        if tool:
            rows["bars"].append(
                (
                    (t + 3.2, t + 3.9, t + 3.4, nan),
                    (created, lane("tools"), tone("tool"), 0, 0, 0),
                    "get_weather 0.70 s",
                )
            )
        if cut:
            at = first + 0.02 * long
            rows["marks"].append(
                ((at,), (done, lane("assistant"), tone("mark"), 1), "barge-in: 1.55 s of 3.00 s heard")
            )
        rows["marks"].append(
            ((t + 3.02,), (committed, lane("you"), tone("mark"), 0), "committed 3.00 s, by turn detection")
        )
        for label, begin, finish in (
            ("endpointing", t + 2.5, t + 3.0), ("speech end → first audio", t + 2.5, first), ("response → first audio", t + 3.05, first),  # noqa: E501
        ):  # fmt: skip
            rows["brackets"].append(
                (
                    (begin, finish),
                    (0xFFFFFFFF, 1),
                    f"{finish - begin:.2f} s · {label}\n{label}\n{finish - begin:.2f} s {label}",
                )
            )
        rows["turns"].append(((t,), (turn + 1,), ""))
        rows["costs"].append(((first + 2.3, 0.001, 0.0004, 0.002, 0.0034, 0.0034 * (turn + 1), 0.6), (done,), ""))
        shape = np.abs(np.sin(np.arange(150) / 9)) * noise.uniform(0.3, 1.0, 150)
        for side, begin, finish, number, mark in (
            ("you", t, t + 3.0, said[0], nan),
            ("assistant", first, end, heard[0], first + 0.02 * long if cut else nan),
        ):
            rows["waves"].append(((begin, finish, mark), (number, lane(side), 150), ""))
            peaks.append((shape * 255).astype(np.uint8).tobytes())
    order = np.argsort(times, kind="stable")
    begin = min(times)
    buffers = [
        np.rint((np.array(times)[order] - begin) / 1e-5).astype("<u4").tobytes(),
        np.array(kinds, np.uint16)[order].tobytes(),
    ]
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    tables = []
    for name, found in rows.items():
        kept = sorted(range(len(found)), key=lambda i: found[i][0][0])
        part = [found[i] for i in kept]
        floats, integers = TABLES[name]
        ints = np.array(
            [(int(places[each[1][0]]) if each[1][0] < len(places) else each[1][0], *each[1][1:]) for each in part]
            if name != "turns"
            else [each[1] for each in part],
            np.uint32,
        )
        tables.append({"name": name, "from": 0, "at": len(buffers), "texts": [each[2] for each in part]})
        buffers.append(np.array([each[0] for each in part]).reshape(-1, floats).T.tobytes())
        buffers.append(ints.reshape(-1, integers).T.tobytes())
        buffers.append(b"".join(peaks[i] for i in kept) if name == "waves" else b"")
    content: dict[str, Any] = {
        "type": "run", "run": run, "runs": runs, "reset": True, "from": 0, "begin_s": begin, "tick_s": 1e-5, "tables": tables,  # noqa: E501
        "kinds": [[name, way, FAMILIES.index(family), bulk] for name, way, family, bulk in KINDS],  # type: ignore[arg-type]
        "families": [{"name": FAMILY_LABELS[family], "tone": FAMILY_TONES[family]} for family in FAMILIES],
        "head": {"label": f"talk {run + 1}", "duration_s": max(times) + 1.0, "shift_s": 0, "wall_s": 1.7e9, "live": False},  # noqa: E501
    }  # fmt: skip
    return content, buffers


def page_text(*, dark: bool = False, width: int = WIDTH) -> str:
    """The page, without data."""
    return PAGE % {
        "css": TIMELINE.css(), "esm": TIMELINE.esm().replace("export default {", "const made = {"), "width": width,
        "light": "false" if dark else "true", "dark": ' class="theme-dark"' if dark else "", "ground": "#111418" if dark else "#fff",  # noqa: E501
    }  # fmt: skip


def in_page(parcels: Sequence[Parcel]) -> str:
    """As JSON, for `window.start`."""
    return json.dumps(
        [[content, [base64.b64encode(each).decode() for each in buffers]] for content, buffers in parcels]
    )


def quantiles(values: Sequence[float]) -> str:
    p50, p95 = np.quantile(values, [0.5, 0.95])
    return f"p50 {p50:5.1f} ms   p95 {p95:5.1f} ms   max {max(values):6.1f} ms"


def measure(parcels: Sequence[Parcel], given: argparse.Namespace) -> None:
    """Load the page with some parcels, pan and zoom, and print."""
    from playwright.sync_api import sync_playwright

    size = sum(len(json.dumps(content)) + sum(map(len, buffers)) for content, buffers in parcels)
    print(f"parcels                  {size / 1e6:.2f} MB")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": max(400, given.width + 20), "height": 900})
        page.on("pageerror", lambda error: print("page error:", error))
        page.set_content(page_text(dark=given.dark, width=given.width))
        page.wait_for_function("window.ready")
        print(f"floor, empty loop        {quantiles(page.evaluate('window.frames(120)'))}")
        print(f"taking the parcel        {page.evaluate(f'window.start({in_page(parcels)})'):.0f} ms")
        page.wait_for_timeout(300)
        if box := page.locator(".rtnb-tl-stage canvas").bounding_box():
            print(f"canvas                   {box['width']:.0f} x {box['height']:.0f} px")
        whole = page.evaluate("window.engine.durationS")
        looks = {"all but a tenth": 0.9 * whole, "ten minutes": 600.0, "one minute": 60.0, "five seconds": 5.0}
        for name, width in looks.items():
            if width < whole:
                print(f"pan, {name:<15}     {quantiles(page.evaluate(f'window.pan({given.frames}, {width})'))}")
                print(f"  drawing alone          {quantiles(page.evaluate(f'window.drawing({width})'))}")
        print(f"zoom in and out          {quantiles(page.evaluate(f'window.zooming({given.frames})'))}")
        page.evaluate("window.engine.shown.deltas = window.engine.shown.latencies = true")
        print(f"pan, one minute, all     {quantiles(page.evaluate(f'window.pan({given.frames}, 60)'))}")
        page.evaluate("window.engine.shown.deltas = window.engine.shown.latencies = false")
        if given.shot:
            page.evaluate(f"window.engine.look({{start: 0, end: {given.look_s or whole}}})")
            page.evaluate("window.engine.choose({run: 0, seq: 200, what: 'bars', lane: 'response', index: 2})")
            page.wait_for_timeout(300)
            page.locator(".rtnb-live").screenshot(path=given.shot)
        browser.close()


def main() -> None:
    """Read the options and measure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--frames", type=int, default=180)
    options.add_argument("--chromium", default="/usr/bin/chromium")
    options.add_argument("--real", action="store_true", help="the log of benchmarks/timeline.py, packed by the kernel")
    options.add_argument("--shot", type=Path)
    options.add_argument("--look-s", type=float, default=0.0, help="seconds of the screenshot; 0 for all")
    options.add_argument("--width", type=int, default=WIDTH)
    options.add_argument("--two", action="store_true", help="two runs, one above the other")
    options.add_argument("--dark", action="store_true")
    given = options.parse_args()
    if given.real:
        parcels = [packed(given.events)]
    else:
        parcels = [parcel(given.events, run=run, runs=1 + given.two, seed=run) for run in range(1 + given.two)]
    measure(parcels, given)


def packed(events: int) -> Parcel:
    """A long log as the kernel packs it, with the time that took."""
    from timeline import long_log

    from rtnb.session.record.recording import Recording
    from rtnb.session.timeline.growing import Growing
    from rtnb.session.timeline.seen import Eyes
    from rtnb.widgets.timeline.parcels import Packer

    log = long_log(events)
    observer = Recording(log, endpoint="made up", name="long talk")._observer
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        timeline = Growing().take(log, Eyes().look(observer))
        middle = time.perf_counter()
        made = Packer().whole(timeline)
        spent.append((1000 * (middle - began), 1000 * (time.perf_counter() - middle)))
    took, pack = (float(np.median(each)) for each in zip(*spent, strict=True))
    print(f"kernel                   {took + pack:.0f} ms: {took:.0f} ms timeline, {pack:.0f} ms parcel")
    return made


if __name__ == "__main__":
    main()
