import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// anywidget gives `initialize` and each `render` another object as the model of one view: what they share is a mark in
// the settings, and there is one engine for it.
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
globalThis.window ??= { addEventListener() {}, removeEventListener() {} };

function moduleOf(names, engine) {
  const joined = names.map(read).join("\n").replace(/^export (?=class |function |const )/gm, "").replace(/^export default .*$/m, "");
  return new Function(`const WORKLET = "";\n${joined}\nreturn { initialize, engineOf: ${engine} };`)();
}

const KNOBS = { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200, hysteresis: 0.15, min_speech_ms: 0, idle_timeout_ms: null };
const CASES = [
  [["live.js", "frames.mjs", "mic_engine.js", "microphone.js"], "engineOf", { still: "one" }],
  [["live.js", "frames.mjs", "mic_engine.js", "vad_player.mjs", "recorder_view.mjs", "recorder.js"], "recorderOf", { still: "one", max_s: 9 }],
  [["vad_view.mjs", "vad_player.mjs", ...["engine", "paint", "parts", "lists", "hands", "lab"].map((name) => `vad_${name}.js`)], "engineOf",
    { still: "one", knobs: KNOBS, turn_gap_s: 0.7, duration_s: 30 }],
];

for (const [names, engine, settings] of CASES) {
  test(`one engine for a view, whatever objects are its model: ${names.at(-1)}`, () => {
    const { initialize, engineOf } = moduleOf(names, engine);
    const sent = [];
    const model = (members = {}) => ({
      get: () => ({ closed: "", ...settings, ...members }), on() {}, off() {}, send: (content) => sent.push(content.type),
    });
    const end = initialize({ model: model() });
    const first = engineOf(model());
    assert.equal(engineOf(model()), first);
    assert.deepEqual(sent, ["hello"]);
    const other = engineOf(model({ still: "two" }));
    assert.notEqual(other, first);
    end();
    assert.notEqual(engineOf(model()), first, "what is over is not used again");
    engineOf(model()).dispose();
    other.dispose();
  });
}
