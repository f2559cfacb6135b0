import assert from "node:assert/strict";
import { test } from "node:test";

import { all } from "./timeline_joined.mjs";

const { LANES, TONES, Run, layout, paintTimeline } = all("timeline_paint.js", "timeline_lanes.js");

const lane = (key) => LANES.findIndex((each) => each.key === key);
const tone = (name) => TONES.indexOf(name);
const put = (run, name, numbers, integers, texts) => {
  const columns = (values, Kind) => (values.length ? Kind.from(values[0].flatMap((_, c) => values.map((row) => row[c]))) : new Kind(0));
  run.put(name, { from: 0, texts }, columns(numbers, Float64Array), columns(integers, Uint32Array), new Uint8Array(0));
};

/** A canvas that remembers rectangles, texts and lines. */
const remembering = () => {
  const made = { rects: [], texts: [], lines: [] };
  const draw = {
    fillRect: (x, y, w, h) => made.rects.push({ x, y, w, h, fill: draw.fillStyle }),
    fillText: (text, x, y) => made.texts.push({ text, x, y, wide: 7 * text.length }),
    measureText: (text) => ({ width: 7 * text.length }),
    moveTo: (x, y) => made.lines.push({ x, from: y, to: y }),
    lineTo: (x, y) => { made.lines.at(-1).to = y; },
  };
  for (const name of ["clearRect", "save", "restore", "beginPath", "rect", "clip", "fill", "stroke", "setLineDash", "strokeRect"]) draw[name] = () => {};
  return { draw, made };
};

const painted = (run, width, view = { start: 0, end: 10 }) => {
  const engine = { view, runs: [run], found: new Map(), selected: null, playing: null, shown: { hidden: new Set(), deltas: false, latencies: false } };
  const ink = Object.fromEntries([...TONES, "fg", "bg", "line", "field", "soft"].map((name) => [name, name]));
  const { draw, made } = remembering();
  const place = layout(width, [run], engine.shown, view);
  paintTimeline(draw, place, engine, { ...ink, font: "sans" });
  return { ...made, place };
};

const talk = () => {
  const run = new Run();
  run.head = { duration_s: 10 };
  return run;
};

test("each response at the same time has a height of its own, with its words", () => {
  const run = talk();
  const bars = [0, 1, 2].map((row) => [row, lane("response"), tone("asst"), 0, row, 0]);
  put(run, "bars", [[1, 9, 2, NaN], [2, 9, 3, NaN], [3, 9, 4, NaN]], bars, ["one", "two", "three"]);
  const { texts } = painted(run, 1000);
  const heights = ["one", "two", "three"].map((text) => texts.find((each) => each.text === text).y);
  assert.equal(new Set(heights).size, 3);
});

test("cancelled, incomplete and failed differ in shape, on short bars too", () => {
  const ended = (ends) => {
    const run = talk();
    put(run, "bars", [[5, 5.05, 5.01, NaN]], [[0, lane("response"), tone("asst"), 0, 0, ends]], ["x"]);
    return painted(run, 1000).rects.filter((each) => ["mark", "err"].includes(each.fill));
  };
  assert.deepEqual(ended(0), []);
  const [cancelled, incomplete, failed] = [1, 2, 3].map((ends) => ended(ends)[0]);
  assert.ok(incomplete.h < cancelled.h && incomplete.y > cancelled.y);
  assert.equal(failed.fill, "err");
});

test("a latency keeps its last event or says nothing", () => {
  const run = talk();
  put(run, "brackets", [[1, 1.3], [5, 5.3]], [[0, 1], [0, 1]], ["a", "b"].map(() => "0.30 s · speech end (x) → first audible sample played\nlatency\n0.30 s speech end → heard"));
  for (const width of [300, 500, 744, 1280]) {
    for (const { text } of painted(run, width).texts) if (text.includes("→")) assert.ok(text.endsWith("→ heard"), text);
  }
});

test("a latency at the end of the picture is named before it, and none lies on another", () => {
  const run = talk();
  const text = "0.30 s · a → b\nlatency\n0.30 s speech end → heard";
  put(run, "brackets", [[2, 2.1], [9.5, 9.8]], [[0, 1], [0, 1]], [text, text]);
  const { texts } = painted(run, 744);
  const heads = texts.filter((each) => each.text === "0.30 s");
  assert.equal(heads.length, 2);
  assert.ok(heads[1].x < heads[0].x + 700 && heads[1].x + 7 * 25 < 744);
});

test("no line runs through a text", () => {
  const run = talk();
  put(run, "marks", [[3]], [[0, lane("assistant"), tone("mark"), 1]], ["barge-in: 1 s of 2 s heard"]);
  put(run, "bars", [[1, 9, NaN, NaN]], [[0, lane("transcripts"), tone("user"), 1, 0, 0]], ["“What is the weather in Paris today?”"]);
  put(run, "turns", [[1], [5]], [[1], [2]], ["", ""]);
  for (const width of [500, 1000]) {
    const { lines, texts } = painted(run, width);
    assert.ok(lines.length > 1);
    for (const line of lines) {
      for (const { x, y, wide } of texts) {
        const crossed = x < line.x && line.x < x + wide && Math.min(line.from, line.to) < y && y < Math.max(line.from, line.to);
        assert.ok(!crossed);
      }
    }
  }
});

test("the names of event rows are there at every width", () => {
  const run = talk();
  run.families = [{ name: "Responses", tone: "asst" }];
  run.name([["response.created", "received", 0, false]]);
  run.append(Float64Array.of(1), Uint16Array.of(0));
  for (const width of [500, 1000]) assert.ok(painted(run, width).texts.some(({ text }) => text === "Responses"));
});


test("in the network's lane words stand on no other bar, and are left out where there is no room", () => {
  const run = talk();
  const network = (from) => [from, lane("network"), tone("muted"), 0, 0, 0];
  // An upload that was late, and the wait that began meanwhile.
  put(run, "bars", [[4, 4.4, NaN, NaN], [4.2, 9.5, NaN, NaN]], [network(0), network(1)], ["0.41 s between appends", "5.3 s before"]);
  const { texts } = painted(run, 1000);
  assert.equal(texts.some((each) => each.text === "0.41 s between appends"), false);
  assert.equal(texts.some((each) => each.text === "5.3 s before"), true);
});

test("a short bar within a long one has no words over the long one's bar", () => {
  const run = talk();
  const network = (from) => [from, lane("network"), tone("muted"), 0, 0, 0];
  put(run, "bars", [[1, 9, NaN, NaN], [3, 3.1, NaN, NaN]], [network(0), network(1)], ["long", "upload"]);
  const { texts } = painted(run, 1000);
  assert.deepEqual(texts.filter((each) => ["long", "upload"].includes(each.text)).map((each) => each.text), ["long"]);
});
