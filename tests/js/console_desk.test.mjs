import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// No module of its own: pages get it joined.
const PARTS = [
  "live.js", "frames.mjs", "mic_engine.js", "console_rows.mjs", "console_form.mjs", "console_text.mjs", "console_talk.mjs",
  "console_upload.mjs", "console_mic.js", "console_replay.js", "console_outbox.js", "console_desk.js",
];
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
const joined = PARTS.map(read).join("\n").replace(/^export (?=class |function |const )/gm, "").replace(/^import .*$/gm, "");
globalThis.window = globalThis.window ?? { addEventListener() {}, removeEventListener() {} };
const Desk = new Function(`const WORKLET = "";\n${joined}\nreturn Desk;`)();

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A desk whose microphone is there at once, and a kernel that does what it is asked. */
function deskOf() {
  const sent = [];
  const heard = {};
  const model = {
    get: () => ({ play: true, closed: "", still: "" }),
    on: (name, hear) => { heard[name] = hear; },
    off() {},
    send: (content) => {
      sent.push(content);
      if (content.type !== "do") return;
      const text = content.down === false ? "Nothing was sent." : undefined;
      setTimeout(() => heard["msg:custom"]({ type: "done", page: content.page, id: content.id, text }, []), 0);
    },
  };
  const desk = new Desk(model);
  desk.mic.start = async () => {
    desk.mic.phase = "on";
    desk.mic.playback = { port: { postMessage() {} }, disconnect() {} };
    desk.mic.capture = { port: { postMessage() {} }, disconnect() {} };
    desk.mic.draw();
  };
  const verbs = (verb) => sent.filter((each) => each.verb === verb);
  return { desk, sent, verbs, end: () => desk.dispose() };
}

test("a hold, then the microphone opened and closed: the kernel is told that nothing is held", async (t) => {
  const { desk, verbs, end } = deskOf();
  t.after(end);
  await desk.talk.press();
  await desk.toggleOpen();
  assert.equal(desk.talk.state, "holding");
  await desk.toggleOpen();
  await settle();
  assert.deepEqual(verbs("talk").map(({ down, cancel }) => [down, cancel]), [[true, undefined], [false, true]]);
  assert.equal(desk.talk.state, "idle");
  assert.equal(desk.note.text, "The microphone was switched off. Nothing was sent.");
});

test("a hold into a muted microphone is refused in words; closing the microphone ends its mute", async (t) => {
  const { desk, verbs, end } = deskOf();
  t.after(end);
  await desk.toggleOpen();
  desk.mute(true);
  await settle();
  await desk.talk.press();
  assert.deepEqual([desk.talk.state, verbs("talk").length], ["idle", 0]);
  assert.match(desk.note.text, /muted/);
  await desk.toggleOpen();
  assert.equal(desk.mic.muted, false);
  await desk.talk.press();
  assert.equal(desk.talk.state, "holding");
  desk.mute(true);
  while (desk.talk.state !== "idle") await settle();
  assert.equal(verbs("talk").at(-1).cancel, true);
});

test("a page that says hello says whether its button is held", async (t) => {
  const { desk, sent, end } = deskOf();
  t.after(end);
  const hellos = () => sent.filter((each) => each.type === "hello").map((each) => each.holding);
  assert.deepEqual(hellos(), [false]);
  await desk.talk.press();
  desk.book.askedMs = -Infinity;
  desk.hello();
  assert.deepEqual(hellos(), [false, true]);
});

test("who only types takes no microphone away", async (t) => {
  const { desk, end } = deskOf();
  t.after(end);
  let started = 0;
  desk.mic.start = async () => { started += 1; };
  desk.book.mic = { page: "", elsewhere: true };
  desk.hearken();
  assert.equal(started, 0);
  desk.book.mic = { page: "", elsewhere: false };
  desk.hearken();
  assert.equal(started, 1);
});
