import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// No module of its own: pages get it joined behind the pure ones.
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
const joined = ["frames.mjs", "mic_engine.js"].map(read).join("\n").replace(/^export (?=class |function |const )/gm, "");
globalThis.window ??= { addEventListener() {}, removeEventListener() {} };
const MicEngine = new Function(`const WORKLET = "";\n${joined}\nreturn MicEngine;`)();

function micOf(settings = {}) {
  const sent = [];
  const channel = { settings: () => ({ closed: "", ...settings }), send: (content) => sent.push(content), listen: () => () => {} };
  const mic = new MicEngine(channel);
  mic.phase = "on";
  mic.count = 0;
  const frames = (count) => { for (let i = 0; i < count && mic.phase === "on"; i++) mic.captured({ data: new ArrayBuffer(2880), level: 0.5 }); };
  return { mic, sent, frames, numbers: () => sent.filter((each) => each.type === "frame").map((each) => each.seq) };
}

test("a kernel that takes nothing is a pause, and it goes on by itself", () => {
  const { mic, frames, numbers } = micOf();
  frames(16);
  assert.equal(mic.paused, false);
  frames(17);
  assert.equal(mic.paused, true);
  assert.match(mic.text, /^Paused: a cell is running/);
  for (const seq of [3, 7, 11, 15, 19, 23]) mic.hear({ type: "ack", page: mic.page, seq }, []);
  assert.equal(mic.paused, false);
  assert.equal(mic.text, "Listening.");
  assert.deepEqual(numbers(), [...Array(33).keys()]);
});

test("of a longer pause the last ten seconds are kept, and numbers have no gap", () => {
  const { mic, frames, numbers } = micOf();
  frames(16 + 166);
  assert.equal(mic.queue.dropped, 0);
  frames(50);
  assert.deepEqual([mic.queue.dropped, mic.phase], [50, "on"]);
  for (let seq = 3; seq < 182; seq += 4) mic.hear({ type: "ack", page: mic.page, seq }, []);
  assert.deepEqual(numbers(), [...Array(16 + 166).keys()]);
});

test("a kernel that takes nothing for two minutes ends it", () => {
  const { mic, sent, frames } = micOf();
  mic.release = () => {};
  frames(2100);
  assert.equal(mic.phase, "off");
  assert.match(mic.problem, /two minutes/);
  assert.deepEqual(sent.slice(-2).map((each) => each.type), ["off", "problem"]);
});

test("a view may let more wait", () => {
  const { mic, frames } = micOf({ wait_ms: 600000 });
  frames(5000);
  assert.deepEqual([mic.queue.dropped, mic.phase], [0, "on"]);
});
