import assert from "node:assert/strict";
import { test } from "node:test";

import { all } from "./timeline_joined.mjs";

const { TimelineEngine, Run } = all("live.js", "timeline_engine.js");

const started = (does) => {
  const sent = [];
  const heard = {};
  const model = { get: () => ({ closed: "", still: "" }), on: (name, hear) => { heard[name] = hear; }, off: () => {}, send: (content) => sent.push(content) };
  const engine = new TimelineEngine(model);
  const run = new Run();
  run.head = { duration_s: 10 };
  run.families = [{ name: "Responses", tone: "asst" }];
  run.name([["response.created", "received", 0, false], ["response.done", "received", 0, false]]);
  run.append(Float64Array.of(1, 2, 3), Uint16Array.of(0, 1, 1));
  engine.runs = [run];
  try {
    does(engine, sent, (content) => heard["msg:custom"](content, []));
  } finally {
    engine.dispose();
  }
  return sent;
};

test("what a search chose goes with the search, and what somebody chose stays", () => {
  started((engine) => {
    engine.find("done");
    engine.goFound(1);
    assert.equal(engine.selected.seq, 1);
    engine.find("");
    assert.equal(engine.selected, null);
    engine.choose({ run: 0, seq: 2, what: "events", lane: "events", index: 2 });
    engine.find("done");
    engine.find("");
    assert.equal(engine.selected.seq, 2);
  });
});

test("a page says that it came and that it goes", () => {
  const sent = started(() => {});
  assert.deepEqual([sent[0].type, sent.at(-1).type], ["hello", "bye"]);
  assert.equal(sent[0].page, sent.at(-1).page);
});

test("how two runs lie is kept until it is told anew", () => {
  started((engine, _, tell) => {
    tell({ type: "both", align: "auto", ways: ["auto"], words: "at the start", lacks: "", rows: [] });
    assert.equal(engine.both.words, "at the start");
  });
});

test("a turn's timeline shows the turn, not what was before it", () => {
  started((engine) => {
    assert.deepEqual(engine.all, { start: 0, end: 10 });
    engine.runs[0].head = { start_s: 7.5, duration_s: 10 };
    assert.deepEqual(engine.all, { start: 7.5, end: 10 });
    engine.runs = [];
    assert.equal(engine.all.start, 0);
  });
});
