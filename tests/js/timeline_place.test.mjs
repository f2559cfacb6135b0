import assert from "node:assert/strict";
import { test } from "node:test";

import { all } from "./timeline_joined.mjs";

const { AXIS_PX, BAR_PX, BRACKET_ROWS, LANES, ROW_PX, Run, apartAt, hit, layout, lanesWith, rowOf } = all();

const lane = (key) => LANES.findIndex((each) => each.key === key);
const shown = (more = {}) => ({ hidden: new Set(), deltas: false, latencies: false, ...more });
const put = (run, name, numbers, integers, texts) => {
  const columns = (values, Kind) => (values.length ? Kind.from(values[0].flatMap((_, c) => values.map((row) => row[c]))) : new Kind(0));
  run.put(name, { from: 0, texts }, columns(numbers, Float64Array), columns(integers, Uint32Array), new Uint8Array(0));
};
const talk = () => {
  const run = new Run();
  run.head = { duration_s: 10 };
  run.families = [{ name: "Responses", tone: "asst" }, { name: "Errors", tone: "err" }];
  run.name([["response.created", "received", 0, false], ["error", "received", 1, false]]);
  run.append(Float64Array.of(1, 2), Uint16Array.of(0, 1));
  return run;
};

test("responses at the same time lie in rows of their own, and are found and framed there", () => {
  const run = talk();
  const bar = (row) => [row, lane("response"), 1, 0, row, 0];
  put(run, "bars", [[1, 9, NaN, NaN], [2, 9, NaN, NaN], [3, 9, NaN, NaN]], [bar(0), bar(1), bar(2)], ["a", "b", "c"]);
  const view = { start: 0, end: 10 };
  const place = layout(1000, [run], shown(), view);
  const { response } = place.places[0].lanes;
  assert.equal(run.barRows(lane("response")), 3);
  assert.ok(response.height >= 3 * BAR_PX);
  const x = place.left + 0.5 * place.inner;
  const under = [0, 1, 2].map((row) => hit(x, response.top + (row + 0.5) * BAR_PX, place, [run], view, shown()).index);
  assert.deepEqual(under, [0, 1, 2]);
  assert.equal(hit(place.left + 0.15 * place.inner, response.top + 2.5 * BAR_PX, place, [run], view, shown()).what, "");
  assert.deepEqual(rowOf(run, response, { what: "bars", index: 2 }, "response"), [response.top + 1 + 2 * BAR_PX, BAR_PX]);
});

test("an event is framed in its own row", () => {
  const run = talk();
  for (const width of [500, 1000]) {
    const { events } = layout(width, [run], shown()).places[0].lanes;
    const [top, high] = rowOf(run, events, { what: "events", seq: 1 }, "events");
    assert.equal(high, events.rowPx);
    assert.ok(top >= events.top + events.rowPx && top + high <= events.top + events.height);
  }
});

test("without a gutter, the names of rows have room above them", () => {
  assert.ok(layout(500, [talk()], shown()).places[0].lanes.events.rowPx >= ROW_PX + 10);
  assert.equal(layout(1000, [talk()], shown()).places[0].lanes.events.rowPx, ROW_PX);
});

test("a lane of latencies without any main one is not there until all are asked for", () => {
  const run = talk();
  put(run, "brackets", [[1, 2]], [[1, 0]], ["1 s · a → b\nA"]);
  assert.ok(!lanesWith(run, shown()).has(lane("latency")));
  assert.ok(lanesWith(run, shown({ latencies: true })).has(lane("latency")));
});

test("crowded latencies stand one below the other, and a little zooming leaves them", () => {
  const run = talk();
  const starts = [0, 1, 2, 3, 4, 5, 6];
  put(run, "brackets", starts.map((at) => [at, at + 0.4]), starts.map((at) => [at, 1]), starts.map(() => "0.40 s · a → b\nA"));
  const rows = (end) => layout(1000, [run], shown(), { start: 0, end }).places[0].lanes.latency.stack.rows;
  assert.equal(rows(2), 1);
  assert.ok(rows(10) > 1 && rows(10) <= BRACKET_ROWS);
  assert.equal(apartAt(100), apartAt(95));
});

test("turns and barge-ins have rows above the lanes; two runs have an axis above the first", () => {
  const run = talk();
  const before = layout(1000, [run], shown()).places[0];
  assert.deepEqual([before.numbers, before.said], [-1, -1]);
  put(run, "turns", [[1], [2]], [[1], [2]], ["", ""]);
  put(run, "marks", [[2]], [[1, lane("assistant"), 3, 1]], ["barge-in"]);
  const place = layout(1000, [run], shown());
  assert.ok(place.places[0].said > 0 && place.places[0].numbers > place.places[0].said);
  assert.equal(place.above, -1);
  const two = layout(1000, [run, talk()], shown());
  assert.ok(two.above > 0 && two.above < AXIS_PX && two.places[0].title > two.above);
});
