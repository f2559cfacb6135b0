import assert from "node:assert/strict";
import { test } from "node:test";

import {
  captions, clipped, columnsOf, dotted, followed, kept, keyed, lengthText, loudest, marksOf, merged, momentText, numbered, peakOf, rgbOf, scaleOf, selected, shown,
  timeText, wanted, zoomedAt,
} from "../../rtnb/widgets/static/waveform_view.mjs";

const hour = { start: 0, end: 3600 };

test("moments are told as finely as they are apart", () => {
  assert.equal(timeText(1.5, 0.1), "1.5\u00a0s");
  assert.equal(timeText(0.00012, 1e-5), "0.00012\u00a0s");
  assert.equal(timeText(-2, 1), "−2\u00a0s");
  assert.equal(timeText(59.999, 0.01, true), "1:00.00");
  assert.equal(timeText(62.5, 0.1, true), "1:02.5");
  assert.equal(timeText(3600, 1, true), "1:00:00");
  assert.equal(lengthText(0.00004), "40\u00a0µs");
  assert.equal(lengthText(0.0042), "4.20\u00a0ms");
  assert.equal(lengthText(0.342), "342\u00a0ms");
  assert.equal(lengthText(12.5), "12.50\u00a0s");
});

test("a sound of a few samples is told in their unit", () => {
  const one = 1 / 24000;
  assert.equal(momentText(one, one), "42\u00a0µs");
  assert.equal(momentText(0, one), "0\u00a0µs");
  assert.equal(momentText(0.0042, 0.05), "4.2\u00a0ms");
  assert.equal(momentText(1.5, 7), "1.50\u00a0s");
  assert.equal(momentText(62, 3600), "1:02.00");
  const marks = marksOf({ start: 0, end: one }, 696).map((each) => each.text);
  assert.deepEqual(marks, ["0\u00a0µs", "10\u00a0µs", "20\u00a0µs", "30\u00a0µs", "40\u00a0µs"]);
  assert.deepEqual(marksOf({ start: 0, end: 0.02 }, 300).map((each) => each.text), ["0\u00a0ms", "10\u00a0ms", "20\u00a0ms"]);
});

test("numbers that would touch share a label, and none runs over the edge", () => {
  const measure = (text) => 7 * text.length;
  const at = (x, text) => ({ x, text });
  const told = (found) => found.map(({ x, text }) => [x, text]);
  assert.deepEqual(told(numbered([at(0, "1"), at(50, "2")], 100, measure)), [[0, "1"], [50, "2"]]);
  assert.deepEqual(told(numbered([at(0, "7"), at(5, "8"), at(9, "9"), at(60, "10")], 100, measure)), [[0, "7–9"], [60, "10"]]);
  assert.deepEqual(told(numbered([at(50, "1"), at(99, "2")], 100, measure)), [[50, "1"], [93, "2"]]);
  // The last ones end at the edge; where that reaches the one before, it is one label.
  assert.deepEqual(told(numbered([at(60, "1"), at(99, "20"), at(100, "21")], 100, measure)), [[60, "1–21"]]);
  for (const turns of [3, 40, 2000]) {
    const found = numbered(Array.from({ length: turns }, (_, i) => at((900 * i) / turns, String(i + 1))), 900, measure);
    found.forEach((each, i) => assert.ok(each.x + each.width <= (found[i + 1]?.x ?? 900.001), `${turns}: ${each.text}`));
    assert.equal(found.at(-1).text.split("–").at(-1), String(turns));
  }
});

test("an axis has marks from hours to samples, about as far apart as wished", () => {
  for (const width of [0.0005, 0.02, 1, 30, 600, 3600, 20000]) {
    const marks = marksOf({ start: 1.37, end: 1.37 + width }, 1000);
    assert.ok(marks.length >= 2 && marks.length <= 14, `${width}: ${marks.length}`);
    assert.equal(new Set(marks.map((each) => each.text)).size, marks.length, marks.map((each) => each.text).join());
  }
});

test("each column is of the finest outline that holds it", () => {
  const whole = { start: 0, end: 10, columns: 2, data: Int16Array.of(-9, 9, -8, 8) };
  const fine = { start: 2, end: 4, columns: 4, data: Int16Array.of(-1, 1, -2, 2, -3, 3, 32767, -32768) };
  const found = columnsOf([fine, whole], { start: 0, end: 10 }, 20);
  assert.deepEqual([...found.slice(0, 4)], [-9, 9, -9, 9]);
  assert.deepEqual([...found.slice(8, 16)], [-1, 1, -2, 2, -3, 3, 32767, -32768]);
  assert.deepEqual([...found.slice(38)], [-8, 8]);
});

test("a click of one sample is lost in no column", () => {
  const data = new Int16Array(2 * 1000);
  data[2 * 617 + 1] = 5000;
  const one = { start: 0, end: 10, columns: 1000, data };
  for (const width of [1, 7, 313, 1000, 1024]) {
    const found = columnsOf([one], { start: 0, end: 10 }, width);
    assert.equal(Math.max(...found), 5000, String(width));
  }
  assert.equal(peakOf(data), 5000);
  assert.equal(peakOf(Int16Array.of(32767, -32768)), 0);
});

test("the loudest in view is of the view alone", () => {
  const run = { start: 1, rate: 10, samples: Int16Array.of(9, 1, -5, 2, 90) };
  assert.equal(loudest([run], { start: 1.1, end: 1.25 }), 5);
  assert.equal(loudest([run], { start: 0, end: 3 }), 90);
  assert.equal(loudest([], { start: 0, end: 3 }), 0);
});

test("detail is asked for with some on both sides, and only where it is not there", () => {
  const view = { start: 100, end: 110 };
  const wish = wanted(view, hour, 1000);
  assert.deepEqual(wish, { start_s: 95, end_s: 115, columns: 2000 });
  assert.equal(shown([{ ...hour, columns: 2048 }], view, hour, 1000), false);
  assert.equal(shown([{ ...hour, columns: 2048 }], hour, hour, 1000), true);
  const answer = { start: 95, end: 115, columns: 2000 };
  assert.equal(shown([answer], view, hour, 1000), true);
  assert.equal(shown([answer], { start: 103, end: 108 }, hour, 1000), false);
  assert.equal(shown([{ ...answer, exact: true }], { start: 103, end: 108 }, hour, 1000), true);
  assert.deepEqual(wanted({ start: 0, end: 4 }, { start: 0, end: 4 }, 500), { start_s: 0, end_s: 4, columns: 500 });
  assert.equal(wanted({ start: 0, end: 1e-9 }, { start: 0, end: 10 }, 5000).columns <= 8192, true);
});

test("zooming keeps what is under the finger, and stays within the sound", () => {
  const view = zoomedAt({ start: 0, end: 3600 }, 0.5, 900, hour, 0.001);
  assert.equal((900 - view.start) / (view.end - view.start), 0.25);
  assert.deepEqual(zoomedAt(view, 100, 900, hour, 0.001), hour);
  const near = zoomedAt(view, 1e-12, 900, hour, 0.001);
  assert.ok(Math.abs(near.end - near.start - 0.001) < 1e-9);
  assert.deepEqual(kept(-5, 5, hour, 0.001), { start: 0, end: 10 });
  assert.deepEqual(kept(3595, 3605, hour, 0.001), { start: 3590, end: 3600 });
  // Something shorter than the shortest view.
  assert.deepEqual(kept(0, 0, { start: 0, end: 0 }, 0.5), { start: 0, end: 0.5 });
});

test("a view at the end follows what grows, one that looks back stays", () => {
  assert.deepEqual(followed({ start: 0, end: 10 }, { start: 0, end: 10 }, { start: 0, end: 12 }, 0.1), { start: 0, end: 12 });
  assert.deepEqual(followed({ start: 0, end: 40 }, { start: 0, end: 40 }, { start: 0, end: 42 }, 0.1), { start: 2, end: 42 });
  assert.deepEqual(followed({ start: 50, end: 60 }, { start: 0, end: 60 }, { start: 0, end: 61 }, 0.1), { start: 51, end: 61 });
  assert.deepEqual(followed({ start: 5, end: 15 }, { start: 0, end: 60 }, { start: 0, end: 61 }, 0.1), { start: 5, end: 15 });
});

test("texts end where the next one begins", () => {
  const rooms = captions([{ x: 0, width: 200 }, { x: 120, width: 30 }, { x: 130, width: 300 }], 300);
  assert.deepEqual(rooms[0], { x: 0, room: 110 });
  assert.equal(rooms[1], null);
  assert.deepEqual(rooms[2], { x: 130, room: 170 });
  // At the edge the last one ends there, and the one before keeps room for its beginning.
  assert.deepEqual(captions([{ x: 280, width: 60 }], 300)[0], { x: 240, room: 60 });
  assert.deepEqual(captions([{ x: 0, width: 400 }, { x: 290, width: 400 }], 300), [{ x: 0, room: 150 }, { x: 160, room: 140 }]);
  assert.deepEqual(captions([{ x: 200, width: 400 }, { x: 290, width: 400 }], 300)[1], null);
  const measure = (text) => 10 * text.length;
  assert.equal(clipped("What is the weather", 80, measure), "What is…");
  assert.equal(clipped("What", 80, measure), "What");
  assert.equal(clipped("What is", 15, measure), "");
});

test("a selection has a length and lies within the sound", () => {
  assert.deepEqual(selected(5, 2, hour), { start: 2, end: 5 });
  assert.deepEqual(selected(-5, 2, hour), { start: 0, end: 2 });
  assert.equal(selected(2, 2, hour), null);
});

test("keys are verbs, and those of the notebook are left alone", () => {
  assert.equal(keyed({ key: "+" }), "nearer");
  assert.equal(keyed({ key: "ArrowRight", shiftKey: true }), "grow");
  assert.equal(keyed({ key: "a", ctrlKey: true }), "all");
  assert.equal(keyed({ key: "," }), "earlier");
  for (const event of [{ key: "s", ctrlKey: true }, { key: "d" }, { key: "ArrowLeft", altKey: true }, { key: "Tab" }]) {
    assert.equal(keyed(event), null, JSON.stringify(event));
  }
});

test("entries are replaced by their key", () => {
  const known = [{ key: 0, a: 1 }, { key: 1, a: 1 }];
  assert.deepEqual(merged(known, [{ key: 1, a: 2 }, { key: 2, a: 2 }], false).map((each) => each.a), [1, 2, 2]);
  assert.deepEqual(merged(known, [{ key: 3, a: 3 }], true), [{ key: 3, a: 3 }]);
});

test("the scale of a spectrogram runs from clear to full", () => {
  const scale = scaleOf(rgbOf("#0072b2"), false);
  assert.equal(scale[3], 0);
  for (let level = 2; level < 256; level++) assert.ok(scale[4 * level + 3] >= scale[4 * (level - 1) + 3]);
  assert.equal(scale[4 * 255 + 3], 255);
  assert.equal(dotted(24000, 1 / 24000 / 10), true);
  assert.equal(dotted(24000, 1 / 24000), false);
});
