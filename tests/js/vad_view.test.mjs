import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Latest, clock, dragged, figure, holding, moved, nudge, outline, pyramid, signed, spaced, ticks, touching, track, typed,
  within, zoomed, apart, covering, ours, passing } from "../../rtnb/widgets/static/vad_view.mjs";

const noise = (columns) => {
  const made = new Int8Array(2 * columns);
  for (let i = 0; i < columns; i++) {
    made[2 * i] = -((i * 37) % 101);
    made[2 * i + 1] = (i * 53) % 103;
  }
  return made;
};

test("no peak is lost at any zoom", () => {
  const base = new Int8Array(2 * 600_000);
  base[2 * 123_456 + 1] = 99;
  base[2 * 400_000] = -88;
  const levels = pyramid(base);
  assert.ok(levels.length > 3 && levels.at(-1).length <= 128);
  for (const view of [{ start: 0, end: 600 }, { start: 100, end: 420 }, { start: 123, end: 401 }]) {
    const shown = outline(levels, 0.001, view, 800);
    assert.equal(Math.max(...shown), 99);
    assert.equal(Math.min(...shown), -88);
  }
});

test("the outline of a level is that of the samples below it", () => {
  const base = noise(5000);
  const levels = pyramid(base);
  const shown = outline(levels, 0.001, { start: 0, end: 5 }, 5);
  for (let x = 0; x < 5; x++) {
    const part = base.slice(2000 * x, 2000 * (x + 1));
    assert.ok(shown[2 * x] <= Math.min(...part) && shown[2 * x + 1] >= Math.max(...part));
  }
  const near = outline(levels, 0.001, { start: 1, end: 1.01 }, 10);
  assert.deepEqual([...near], [...base.slice(2000, 2020)]);
});

test("beyond the sound there is silence, and beyond the track nothing", () => {
  assert.deepEqual([...outline(pyramid(noise(10)), 0.1, { start: 2, end: 4 }, 4)], new Array(8).fill(0));
  const p = Float32Array.of(0.25, 0.75, 0.5);
  assert.deepEqual([...track(p, 1, { start: 0, end: 4 }, 2)], [0.25, 0.75, 0.5, 0.5]);
  assert.ok([...track(p, 1, { start: 4, end: 6 }, 2)].every(Number.isNaN));
});

test("a spike of the track is seen in the widest view", () => {
  const p = new Float32Array(112_500);
  p[77_777] = 1;
  assert.equal(track(p, 0.032, { start: 0, end: 3600 }, 900).reduce((most, each) => Math.max(most, each), 0), 1);
});

test("zooming holds what is under the pointer, within the clip", () => {
  const view = { start: 10, end: 30 };
  const near = zoomed(view, 0.5, 15, 100, 0.5);
  assert.deepEqual(near, { start: 12.5, end: 22.5 });
  assert.deepEqual(zoomed(view, 100, 15, 100, 0.5), { start: 0, end: 100 });
  const least = zoomed(view, 1e-9, 15, 100, 0.5);
  assert.ok(Math.abs(least.end - least.start - 0.5) < 1e-9 && least.start <= 15 && least.end >= 15);
  assert.deepEqual(moved(view, 1000, 100), { start: 80, end: 100 });
  assert.deepEqual(moved(view, -1000, 100), { start: 0, end: 20 });
  assert.deepEqual(within(5, 6, 0.3, 0.5), { start: 0, end: 0.3 }, "a clip that is shorter than the least view");
  assert.equal(holding(view, 12, 14, 100, 0.5), view);
  const other = holding(view, 50, 52, 100, 0.5);
  assert.ok(other.start <= 50 && other.end >= 52 && other.end - other.start === 20);
});

test("ticks are apart, in words that fit", () => {
  assert.deepEqual(ticks({ start: 0, end: 30 }, 800).map((each) => each.text), ["0 s", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s"]);
  assert.equal(ticks({ start: 0, end: 3600 }, 800).at(-1).text, "1:00:00");
  for (const seconds of [0.05, 0.7, 3, 31, 240, 3600, 36_000]) {
    const made = ticks({ start: 0, end: seconds }, 800);
    assert.ok(made.length >= 2 && made.length <= 12, `${seconds} s: ${made.length}`);
    assert.equal(new Set(made.map((each) => each.text)).size, made.length);
  }
  assert.equal(clock(59.999), "60.00 s");
  assert.equal(clock(119.999), "2:00.00");
  assert.equal(clock(61.5, 0.1), "1:01.5");
  assert.equal(clock(3725, 1), "1:02:05");
});

test("only what touches the view is drawn", () => {
  const starts = Array.from({ length: 1000 }, (_, i) => 2 * i);
  const [first, last] = touching(1000, (i) => starts[i], (i) => starts[i] + 1, { start: 100.5, end: 110 });
  assert.deepEqual([first, last], [50, 55]);
  assert.deepEqual(touching(0, () => 0, () => 0, { start: 0, end: 1 }), [0, 0]);
});

test("a label stays a label, whatever the finger does", () => {
  const label = { start: 2, end: 3 };
  assert.deepEqual(dragged(label, "move", -5, 10), { start: 0, end: 1 });
  assert.deepEqual(dragged(label, "move", 50, 10), { start: 9, end: 10 });
  assert.deepEqual(dragged(label, "start", 9, 10), { start: 2.98, end: 3 });
  assert.deepEqual(dragged(label, "end", -9, 10), { start: 2, end: 2.02 });
  assert.deepEqual(dragged(label, "end", 90, 10), { start: 2, end: 10 });
  const press = (key, more = {}) => nudge({ key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...more });
  assert.deepEqual(press("ArrowLeft"), { mode: "move", byS: -0.05 });
  assert.deepEqual(press("ArrowRight", { shiftKey: true }), { mode: "end", byS: 0.05 });
  assert.deepEqual(press("ArrowRight", { altKey: true, ctrlKey: true }), { mode: "start", byS: 0.01 });
  assert.equal(press("a"), null);
});

test("numbers that would stand upon each other are left out", () => {
  const at = (...places) => places.map((x) => ({ x, width: 10 }));
  assert.deepEqual(spaced(at(0, 5, 20, 40, 41)), [true, false, true, true, false]);
  assert.deepEqual(spaced(at(0, 20, 40), 45), [true, true, false], "nor over the edge");
});

test("a hundred wishes while one is under way are one", () => {
  const asked = [];
  const latest = new Latest((value, seq) => asked.push([value, seq]));
  for (let i = 0; i < 100; i++) latest.want(i);
  assert.deepEqual(asked, [[0, 1]]);
  latest.answered(1);
  assert.deepEqual(asked, [[0, 1], [99, 2]]);
  latest.answered(1);
  latest.want(7);
  assert.equal(asked.length, 2, "an old answer frees nothing");
  latest.answered(2);
  latest.answered(3);
  latest.answered(3);
  assert.deepEqual(asked.at(-1), [7, 3]);
  latest.want(8);
  latest.want(9);
  latest.reset();
  assert.deepEqual(asked.at(-1), [9, 5], "a kernel that was restarted is asked anew");
});

test("figures are read as they are written", () => {
  assert.equal(figure(436.4, "ms"), "436\u00a0ms");
  assert.equal(figure(null, "ms"), "–");
  assert.equal(figure(NaN), "–");
  assert.equal(figure(-0.2), "0");
  assert.equal(signed(-12.4, "ms"), "−12\u00a0ms");
  assert.equal(signed(3, "ms"), "+3\u00a0ms");
  assert.equal(signed(0.2, "ms"), "±0\u00a0ms");
  assert.deepEqual(["0,4", " 12 ", "", "x", "1e3"].map(typed), [0.4, 12, null, null, 1000]);
});

test("numbers get the digits that tell them apart", () => {
  assert.deepEqual(apart(0.998, 1), ["0.998", "1.000"]);
  assert.deepEqual(apart(0.2, 0.5), ["0.20", "0.50"]);
  assert.deepEqual(apart(0.5, 0.5), ["0.50", "0.50"]);
});

test("a column says which share of its frames passes", () => {
  const p = Float32Array.from([0.9, 0.1, 0.9, 0.9, 0.1, 0.1]);
  assert.deepEqual([...passing(p, 0.1, { start: 0, end: 0.8 }, 4, 0.5)], [0.5, 1, 0, NaN]);
  assert.deepEqual([...passing(p, 0.1, { start: 0, end: 0.6 }, 1, 0)], [1]);
});

test("spans that overlap are counted once", () => {
  const spans = [{ start: 0, end: 1.5 }, { start: 0.5, end: 1 }, { start: 3, end: 9 }];
  assert.deepEqual([...covering(spans, { start: 0, end: 4 }, 4)], [1, 0.5, 0, 1]);
  assert.deepEqual([...covering(spans, { start: 1, end: 2 }, 2)], [1, 0]);
});

test("only keys that the lab has a use for are its own", () => {
  const key = (name, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
  for (const theirs of [key("s", { ctrlKey: true }), key("s", { metaKey: true }), key("Enter", { shiftKey: true }), key("Enter", { ctrlKey: true }), key("F5"), key("Tab"), key("Escape")]) {
    assert.equal(ours(theirs), false, theirs.key);
  }
  for (const own of [key(" "), key("d"), key("Delete"), key("ArrowLeft"), key("z", { ctrlKey: true })]) assert.equal(ours(own), true, own.key);
  assert.equal(ours(key("ArrowLeft", { shiftKey: true })), false);
  assert.equal(ours(key("ArrowLeft", { shiftKey: true }), { label: true }), true);
  assert.equal(ours(key("s", { ctrlKey: true }), { typing: true }), false);
  assert.equal(ours(key("a", { ctrlKey: true }), { typing: true }), true);
  assert.equal(ours(key("4"), { typing: true }), true);
});
