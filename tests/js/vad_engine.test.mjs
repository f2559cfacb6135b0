import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

// The engine is no module of its own: pages get it joined behind the pure ones.
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
const joined = ["vad_view.mjs", "vad_player.mjs", "vad_engine.js"].map(read).join("\n").replace(/^export (?=class |function |const )/gm, "");
const Engine = new Function(`${joined}\nreturn Engine;`)();

const KNOBS = { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200, hysteresis: 0.15, min_speech_ms: 0, idle_timeout_ms: null };

function page() {
  const sent = [];
  const heard = new Map();
  const model = {
    get: () => ({ knobs: KNOBS, turn_gap_s: 0.7, duration_s: 30, closed: "" }),
    on: (name, call) => heard.set(name, call),
    off: () => {},
    send: (content) => { if (model.dead) throw new Error("comm is closed"); sent.push(content); },
    dead: false,
  };
  const engine = new Engine(model);
  const tell = (content) => heard.get("msg:custom")(content, content.type === "result" ? [new Float64Array(0), new Float64Array(0)] : []);
  const result = (seq, answers, knobs = {}) => tell({
    type: "result", seq, answers, turns: 0, edit: ["", 0], rows: [], mistakes: [], speakers: [], selected: null,
    knobs: { ...KNOBS, ...knobs }, exit_threshold: 0.35, turn_gap_s: 0.7, labelled: { turns: 0, segments: 0, notes: [] },
  });
  return { engine, model, sent, tell, result, event: (name) => heard.get(name)(), asked: () => sent.filter((each) => each.type === "set") };
}

test("an answer that comes after a newer result still answers", () => {
  const { engine, result, asked } = page();
  engine.want({ threshold: 0.3 });
  engine.want({ threshold: 0.2 });
  assert.equal(asked().length, 1);
  result(7, 0);
  result(6, 1, { threshold: 0.3 });
  assert.deepEqual(asked().map((each) => each.values.threshold), [0.3, 0.2]);
  result(8, 2, { threshold: 0.2 });
  assert.equal(engine.latest.waiting, false);
  assert.equal(engine.knobsNow.threshold, 0.2);
  engine.want({ threshold: 0.9 });
  assert.equal(asked().at(-1).values.threshold, 0.9);
  engine.dispose();
});

test("a late answer leaves the sliders where the newest result has them", () => {
  const { engine, result } = page();
  engine.want({ threshold: 0.3 });
  result(7, 0, { threshold: 0.6 });
  result(6, 1, { threshold: 0.3 });
  assert.equal(engine.knobsNow.threshold, 0.6);
  engine.dispose();
});

for (const answer of [{ type: "say", kind: "done", text: "Applied to the session." }, { type: "job", state: "done", text: "Sweep: done." }]) {
  test(`what a ${answer.type} says is not taken back by impatience`, (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { engine, tell } = page();
    engine.ask({ type: "apply" });
    t.mock.timers.tick(500);
    tell(answer);
    t.mock.timers.tick(5000);
    assert.equal(engine.note.text, answer.text);
    engine.dispose();
  });
}

test("a kernel that does not answer any more is gone, and one that does is back", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { engine, model, sent, tell, event } = page();
  event("comm_live_update");
  assert.equal(sent.at(-1).type, "ping");
  t.mock.timers.tick(1000);
  tell({ type: "pong" });
  t.mock.timers.tick(20_000);
  assert.equal(engine.gone, false);
  event("comm_live_update");
  t.mock.timers.tick(20_000);
  assert.equal(engine.gone, true);
  assert.match(engine.closed, /kernel of this lab is gone/);
  tell({ type: "pong" });
  assert.equal(engine.closed, "");
  model.dead = true;
  event("comm_live_update");
  assert.equal(engine.gone, true);
  engine.dispose();
});

test("a trial is outdated by every slider", () => {
  const { engine, tell, result } = page();
  tell({ type: "job", state: "done", text: "", trial: { knobs: { ...KNOBS }, pairs: [] } });
  result(1, 0);
  assert.equal(engine.outdated, false);
  for (const [name, value] of [["hysteresis", 0.3], ["min_speech_ms", 100], ["threshold", 0.4]]) {
    result(2, 0, { [name]: value });
    assert.equal(engine.outdated, true, name);
  }
  engine.dispose();
});

test("what costs time or money is asked about", () => {
  const { engine, tell } = page();
  tell({ type: "ask", text: "12 min", choices: [] });
  assert.equal(engine.question.text, "12 min");
  tell({ type: "job", state: "running", text: "" });
  assert.equal(engine.question, null);
  engine.dispose();
});
