import assert from "node:assert/strict";
import { test } from "node:test";

import { Trail, bytesText, clockText, contextOf, secondsText, tokensText } from "../../rtnb/widgets/static/console_text.mjs";

test("time left is a clock that ends at zero", () => {
  assert.deepEqual([3501, 61.9, 0.4, -5, 3600, 7325].map(clockText), ["58:21", "1:01", "0:00", "0:00", "1:00:00", "2:02:05"]);
  assert.equal(clockText(null), "–");
  assert.equal(clockText(NaN), "–");
});

test("lengths, bytes and tokens have their units", () => {
  assert.deepEqual([0.6, 9.999, 12.34, 75].map(secondsText), ["0.60 s", "10.00 s", "12.3 s", "1:15 min"]);
  assert.deepEqual([12, 1500, 2_400_000, 64_000_000].map(bytesText), ["12 B", "2 kB", "2.4 MB", "64 MB"]);
  assert.deepEqual([0, 9999, 32_000, 128_000].map(tokensText), ["0", "9,999", "32k", "128k"]);
});

test("the context window fills up, and says when it is nearly full", () => {
  assert.deepEqual(contextOf(3840, 32_000), { part: 0.12, text: "12 % of 32k context", kind: "" });
  assert.equal(contextOf(1, 32_000).text, "under 1 % of 32k context");
  assert.equal(contextOf(0, 32_000).text, "0 % of 32k context");
  assert.equal(contextOf(26_000, 32_000).kind, "much");
  assert.deepEqual([contextOf(40_000, 32_000).part, contextOf(40_000, 32_000).kind], [1, "full"]);
  assert.equal(contextOf(5, null), null);
  assert.equal(contextOf(undefined, 32_000), null);
});

test("a trail keeps the last levels in order, whatever it is given", () => {
  const trail = new Trail(4);
  for (const level of [0.25, 0.5, 0.75, 1, -1, 7, NaN]) trail.push(level);
  assert.deepEqual([...trail.ordered()], [1, 0, 1, 0]);
  trail.clear();
  assert.deepEqual([...trail.ordered()], [0, 0, 0, 0]);
});
