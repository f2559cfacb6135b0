import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Levels, loudest, recorderText, shownFrames, spanText, tapeClock } from "../../rtnb/widgets/static/recorder_view.mjs";

test("loudness of a frame is a byte", () => {
  assert.equal(loudest(Int16Array.of(0, 0)), 0);
  assert.equal(loudest(Int16Array.of(5, -32768, 3)), 255);
  assert.equal(loudest(Int16Array.of(128, -300)), 2);
});

test("levels grow, and columns show the loudest", () => {
  const levels = new Levels();
  for (let i = 0; i < 1000; i++) levels.push(i === 700 ? 255 : 51);
  assert.equal(levels.length, 1000);
  assert.equal(levels.seconds, 60);
  const columns = levels.columns(10, 0, 1000);
  assert.deepEqual([columns[7], Math.fround(columns[0])], [1, Math.fround(0.2)]);
  assert.deepEqual([...new Levels(Uint8Array.of(255)).columns(4, 0, 4)], [1, 0, 0, 0]);
  const wide = new Levels(Uint8Array.of(255, 0)).columns(4, 0, 2);
  assert.deepEqual([...wide], [1, 1, 0, 0]);
});

test("while it grows the latest is shown, then all", () => {
  assert.deepEqual(shownFrames(50, true, 200), { from: 0, frames: 200 });
  assert.deepEqual(shownFrames(500, true, 200), { from: 300, frames: 200 });
  assert.deepEqual(shownFrames(500, false, 200), { from: 0, frames: 500 });
});

test("times and limits in words", () => {
  assert.deepEqual([0, 3.25, 61.3, 599.999].map(tapeClock), ["0:00.0", "0:03.2", "1:01.3", "9:59.9"]);
  assert.equal(tapeClock(3661), "1:01:01");
  assert.deepEqual([600, 90, 0.5].map(spanText), ["10 min", "90 s", "0.5 s"]);
});

const CALM = {
  closed: "", problem: "", phase: "off", waitingMs: 0, savingMs: 0, elsewhere: false, full: false, seconds: 0, maxS: 600,
  playing: false, playWaits: false,
};

test("one sentence says what goes on", () => {
  assert.match(recorderText(CALM), /Press/);
  assert.match(recorderText({ ...CALM, phase: "on" }), /^Recording\. It ends by itself after 10 min/);
  assert.match(recorderText({ ...CALM, phase: "on", seconds: 592 }), /less than 10 s/);
  assert.match(recorderText({ ...CALM, phase: "on", waitingMs: 1200 }), /kept in the page/);
  assert.match(recorderText({ ...CALM, savingMs: 60, seconds: 3 }), /Leave this page open/);
  assert.match(recorderText({ ...CALM, seconds: 3 }), /\.clip/);
  assert.match(recorderText({ ...CALM, seconds: 600, full: true }), /the limit/);
  assert.match(recorderText({ ...CALM, elsewhere: true }), /another window/);
  assert.equal(recorderText({ ...CALM, problem: "No.", closed: "Over." }), "Over.");
  assert.equal(recorderText({ ...CALM, problem: "No.", phase: "off" }), "No.");
});

// The recorder is no module of its own: pages get it joined.
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
const joined = ["live.js", "frames.mjs", "mic_engine.js", "vad_player.mjs", "recorder_view.mjs", "recorder.js"].map(read).join("\n")
  .replace(/^export (?=class |function |const )/gm, "").replace(/^export default .*$/m, "");
globalThis.window ??= { addEventListener() {}, removeEventListener() {} };
const RecorderMic = new Function(`const WORKLET = "";\n${joined}\nreturn RecorderMic;`)();

function page(settings = {}) {
  const sent = [];
  const heard = [];
  const all = { max_s: 60, wait_ms: 60000, closed: "", still: "s", ...settings };
  const model = {
    get: () => all,
    on: (name, call) => { if (name === "msg:custom") heard.push(call); },
    off: () => {},
    send: (content) => sent.push(content),
  };
  const mic = new RecorderMic(model);
  const tell = (content, buffers = []) => heard.forEach((call) => call(content, buffers));
  const on = () => { mic.phase = "on"; mic.fresh = true; };
  const frame = () => mic.captured({ data: new Int16Array(1440).fill(1000).buffer, level: 0.5 });
  const kinds = () => sent.map((each) => each.type);
  return { mic, sent, tell, on, frame, kinds, settings: all };
}

test("what waits for a busy kernel goes there behind the end", () => {
  const { mic, sent, tell, on, frame, kinds } = page();
  on();
  for (let i = 0; i < 30; i++) frame();
  assert.equal(kinds().filter((kind) => kind === "frame").length, 16);
  mic.stop("button");
  assert.ok(mic.rest && !kinds().includes("off"));
  assert.match(mic.text, /Leave this page open/);
  tell({ type: "ack", page: mic.page, seq: 9 });
  tell({ type: "ack", page: mic.page, seq: 15 });
  assert.deepEqual(sent.filter((each) => each.type === "frame").map((each) => each.seq), [...Array(30).keys()]);
  assert.deepEqual([sent.at(-1).type, sent.at(-1).sent, mic.rest], ["off", 29, null]);
  mic.dispose();
});

test("the limit ends it", () => {
  const { mic, sent, tell, on, frame } = page({ max_s: 0.3 });
  on();
  for (let i = 0; i < 10; i++) frame();
  assert.equal(mic.phase, "off");
  assert.deepEqual([sent.at(-1).type, sent.at(-1).reason, sent.at(-1).sent], ["off", "limit", 4]);
  tell({ type: "tape", take: 1, on: "", full: true, seconds: 0.3, lost: 0, takes: 1 }, [Uint8Array.of(1, 2, 3, 4, 5)]);
  assert.deepEqual([mic.levels.length, mic.seconds], [5, 0.3]);
  assert.match(mic.text, /the limit/);
  mic.dispose();
});

test("what there was is shown again to a page that comes later, and to no other", () => {
  const { mic, tell, kinds } = page();
  assert.deepEqual(kinds(), ["hello"]);
  tell({ type: "tape", page: "other", take: 1, full: false, seconds: 1, takes: 1 }, [Uint8Array.of(9)]);
  assert.equal(mic.levels.length, 0);
  tell({ type: "tape", page: mic.page, take: 1, full: false, seconds: 0.12, takes: 1 }, [Uint8Array.of(9, 200)]);
  assert.equal(mic.levels.length, 2);
  assert.match(mic.text, /\.clip/);
  mic.dispose();
});

test("a new recording forgets the levels of the last with its first frame", () => {
  const { mic, tell, on, frame } = page();
  tell({ type: "tape", page: mic.page, take: 1, full: true, seconds: 0.12, takes: 1 }, [Uint8Array.of(9, 200)]);
  on();
  assert.equal(mic.levels.length, 2);
  frame();
  assert.deepEqual([mic.levels.length, mic.seconds], [1, 0.06]);
  mic.dispose();
});
