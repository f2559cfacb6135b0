import assert from "node:assert/strict";
import { test } from "node:test";

import { Form, defaultText, readField, shownValue } from "../../rtnb/widgets/static/console_form.mjs";

const number = (name, value, more = {}) => ({ name, label: name, kind: "number", value, digits: 0, ...more });
const THRESHOLD = number("threshold", 0.5, { least: 0, most: 1, digits: 2 });
const SILENCE = number("silence_duration_ms", 500, { unit: "ms", least: 0, most: 5000 });
const IDLE = number("idle_timeout_ms", null, { unit: "ms", least: 5000, most: 30000, optional: true });
const VOICE = { name: "voice", label: "Voice", kind: "choice", value: "marin", choices: [] };
const MODEL = { name: "model", label: "Model", kind: "choice", value: "m1", free: true, reconnects: "A new connection is made." };

const settings = (more = {}) => ({
  fields: [VOICE, MODEL],
  turn_detection: {
    value: "server_vad",
    kinds: [
      { value: "none", label: "none", fields: [] },
      { value: "server_vad", label: "server VAD", fields: [THRESHOLD, SILENCE, IDLE] },
      { value: "semantic_vad", label: "semantic VAD", fields: [{ name: "eagerness", label: "Eagerness", kind: "choice", value: "auto" }] },
    ],
  },
  tools: [{ name: "find", kind: "function", description: "", on: true }],
  ...more,
});

function formOf() {
  const form = new Form();
  form.take(settings());
  return form;
}

test("only what changed is asked for", () => {
  const form = formOf();
  assert.equal(form.update(), null);
  form.edit("voice", VOICE, "cedar");
  form.edit("server_vad.silence_duration_ms", SILENCE, "350");
  form.edit("tool.find", null, false);
  assert.deepEqual(form.update(), {
    settings: { voice: "cedar" }, turn_detection: { type: "server_vad", silence_duration_ms: 350 }, tools: { find: false },
  });
});

test("what is set back is no change", () => {
  const form = formOf();
  form.edit("server_vad.threshold", THRESHOLD, "0.6");
  form.edit("server_vad.threshold", THRESHOLD, "0.50");
  assert.deepEqual(form.pending, []);
});

test("another kind of turn detection takes only its own parameters along", () => {
  const form = formOf();
  form.edit("server_vad.threshold", THRESHOLD, "0.6");
  form.edit("turn_detection", null, "semantic_vad");
  form.edit("semantic_vad.eagerness", { name: "eagerness", label: "Eagerness", kind: "choice", value: "auto" }, "low");
  assert.deepEqual(form.update(), { turn_detection: { type: "semantic_vad", eagerness: "low" } });
  form.edit("turn_detection", null, "none");
  assert.deepEqual(form.update(), { turn_detection: { type: "none" } });
});

test("an optional number is switched off by emptying it", () => {
  const form = formOf();
  form.edit("server_vad.idle_timeout_ms", IDLE, "6000");
  assert.deepEqual(form.update().turn_detection, { type: "server_vad", idle_timeout_ms: 6000 });
  form.take(settings({ turn_detection: { ...settings().turn_detection, kinds: [{ value: "server_vad", label: "", fields: [{ ...IDLE, value: 6000 }] }] } }));
  form.edit("server_vad.idle_timeout_ms", IDLE, "");
  assert.deepEqual(form.update().turn_detection, { type: "server_vad", idle_timeout_ms: null });
});

test("what cannot be is said, and keeps the rest from being applied", () => {
  const form = formOf();
  form.edit("voice", VOICE, "cedar");
  for (const [raw, said] of [["abc", /not a number/], ["-1", /from 0 to 5000 ms/], ["", /missing/], ["1e999", /not a number/], ["3.5", /whole number/]]) {
    form.edit("server_vad.silence_duration_ms", SILENCE, raw);
    assert.match(form.problem, said);
    assert.equal(form.update(), null);
    assert.equal(form.value("server_vad.silence_duration_ms"), raw);
  }
  form.edit("turn_detection", null, "none");
  assert.equal(form.problem, "");
});

test("what is edited stays while others change things, and says so", () => {
  const form = formOf();
  form.edit("voice", VOICE, "cedar");
  form.take(settings({ fields: [{ ...VOICE, value: "ash" }, MODEL] }));
  assert.equal(form.value("voice"), "cedar");
  assert.ok(form.elsewhere.has("voice"));
  form.revert();
  assert.equal(form.value("voice"), "ash");
  assert.equal(form.elsewhere.size, 0);
});

test("what was applied is no edit any more, unless it was edited again meanwhile", () => {
  const form = formOf();
  form.edit("voice", VOICE, "cedar");
  form.edit("model", MODEL, "m2");
  form.update();
  form.edit("voice", VOICE, "ash");
  form.take(settings({ fields: [{ ...VOICE, value: "cedar" }, { ...MODEL, value: "m2" }] }));
  form.applied();
  assert.deepEqual(form.pending, ["voice"]);
  assert.equal(form.value("voice"), "ash");
  assert.equal(form.elsewhere.size, 0);
});

test("a refused change stays in the form", () => {
  const form = formOf();
  form.edit("voice", VOICE, "nobody");
  form.update();
  form.refused();
  assert.deepEqual(form.pending, ["voice"]);
});

test("a new connection is told of before it is made", () => {
  const form = formOf();
  assert.equal(form.reconnects, "");
  form.edit("model", MODEL, " m2 ");
  assert.equal(form.reconnects, "A new connection is made.");
  assert.deepEqual(form.update(), { settings: { model: "m2" } });
});

test("numbers as people type them", () => {
  assert.deepEqual(readField(THRESHOLD, "0,6"), { value: 0.6, problem: "" });
  assert.deepEqual(readField(THRESHOLD, ".6"), { value: 0.6, problem: "" });
  for (const raw of ["0x1", "1_0", "Infinity", "NaN", "--1", "1 2"]) assert.notEqual(readField(THRESHOLD, raw).problem, "", raw);
});

test("what is shown", () => {
  assert.equal(shownValue(THRESHOLD, 0.30000000000000004), "0.3");
  assert.equal(shownValue(IDLE, null), "");
  assert.equal(defaultText(IDLE), "off");
  assert.equal(defaultText({ ...SILENCE, default: 500 }), "500 ms");
});

test("a field that is hidden is sent only when something is written into it", () => {
  const hidden = { name: "instructions", label: "Instructions", kind: "text", value: "", hidden: true };
  const form = new Form();
  form.take({ fields: [hidden], turn_detection: { value: "none", kinds: [] }, tools: [] });
  form.edit("instructions", hidden, "x");
  form.edit("instructions", hidden, "  ");
  assert.equal(form.update(), null);
  form.edit("instructions", hidden, "Be brief.");
  assert.deepEqual(form.update(), { settings: { instructions: "Be brief." } });
});
