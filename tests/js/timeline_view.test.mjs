import assert from "node:assert/strict";
import { test } from "node:test";

import { all } from "./timeline_joined.mjs";

const {
  AXIS_PX, Growing, LANES, NO_ROW, RUN_GAP_S, ROW_PX, Run, Table, bracketText, burstOf, chipsOf, closest, columnsOf, dayTime, deltasOf,
  firstAt, followed, hit, kept, keyMeans, lanesWith, lasting, layout, matching, merged, next, nextFound, peakLevels, peaksAt, scaled,
  shortened, slid, stacked, step, usd,
} = all();

const KINDS = [["response.created", "received", 0, false], ["response.output_audio.delta", "received", 1, true],
  ["input_audio_buffer.append", "sent", 2, true], ["error", "received", 3, false], ["response.done", "received", 0, false]];
const FAMILIES = ["Responses", "Audio out", "Audio in", "Errors"].map((name) => ({ name, tone: "asst" }));
const shown = (more = {}) => ({ hidden: new Set(), deltas: false, latencies: false, ...more });
const lane = (key) => LANES.findIndex((each) => each.key === key);

const rows = (run, name, from, numbers, integers, texts, peaks = []) => {
  const columns = (values, Kind) => (values.length ? Kind.from(values[0].flatMap((_, c) => values.map((row) => row[c]))) : new Kind(0));
  run.put(name, { from, texts }, columns(numbers, Float64Array), columns(integers, Uint32Array), Uint8Array.from(peaks));
};

const talk = () => {
  const run = new Run();
  run.head = { duration_s: 10 };
  run.families = FAMILIES;
  run.name(KINDS);
  const times = [1, 1.1, 1.2, 1.3, 2.5, 2.6, 2.7, 5, 6];
  const kinds = [0, 1, 1, 1, 1, 1, 3, 2, 4];
  run.append(Float64Array.from(times), Uint16Array.from(kinds));
  return run;
};

test("searches by halves and by steps agree with looking at all", () => {
  const values = Array.from({ length: 300 }, (_, i) => Math.floor(i / 3));
  for (const wanted of [-1, 0, 0.5, 7, 42.2, 99, 100, 500]) {
    const plain = values.findIndex((value) => value >= wanted);
    const expected = plain < 0 ? values.length : plain;
    assert.equal(firstAt((i) => values[i], values.length, wanted), expected);
    for (const from of [0, 1, 5, 200]) assert.equal(next(values, values.length, wanted, from), Math.max(from, expected));
  }
  assert.equal(next([], 0, 1, 0), 0);
});

test("numbers grow without being lost", () => {
  const growing = new Growing(Float64Array, 2);
  growing.push(1);
  growing.append([2, 3, 4]);
  growing.append([]);
  growing.push(5);
  assert.deepEqual([...growing.values.subarray(0, growing.length)], [1, 2, 3, 4, 5]);
});

test("a table keeps its first rows and takes others behind them", () => {
  const table = new Table({ floats: ["start", "end"], ints: ["seq"] });
  table.splice(0, Float64Array.of(0, 1, 2, 9, 2, 3), Uint32Array.of(7, 8, 9), ["a", "b", "c"]);
  assert.deepEqual([...table.reach], [9, 9, 9]);
  assert.deepEqual(table.touching({ start: 5, end: 6 }), [0, 3]);
  table.splice(1, Float64Array.of(1, 2), Uint32Array.of(5), ["d"]);
  assert.deepEqual([table.count, [...table.start], [...table.end], [...table.seq], table.text], [2, [0, 1], [9, 2], [7, 5], ["a", "d"]]);
  assert.deepEqual(table.touching({ start: 9.5, end: 10 }), [2, 2]);
});

test("deltas that follow each other are one with a count; a pause begins another", () => {
  const run = talk();
  assert.ok(2.5 - 1.3 > RUN_GAP_S);
  assert.deepEqual(run.bursts[1].map(({ count, first, last }) => [count, first, last]), [[3, 1, 3], [2, 4, 5]]);
  assert.deepEqual(run.counts, [2, 0, 0, 1]);
  assert.equal(deltasOf([run]), 6);
  assert.equal(burstOf(run, 5), run.bursts[1][1]);
  // What goes on is taken in as it comes, as one with what was there.
  run.append(Float64Array.of(6.1), Uint16Array.of(1));
  run.append(Float64Array.of(6.2), Uint16Array.of(1));
  assert.deepEqual(run.bursts[1].map(({ count }) => count), [3, 2, 2]);
  assert.deepEqual(chipsOf([run, run]).find(({ name }) => name === "Errors"), { name: "Errors", tone: "asst", count: 2, deltas: 0 });
});

test("steps go over what chips hide, and a collapsed run is one step", () => {
  const run = talk();
  const walk = (options) => {
    const made = [];
    for (let seq = step(run, -1, 1, options); seq >= 0; seq = step(run, seq, 1, options)) made.push(seq);
    return made;
  };
  assert.deepEqual(walk(shown()), [0, 1, 4, 6, 7, 8]);
  assert.deepEqual(walk(shown({ deltas: true })), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(walk(shown({ hidden: new Set(["Audio out", "Errors"]) })), [0, 7, 8]);
  assert.equal(step(run, 4, -1, shown()), 1);
  assert.equal(step(run, 0, -1, shown()), -1);
});

test("events in a view are columns of pixels, none lost at any zoom", () => {
  const times = Float64Array.from({ length: 100_000 }, (_, i) => i * 0.02);
  assert.deepEqual(columnsOf(times, times.length, { start: 0, end: 2000 }, 1000), [0, 1000]);
  const spikes = Float64Array.of(3, 777.7, 1999.99);
  const found = columnsOf(spikes, 3, { start: 0, end: 2000 }, 1000);
  assert.deepEqual(found, [1, 1, 388, 1, 999, 1]);
  assert.deepEqual(columnsOf(spikes, 3, { start: 777, end: 778 }, 100), [70, 1]);
  assert.deepEqual(columnsOf(spikes, 3, { start: 100, end: 200 }, 100), []);
  assert.deepEqual(columnsOf(Float64Array.of(-1, 1), 2, { start: -2, end: 2 }, 4), [1, 1, 3, 1]);
});

test("narrow bars that touch are one, wide ones stay themselves", () => {
  const table = new Table({ floats: ["start", "end"], ints: [] });
  const count = 1000;
  const starts = Array.from({ length: count }, (_, i) => i * 0.01);
  table.splice(0, Float64Array.of(...starts, ...starts.map((s) => s + 0.009)), new Uint32Array(0), starts.map(() => ""));
  const drawn = [];
  merged(table, { start: 0, end: 10 }, 100, () => true, (first, last) => drawn.push([first, last]));
  assert.equal(drawn[0][0], 0);
  assert.equal(drawn.at(-1)[1], count - 1);
  assert.ok(drawn.length < 10);
  const near = [];
  merged(table, { start: 5, end: 5.1 }, 1000, () => true, (first, last) => near.push([first, last]));
  assert.ok(near.every(([first, last]) => first === last) && near.length >= 10);
});

test("a short bar within a long one does not take its text away", () => {
  const table = new Table({ floats: ["start", "end"], ints: [] });
  table.splice(0, Float64Array.of(0, 3, 9, 3.001), new Uint32Array(0), ["long", "short"]);
  const drawn = [];
  merged(table, { start: 0, end: 10 }, 100, () => true, (first, last) => drawn.push([first, last]));
  assert.deepEqual(drawn, [[0, 0], [1, 1]]);
});

test("the loudest moment of a sound is seen in the widest view", () => {
  const base = new Uint8Array(180_000);
  base[123_456] = 200;
  const levels = peakLevels(base);
  const { x0, made } = peaksAt(levels, 0, 3600, { start: 0, end: 3600 }, 1000);
  assert.equal(x0, 0);
  assert.equal(Math.max(...made), 200);
  assert.equal(peaksAt(levels, 100, 3700, { start: 50, end: 150 }, 100).x0, 50);
  assert.equal(peaksAt([new Uint8Array(0)], 0, 1, { start: 0, end: 1 }, 10).made.length, 10);
});

test("what overlaps stands in rows", () => {
  assert.deepEqual([...stacked([0, 1, 2, 5], [3, 2, 4, 6], 3)], [0, 1, 1, 0]);
  assert.deepEqual([...stacked([0, 1.5], [1, 2], 3, 1)], [0, 1]);
  // With no row left the one that ends first takes it.
  assert.deepEqual([...stacked([0, 1, 2], [9, 5, 9], 2)], [0, 1, 1]);
});

test("the main latencies are shown first, all of them when asked for", () => {
  const run = talk();
  rows(run, "brackets", 0, [[1, 2], [1.5, 2.5], [1.6, 2.2]], [[1, 1], [2, 0], [3, 1]], ["1 s · a → b\nA", "1 s · c → d\nC", "0.6 s · e → f\nE"]);
  assert.deepEqual([...run.bracketRows(false)], [0, NO_ROW, 1]);
  assert.deepEqual([...run.bracketRows(true)], [0, 1, 2]);
  rows(run, "brackets", 1, [], [], []);
  assert.deepEqual([...run.bracketRows(true)], [0]);
  assert.equal(bracketText("0.27 s · speech end (audio_end_ms - silence) → speech_stopped received\nendpointing"), "0.27 s · speech end → speech_stopped received");
  assert.equal(bracketText("0.31 s · speech end (x) → first audible sample played\nlatency\n0.31 s speech end → heard"), "0.31 s speech end → heard");
});

test("a stretch stays within what there is, which may begin before zero", () => {
  const all = { start: -1, end: 9 };
  assert.deepEqual(kept(-5, -3, all, 0.1), { start: -1, end: 1 });
  assert.deepEqual(kept(0, 50, all, 0.1), all);
  assert.deepEqual(kept(5, 5, all, 0.5), { start: 5, end: 5.5 });
  assert.deepEqual(slid({ start: 7, end: 9 }, 5, all), { start: 7, end: 9 });
  const near = scaled({ start: 0, end: 8 }, 0.5, 2, all, 0.1);
  assert.deepEqual(near, { start: 1, end: 5 });
  assert.deepEqual(followed({ start: 0, end: 2 }, all, true), { start: 7, end: 9 });
  assert.deepEqual(followed({ start: 0, end: 2 }, all, false), { start: 0, end: 2 });
});

test("only lanes with something in them are laid out; two runs lie one above the other", () => {
  const run = talk();
  rows(run, "bars", 0, [[1, 2, NaN, NaN]], [[0, lane("response"), 1, 0, 0, 0]], ["completed"]);
  assert.deepEqual([...lanesWith(run)].sort((a, b) => a - b), [lane("response"), lane("events")]);
  const one = layout(1200, [run], shown());
  assert.deepEqual(Object.keys(one.places[0].lanes), ["response", "events"]);
  assert.equal(one.places[0].lanes.events.height, 4 * ROW_PX + 8);
  assert.equal(one.height, one.axis + AXIS_PX);
  const fewer = layout(1200, [run], shown({ hidden: new Set(["Errors"]) }));
  assert.equal(fewer.places[0].lanes.events.height, 3 * ROW_PX + 8);
  const two = layout(1200, [run, talk()], shown());
  assert.ok(two.places[1].lanes.events.top > two.places[0].bottom && two.places[0].lanes.response.top > one.places[0].lanes.response.top);
  assert.equal(layout(400, [run], shown()).left, 0);
  assert.equal(layout(400, [], shown()).places.length, 0);
});

test("what is under the pointer is what is nearest there", () => {
  const run = talk();
  rows(run, "bars", 0, [[1, 9, NaN, NaN], [4, 5, NaN, NaN]], [[0, lane("response"), 1, 0, 0, 0], [8, lane("response"), 1, 0, 0, 0]], ["long", "short"]);
  const place = layout(1000, [run], shown());
  const view = { start: 0, end: 10 };
  const x = (at) => place.left + (at / 10) * place.inner;
  const { response, events } = place.places[0].lanes;
  const at = (t, y, options = shown()) => hit(x(t), y, place, [run], view, options);
  assert.equal(at(4.5, response.top + 5).index, 1);
  assert.equal(at(2, response.top + 5).index, 0);
  assert.equal(at(9.9, response.top + 5).what, "");
  const row = (family) => events.top + 4 + (events.rows.indexOf(family) + 0.5) * ROW_PX;
  assert.deepEqual([at(2.7, row(3)).what, at(2.7, row(3)).seq], ["events", 6]);
  assert.deepEqual([at(1.15, row(1)).what, at(1.15, row(1)).seq], ["bursts", 1]);
  assert.deepEqual([at(1.2, row(1), shown({ deltas: true })).what, at(1.2, row(1), shown({ deltas: true })).seq], ["events", 2]);
  assert.equal(at(5, 1), null);
  assert.equal(hit(-50, response.top + 2, place, [run], view, shown()), null);
  assert.equal(closest(run.tables.bars, 4.2, 0.1, (i) => i !== 1), 0);
});

test("search finds types by all words, and goes round", () => {
  const run = talk();
  assert.deepEqual(matching(run, "Response"), [0, 1, 2, 3, 4, 5, 8]);
  assert.deepEqual(matching(run, "response done"), [8]);
  assert.deepEqual(matching(run, "sent"), [7]);
  assert.deepEqual(matching(run, "  "), []);
  assert.deepEqual([nextFound([2, 5, 9], 5, 1), nextFound([2, 5, 9], 9, 1), nextFound([2, 5, 9], 2, -1), nextFound([2, 5, 9], 7, -1)], [2, 0, 2, 1]);
  assert.equal(nextFound([], 3, 1), -1);
});

test("session time is told in audio time too", () => {
  const run = talk();
  run.clock = Float64Array.of(1, 0, 3, 2000, 7, 2000, 8, 3000);
  assert.deepEqual([0.5, 1, 2, 3, 5, 7.5, 20].map((t) => run.audioMs(t)), [null, 0, 1000, 2000, 2000, 2500, 3000]);
  assert.equal(talk().audioMs(3), null);
});

test("figures are short", () => {
  assert.deepEqual([0.0123, 0.42, 0.9999, 2.345, 75, 3725].map(lasting), ["12 ms", "0.42 s", "1.00 s", "2.35 s", "1 min 15 s", "1 h 2 min"]);
  assert.deepEqual([usd(0.0034), usd(2.5), usd(NaN)], ["$0.0034", "$2.50", ""]);
  assert.deepEqual([shortened("completed", 100, 7), shortened("completed", 50, 7), shortened("completed", 20, 7)], ["completed", "comple…", ""]);
  assert.equal(dayTime(1.7e9, 0.25), "22:13:20.250 UTC");
});

test("keys mean something only without Ctrl, Alt and Meta", () => {
  assert.equal(keyMeans({ key: "ArrowLeft", shiftKey: true }), "far-left");
  assert.equal(keyMeans({ key: "ArrowUp" }), "nearer");
  assert.equal(keyMeans({ key: "n" }), "next");
  assert.equal(keyMeans({ key: "n", ctrlKey: true }), "");
  assert.equal(keyMeans({ key: "q" }), "");
});
