import assert from "node:assert/strict";
import { test } from "node:test";

import { all } from "./timeline_joined.mjs";

const { around, counted, turnTexts, wayText, wordsFor } = all("timeline_beside.js");

const widthOf = (text) => 7 * text.length;

test("texts end at words", () => {
  const text = "“I heard a question about the weather.”";
  assert.equal(wordsFor(text, 1000, widthOf), text);
  for (let room = 0; room < 300; room += 3) {
    const cut = wordsFor(text, room, widthOf);
    assert.ok(widthOf(cut) <= room);
    if (cut && cut !== text) assert.ok(text.startsWith(`${cut.slice(0, -1)} `), cut);
  }
  assert.equal(wordsFor("completed", 40, widthOf), "");
});

test("one is one", () => {
  assert.deepEqual([counted(1, "event"), counted(0, "event"), counted(1234, "event")], ["1 event", "0 events", "1,234 events"]);
});

test("turns too close for their numbers are from which to which", () => {
  assert.deepEqual(turnTexts([0, 100, 200, 206, 212], [1, 2, 7, 8, 9], 7), [[0, "1"], [100, "2"], [200, "7–9"]]);
});

test("lines leave out the texts on their way", () => {
  assert.deepEqual(around(50, 0, 100, [[40, 20, 60, 30], [0, 0, 30, 100], [45, 25, 55, 40]]), [[0, 20], [40, 100]]);
  assert.deepEqual(around(50, 0, 100, []), [[0, 100]]);
  assert.deepEqual(around(50, 10, 100, [[0, 0, 100, 120]]), []);
});

test("what auto chose is said", () => {
  assert.equal(wayText("auto", { align: "auto", words: "at the first speech" }), "aligned automatically: first speech");
  assert.equal(wayText("auto", { align: "start", words: "at the start" }), "aligned automatically");
  assert.equal(wayText(2, null), "aligned at turn 3");
});
