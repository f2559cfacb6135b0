import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// No module of its own: pages get it joined behind the microphone's engine.
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
const joined = ["frames.mjs", "mic_engine.js", "console_mic.js"].map(read).join("\n").replace(/^export (?=class |function |const )/gm, "");
globalThis.window ??= { addEventListener() {}, removeEventListener() {} };
const ConsoleMic = new Function(`const WORKLET = "";\n${joined}\nreturn ConsoleMic;`)();

const FRAME_BYTES = 2880;

function micOf() {
  const sent = [];
  const channel = { settings: () => ({ play: true, closed: "" }), send: (content) => sent.push(content), listen: () => () => {} };
  const mic = new ConsoleMic(channel);
  mic.phase = "on";
  mic.capture = { port: { postMessage() {} }, disconnect() {} };
  const frame = (level = 0.5) => mic.captured({ data: new Int16Array(FRAME_BYTES / 2).fill(100).buffer, level });
  return { mic, sent, frame, frames: () => sent.filter((each) => each.type === "frame").map((each) => each.seq) };
}

test("behind a shut gate sound is measured and not sent", () => {
  const { mic, frame, frames } = micOf();
  frame(0.7);
  assert.deepEqual([frames(), mic.level], [[], 0.7]);
  mic.openGate();
  frame();
  assert.deepEqual(frames(), [0]);
});

test("the gate shuts behind the frame that is being made, and says its number", async () => {
  const { mic, frame, frames } = micOf();
  mic.openGate();
  frame();
  const shut = mic.shutGate();
  frame();
  frame();
  assert.equal(await shut, 1);
  assert.deepEqual(frames(), [0, 1]);
  assert.equal(mic.gate, "shut");
});

test("a microphone that makes no more frames shuts all the same", async () => {
  const { mic } = micOf();
  mic.openGate();
  assert.equal(await mic.shutGate(), -1);
  assert.equal(mic.gate, "shut");
});

test("frames that wait for a busy kernel count into the last number", async () => {
  const { mic, frame, frames } = micOf();
  mic.openGate();
  for (let i = 0; i < 25; i++) frame();
  const shut = mic.shutGate();
  frame();
  assert.equal(await shut, 25);
  assert.ok(frames().length < 26);
});

test("opened again while it shuts it stays open", async () => {
  const { mic, frame } = micOf();
  mic.openGate();
  const shut = mic.shutGate();
  mic.openGate();
  frame();
  await shut;
  assert.equal(mic.gate, "open");
});

test("a microphone that is chosen in a hold does not begin with an open gate", async () => {
  const { mic } = micOf();
  mic.playback = { port: { postMessage() {} } };
  mic.start = async () => { mic.capture = { port: { postMessage() {} }, disconnect() {} }; };
  mic.openGate();
  // The hold is dropped as soon as its microphone is gone.
  mic.views.add(() => { if (!mic.capture && mic.gate === "shut") mic.shutGate(); });
  await mic.choose("other");
  assert.equal(mic.gate, "shut");
  mic.views.clear();
  mic.openGate();
  await mic.choose("third");
  assert.equal(mic.gate, "open");
});

test("whether it is muted is said with each sign of life", () => {
  const { mic, sent } = micOf();
  mic.mute(true);
  for (const type of ["on", "beat", "capture", "problem"]) mic.tell({ type });
  assert.deepEqual(sent.slice(-4).map((each) => each.muted), [true, true, true, undefined]);
});

test("muted, nothing that was said leaves the page", () => {
  const { mic, frame } = micOf();
  mic.openGate();
  mic.mute(true);
  const data = new Int16Array(FRAME_BYTES / 2).fill(100).buffer;
  mic.captured({ data, level: 0.9 });
  assert.ok(new Int16Array(data).every((sample) => sample === 0));
  assert.equal(mic.level, 0);
  mic.mute(false);
  frame(0.4);
  assert.equal(mic.level, 0.4);
});
