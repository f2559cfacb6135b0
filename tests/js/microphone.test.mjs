import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// The microphone's view is no module of its own: pages get it joined.
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
const joined = ["live.js", "frames.mjs", "mic_engine.js", "microphone.js"].map(read).join("\n")
  .replace(/^export (?=class |function |const )/gm, "").replace(/^export default .*$/m, "");
globalThis.window ??= { addEventListener() {}, removeEventListener() {} };
const { SessionMic, GONE_TEXT } = new Function(`const WORKLET = "";\n${joined}\nreturn { SessionMic, GONE_TEXT };`)();

function micOf() {
  const sent = [];
  const calls = {};
  const settings = { closed: "", still: "s" };
  const model = {
    get: () => settings,
    on: (name, call) => { (calls[name] ??= []).push(call); },
    off() {},
    send: (content) => sent.push(content),
  };
  const mic = new SessionMic(model);
  mic.phase = "on";
  mic.count = 0;
  mic.released = 0;
  mic.release = () => { mic.released += 1; };
  const happens = (name, ...given) => (calls[name] ?? []).forEach((call) => call(...given));
  return { mic, sent, settings, happens };
}

test("all that it says is of one page, and it hears of others", () => {
  const { mic, sent, happens } = micOf();
  mic.captured({ data: new ArrayBuffer(2880), level: 0.5 });
  assert.deepEqual(sent.map((each) => [each.type, each.page]), [["hello", mic.page], ["frame", mic.page]]);
  happens("msg:custom", { type: "speaking", speaking: true, page: mic.page }, []);
  assert.equal(mic.text, "You are speaking.");
  happens("msg:custom", { type: "taken", page: "another" }, []);
  assert.deepEqual([mic.phase, mic.released, mic.elsewhere], ["off", 1, true]);
  mic.dispose();
});

test("a kernel that is gone ends it, and it cannot be begun", async () => {
  const { mic, happens } = micOf();
  let drawn = 0;
  mic.views.add(() => { drawn += 1; });
  mic.wire.lose();
  assert.deepEqual([mic.phase, mic.released, mic.text], ["off", 1, GONE_TEXT]);
  assert.ok(drawn > 0);
  await mic.start();
  assert.equal(mic.phase, "off");
  happens("msg:custom", { type: "pong" }, []);
  assert.equal(mic.text, "Off. Press the button and speak.");
  mic.dispose();
});

test("a line that breaks is noticed at the next frame", () => {
  const { mic } = micOf();
  mic.wire.model.send = () => { throw new Error("the comm is closed"); };
  mic.captured({ data: new ArrayBuffer(2880), level: 0.5 });
  assert.deepEqual([mic.phase, mic.released, mic.text], ["off", 1, GONE_TEXT]);
  mic.dispose();
});

test("closed, it says what it did", () => {
  const { mic, settings, happens } = micOf();
  settings.closed = "Microphone: 1.0 s heard.";
  happens("change:settings");
  assert.deepEqual([mic.phase, mic.text], ["off", "Microphone: 1.0 s heard."]);
  settings.shown = performance.timeOrigin / 1000 - 60;
  assert.match(mic.text, /^Microphone: 1.0 s heard. The picture stored in this notebook is from before/);
  mic.dispose();
});
