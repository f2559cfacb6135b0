import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// No module of its own: pages get it joined.
const text = readFileSync(new URL("../../rtnb/widgets/static/live.js", import.meta.url), "utf8");
const { Wire, DOUBT_MS, GRACE_MS, UNHEARD_MS } = new Function(
  `${text}\nreturn { Wire, DOUBT_MS, GRACE_MS, UNHEARD_MS };`,
)();

const seconds = () => performance.timeOrigin / 1000;

/** A line, and what the host says about each message that goes over it. */
function wired(settings = {}) {
  const heard = {};
  const sent = [];
  let redrawn = 0;
  const model = {
    get: () => settings, on: (name, hear) => { heard[name] = hear; }, off() {},
    send: (content, callbacks) => sent.push({ content, status: callbacks?.iopub?.status }),
  };
  const wire = new Wire(model, { hear() {}, redraw: () => { redrawn += 1; } });
  const says = (state) => sent.at(-1).status({ content: { execution_state: state } });
  const live = () => heard.comm_live_update();
  return { wire, sent, says, live, hear: (content) => heard["msg:custom"](content, []), redrawn: () => redrawn };
}

test("a kernel that has worked through a ping without an answer has forgotten the view", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { wire, sent, says, hear, redrawn } = wired();
  wire.send({ type: "do" });
  t.mock.timers.tick(DOUBT_MS);
  assert.equal(sent.at(-1).content.type, "ping");
  says("busy");
  t.mock.timers.tick(60 * 60 * 1000);
  assert.equal(wire.gone, false, "it has only begun with it");
  says("idle");
  t.mock.timers.tick(GRACE_MS);
  assert.equal(wire.gone, true);
  assert.equal(redrawn(), 1);
  hear({ type: "pong" });
  assert.equal(wire.gone, false, "whatever comes later brings it back");
  wire.dispose();
});

test("a kernel that is busy, or that answers, is there", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { wire, sent, says, hear } = wired();
  wire.send({ type: "do" });
  t.mock.timers.tick(60 * 60 * 1000);
  assert.equal(wire.gone, false, "a cell that runs for an hour");
  hear({ type: "pong" });
  says("idle");
  t.mock.timers.tick(GRACE_MS);
  assert.equal(wire.gone, false);
  const before = sent.length;
  t.mock.timers.tick(60 * 60 * 1000);
  assert.equal(sent.length, before, "nothing was asked, nothing is doubted");
  wire.send({ type: "do" });
  hear({ type: "done", page: "another page" });
  t.mock.timers.tick(60 * 60 * 1000);
  assert.equal(sent.length, before + 1, "what comes is proof enough");
  wire.dispose();
});

test("a ping that is lost with its line is asked again after the next message", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { wire, sent, says } = wired();
  wire.send({ type: "do" });
  t.mock.timers.tick(DOUBT_MS);
  const before = sent.length;
  t.mock.timers.tick(60 * 60 * 1000);
  assert.equal(sent.length, before, "nothing more by itself");
  wire.send({ type: "do" });
  t.mock.timers.tick(DOUBT_MS);
  assert.equal(sent.at(-1).content.type, "ping");
  assert.equal(sent.length, before + 2);
  says("idle");
  t.mock.timers.tick(GRACE_MS);
  assert.equal(wire.gone, true);
  wire.dispose();
});

/** Frames of a microphone, ten a second. */
function streams(t, wire, ms) {
  for (let past = 0; past < ms; past += 100) {
    wire.send({ type: "frame" });
    t.mock.timers.tick(100);
  }
}

const pings = (sent) => sent.filter(({ content }) => content.type === "ping");

test("a view that sends all the time asks a busy kernel rarely", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { wire, sent } = wired();
  const hour = 60 * 60 * 1000;
  streams(t, wire, hour);
  assert.equal(wire.gone, false);
  const asked = pings(sent).length;
  assert.ok(asked > 1 && asked <= hour / UNHEARD_MS, `${asked} pings`);
  wire.dispose();
});

test("a view that sends all the time learns from a slow line that it was forgotten", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const late of [DOUBT_MS + GRACE_MS, 2 * UNHEARD_MS]) {
    const { wire, sent } = wired();
    streams(t, wire, DOUBT_MS);
    const [first] = pings(sent);
    streams(t, wire, late);
    assert.equal(wire.gone, false);
    first.status({ content: { execution_state: "idle" } });
    streams(t, wire, GRACE_MS);
    assert.equal(wire.gone, true, `the first answer came after ${late} ms`);
    wire.dispose();
  }
});

test("what comes after a ping speaks for the view, however late the ping was worked through", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { wire, sent, hear } = wired();
  streams(t, wire, DOUBT_MS + 2 * UNHEARD_MS);
  hear({ type: "level" });
  for (const each of pings(sent)) each.status({ content: { execution_state: "idle" } });
  t.mock.timers.tick(GRACE_MS);
  assert.equal(wire.gone, false);
  wire.dispose();
});

test("a line that was opened anew is doubted anew", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { wire, sent, live } = wired();
  streams(t, wire, 2 * DOUBT_MS);
  assert.equal(pings(sent).length, 1);
  live();
  assert.equal(pings(sent).length, 2);
  streams(t, wire, DOUBT_MS);
  assert.equal(pings(sent).length, 3, "the unanswered one went with the old line");
  wire.dispose();
});

test("a page that was loaded after the view was shown promises no picture", () => {
  const closed = "Frozen: the picture in the cell is what stays.";
  for (const [shown, late] of [[seconds() - 60, true], [seconds() + 1, false], [undefined, false]]) {
    const { wire } = wired({ closed, shown });
    assert.equal(wire.late, late);
    assert.equal(wire.closed === closed, !late);
    assert.match(wire.closed, late ? /Run the cell again to keep/ : /stays/);
    wire.dispose();
  }
});
