import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameQueue, obstacle, pausedText, refusal, sentence } from "../../rtnb/widgets/static/frames.mjs";

const frame = (value) => Uint8Array.of(value).buffer;
const numbers = (frames) => frames.map(({ seq, data }) => [seq, new Uint8Array(data)[0]]);

test("frames leave at once while the kernel keeps up", () => {
  const queue = new FrameQueue(60, 600);
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(numbers(queue.push(frame(i))), [[i, i]]);
    queue.confirm(i);
  }
  assert.deepEqual([queue.waitingMs, queue.dropped], [0, 0]);
});

test("a silent kernel makes them wait, then drops the oldest, and numbers have no gap", () => {
  const queue = new FrameQueue(60, 600);
  let left = 0;
  for (let i = 0; i < 40; i++) left += queue.push(frame(i)).length;
  assert.equal(left, 16);
  assert.deepEqual([queue.waitingMs, queue.dropped], [600, 14]);
  assert.deepEqual(numbers(queue.confirm(2)), [[16, 30], [17, 31], [18, 32]]);
  assert.deepEqual(numbers(queue.confirm(1)), [], "an old word changes nothing");
  assert.equal(queue.confirm(1e9).length, 7);
  assert.equal(queue.waitingMs, 0);
  assert.equal(queue.push(frame(99)).length, 1, "who confirms what was never sent stops nothing");
});

test("what stands in the way of a microphone", () => {
  const fine = { secure: true, protocol: "http:", capture: true, worklet: true };
  assert.equal(obstacle(fine), null);
  assert.match(obstacle({ ...fine, protocol: "vscode-webview:" }), /VS Code.*JupyterLab/);
  assert.match(obstacle({ ...fine, secure: false, capture: false }), /https.*localhost/);
  assert.match(obstacle({ ...fine, capture: false }), /no microphone/);
  assert.match(obstacle({ ...fine, worklet: false }), /too old/);
});

test("what the browser's refusals mean", () => {
  assert.match(refusal("NotAllowedError", ""), /Allow it/);
  assert.match(refusal("NotFoundError", ""), /No microphone was found/);
  assert.match(refusal("NotReadableError", ""), /another program/);
  assert.equal(refusal("OddError", "it broke"), "The microphone cannot be used: OddError: it broke");
});

test("one sentence says what goes on", () => {
  const calm = {
    phase: "on", problem: "", waitingMs: 0, speaking: false, sounding: false, closed: "", elsewhere: false, half: false,
  };
  assert.equal(sentence(calm), "Listening.");
  assert.equal(sentence({ ...calm, speaking: true, sounding: true }), "You are speaking.");
  assert.equal(sentence({ ...calm, sounding: true }), "The answer plays.");
  assert.match(sentence({ ...calm, sounding: true, half: true }), /deaf/);
  assert.match(sentence({ ...calm, waitingMs: 2400, speaking: true }), /^Paused: a cell is running.*last 10 s you say are kept/);
  assert.equal(sentence({ ...calm, waitingMs: 2400, problem: "No." }), "No.");
  assert.match(sentence({ ...calm, phase: "off" }), /Press/);
  assert.match(sentence({ ...calm, phase: "off", elsewhere: true }), /another window/);
  assert.equal(sentence({ ...calm, phase: "off", problem: "No." }), "No.");
  assert.equal(sentence({ ...calm, problem: "No.", closed: "Over." }), "Over.");
});

test("a short wait is no pause", () => {
  assert.equal(pausedText(0), "");
  assert.equal(pausedText(960), "");
  assert.match(pausedText(1020), /goes on by itself/);
});
