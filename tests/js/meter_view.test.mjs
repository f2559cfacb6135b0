import assert from "node:assert/strict";
import { test } from "node:test";

import {
  barAfter, barText, barsOf, clock, evenTicks, filled, labelEvery, partsIn, percent, shortDollars, shortTokens, spliced, stackOf, stepPath,
  sum, timeTicks, turnText,
} from "../../rtnb/widgets/static/meter_view.mjs";

const PARTS = ["cached text", "cached audio", "cached image", "cached other", "text in", "audio in", "image in", "other in", "text out", "audio out", "other out"];
const turn = (index, counts, more = {}) => ({
  turn: index, counts, cost: "$0.0010", usd: 0.001, so_far: `$0.00${index + 1}0`, so_far_usd: 0.001 * (index + 1), share: null, at_s: index,
  running: false, unsure: false, status: "completed", misses: [], ...more,
});
const counts = (given) => PARTS.map((name) => given[name] ?? 0);

test("what is new is put behind what is known, and a hole is noticed", () => {
  assert.deepEqual(spliced(["a", "b", "c"], 2, ["C", "d"]), ["a", "b", "C", "d"]);
  assert.deepEqual(spliced(["a"], 0, []), []);
  assert.deepEqual(spliced([], 0, ["a"]), ["a"]);
  assert.equal(spliced(["a"], 2, ["c"]), null);
});

test("ticks are round, ascending and few", () => {
  for (const high of [1, 3, 7.5, 12, 99, 101, 4321, 1e6, 0.00031, 0.0478]) {
    for (const most of [2, 3, 5]) {
      const ticks = evenTicks(high, most);
      assert.ok(ticks.length >= 2 && ticks.length <= most + 1, `${high} ${most}: ${ticks}`);
      assert.ok(ticks[0] === 0 && ticks.at(-1) <= high * (1 + 1e-9));
    }
  }
  assert.deepEqual(evenTicks(1200), [0, 500, 1000]);
  assert.deepEqual(evenTicks(0), [0]);
  assert.deepEqual(evenTicks(2, 3, 1), [0, 1, 2]);
  assert.deepEqual(timeTicks(61, 5), [0, 15, 30, 45, 60]);
  assert.deepEqual(timeTicks(1.5, 4), [0, 1]);
  assert.ok(timeTicks(1e7, 6).length <= 7);
});

test("many turns share bars, and nothing is lost", () => {
  const turns = Array.from({ length: 103 }, (_, i) => turn(i, counts({ "text in": i, "audio out": 2 }), { unsure: i === 50 }));
  assert.equal(barsOf(turns, 200).length, 103);
  for (const most of [1, 2, 7, 50, 102]) {
    const bars = barsOf(turns, most);
    assert.ok(bars.length <= most);
    assert.equal(bars[0].first, 0);
    assert.equal(bars.at(-1).last, 102);
    bars.slice(1).forEach((bar, place) => assert.equal(bar.first, bars[place].last + 1));
    assert.equal(sum(bars.map((bar) => sum(bar.counts))), sum(turns.map((each) => sum(each.counts))));
    assert.equal(bars.filter((bar) => bar.unsure).length, 1);
  }
  assert.deepEqual(barsOf([], 10), []);
});

test("a stack stands on its foot without holes", () => {
  const stack = stackOf(counts({ "cached text": 64, "text in": 20, "audio out": 91 }));
  assert.deepEqual(stack, [[0, 0, 64], [4, 64, 84], [9, 84, 175]]);
  assert.deepEqual(stackOf(counts({})), []);
  assert.deepEqual(partsIn(counts({ "text in": 1, "text out": 2 })), [4, 8]);
});

test("the cost line goes along and then up", () => {
  const path = stepPath([[1, 0.5, 0], [3, 1, 1]], (time) => 10 * time, (usd) => 100 - 100 * usd);
  assert.equal(path, "M0 100H10V50H30V0");
  assert.equal(stepPath([], (time) => time, (usd) => usd), "M0 0");
});

test("numbers are short and say what they are", () => {
  assert.deepEqual([shortTokens(0), shortTokens(1500), shortTokens(12_500), shortTokens(2e6)], ["0", "1,500", "12.5k", "2M"]);
  assert.deepEqual([0, 0.0005, 0.02, 0.5, 1, 20, 5000].map(shortDollars), ["$0", "$0.0005", "$0.02", "$0.50", "$1", "$20", "$5,000"]);
  assert.deepEqual([percent(null), percent(0), percent(0.004), percent(0.5), percent(1)], ["–", "0 %", "0.4 %", "50 %", "100 %"]);
  assert.deepEqual([clock(0), clock(65.4), clock(3725)], ["0:00", "1:05", "1:02:05"]);
  assert.deepEqual([filled(0.25), filled(-1), filled(7), filled(NaN)], [25, 0, 100, 100]);
  assert.deepEqual([labelEvery(40, 30), labelEvery(10, 30), labelEvery(0.001, 30)], [1, 5, 1000]);
});

test("keys go through the bars and stop at the ends", () => {
  assert.equal(barAfter("ArrowRight", null, 3), 0);
  assert.equal(barAfter("ArrowLeft", null, 3), 2);
  assert.equal(barAfter("ArrowRight", 2, 3), 2);
  assert.equal(barAfter("ArrowLeft", 0, 3), 0);
  assert.equal(barAfter("End", 0, 3), 2);
  assert.equal(barAfter("Escape", 1, 3), null);
  assert.equal(barAfter("ArrowRight", null, 0), undefined);
  assert.equal(barAfter("x", 1, 3), undefined);
});

test("a turn in words", () => {
  const row = turn(1, counts({ "cached text": 64, "text in": 20, "text out": 10 }), { share: 64 / 84 });
  assert.equal(turnText(row, PARTS), "Turn 2: 84 in, 10 out (64 cached text, 20 text in, 10 text out) · 76 % of the input cached · $0.0010 · so far $0.0020");
  assert.equal(turnText(turn(0, counts({}), { running: true }), PARTS), "Turn 1: in progress · so far $0.0010");
  assert.match(turnText(turn(0, counts({}), { status: "failed", cost: "unknown" }), PARTS), /no usage sent · unknown · so far \$0\.0010 · failed$/);
  assert.match(turnText(turn(-1, counts({ "text in": 5 })), PARTS), /^Beside the turns: 5 in, 0 out \(5 text in\) · \$0\.0010$/);
  const turns = [row, turn(2, counts({ "text in": 5 }))];
  assert.equal(barText(barsOf(turns, 1)[0], turns, PARTS), "Turn 2 to turn 3: 64 cached text, 25 text in, 10 text out · so far $0.0030");
  assert.equal(barText(barsOf(turns, 2)[0], turns, PARTS), turnText(row, PARTS));
});
