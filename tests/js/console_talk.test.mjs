import assert from "node:assert/strict";
import { test } from "node:test";

import { Talk } from "../../rtnb/widgets/static/console_talk.mjs";

const settle = () => new Promise((resolve) => setImmediate(resolve));

function talkOf(more = {}) {
  const log = [];
  const talk = new Talk({
    ready: async () => true,
    tell: async (args) => { log.push(args); return { text: args.down ? "" : "1.2 s" }; },
    open: () => log.push("open"),
    shut: async () => { log.push("shut"); return 7; },
    say: (kind, text) => log.push(`${kind}:${text}`),
    changed: () => {},
    ...more,
  });
  return { talk, log };
}

test("the kernel hears of it before the gate opens, and of the last frame behind it", async () => {
  const { talk, log } = talkOf();
  await talk.press();
  assert.equal(talk.state, "holding");
  await talk.release();
  assert.deepEqual(log, [{ down: true }, "open", "shut", { down: false, last: 7 }, ":1.2 s"]);
  assert.equal(talk.state, "idle");
});

test("pressed twice is pressed once", async () => {
  const { talk, log } = talkOf();
  await Promise.all([talk.press(), talk.press()]);
  await talk.press();
  assert.deepEqual(log, [{ down: true }, "open"]);
});

test("let go while the browser still asks: nothing is begun, and a word", async () => {
  let ready;
  const { talk, log } = talkOf({ ready: () => new Promise((resolve) => { ready = resolve; }) });
  const pressing = talk.press();
  await talk.release();
  ready(true);
  await pressing;
  assert.equal(talk.state, "idle");
  assert.deepEqual(log, [":The microphone is ready. Hold the button while you speak."]);
});

test("no microphone: nothing is begun, and it can be tried again", async () => {
  let answers = [false, true];
  const { talk, log } = talkOf({ ready: async () => answers.shift() });
  await talk.press();
  assert.deepEqual([talk.state, log.length], ["idle", 0]);
  await talk.press();
  assert.equal(talk.state, "holding");
});

test("thrown away", async () => {
  const { talk, log } = talkOf({ tell: async (args) => { log.push(args); return {}; } });
  await talk.press();
  await talk.release({ cancel: true });
  assert.deepEqual(log.at(-2), { down: false, last: 7, cancel: true });
  assert.equal(log.at(-1), ":Not sent.");
});

test("a kernel that refuses: the gate is shut, and it says why", async () => {
  const { talk, log } = talkOf({ tell: async () => { throw new Error("The session is over."); } });
  await talk.press();
  await settle();
  assert.equal(talk.state, "idle");
  assert.deepEqual(log, ["open", "shut", "problem:The session is over."]);
  await talk.release();
  assert.equal(log.length, 3);
});

test("a refusal behind the end of the hold is said", async () => {
  const { talk, log } = talkOf({ tell: async (args) => { if (!args.down) throw new Error("Hold the button while you speak."); return {}; } });
  await talk.press();
  await talk.release();
  assert.equal(log.at(-1), "problem:Hold the button while you speak.");
  assert.equal(talk.state, "idle");
});

test("the microphone goes in the middle of a hold: the kernel is told, and nothing is sent", async () => {
  const { talk, log } = talkOf({ tell: async (args) => { log.push(args); return args.down ? {} : { text: "Nothing was sent." }; } });
  await talk.press();
  assert.ok(talk.held);
  const dropped = talk.drop("The microphone was switched off.");
  assert.ok(talk.held);
  await Promise.all([dropped, talk.release(), talk.drop()]);
  assert.deepEqual(log, [
    { down: true }, "open", "shut", { down: false, last: 7, cancel: true }, ":The microphone was switched off. Nothing was sent.",
  ]);
  assert.deepEqual([talk.state, talk.held], ["idle", false]);
});

test("the kernel goes in the middle of a hold: it can be pressed again", async () => {
  const { talk } = talkOf({ tell: async (args) => { if (!args.down) throw new Error("gone"); return {}; } });
  await talk.press();
  await talk.drop();
  assert.equal(talk.state, "idle");
  await talk.press();
  assert.equal(talk.state, "holding");
});

test("nothing is dropped that was not held", async () => {
  const { talk, log } = talkOf();
  await talk.drop();
  assert.deepEqual(log, []);
});
