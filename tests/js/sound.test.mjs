// Run by tests/widgets/test_javascript.py, or by hand: node --test tests/js/
import assert from "node:assert/strict";
import { test } from "node:test";

import { Framer, JitterBuffer, Resampler, floatOfInt16, int16OfFloat, meterOf } from "../../rtnb/widgets/static/sound.mjs";

const sine = (hz, rate, seconds) => Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));
const join = (parts) => Float32Array.from(parts.flatMap((part) => [...part]));
const rms = (samples) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

/** In pieces of uneven length, as an audio thread's never are, so that no boundary is special. */
function resample(samples, from, to, sizes = [128, 1, 977, 3, 441]) {
  const resampler = new Resampler(from, to);
  const parts = [];
  for (let start = 0, i = 0; start < samples.length; i++) {
    const end = Math.min(samples.length, start + sizes[i % sizes.length]);
    parts.push(resampler.push(samples.slice(start, end)));
    start = end;
  }
  parts.push(resampler.flush());
  return join(parts);
}

for (const [from, to] of [[48000, 24000], [44100, 24000], [16000, 24000], [24000, 48000], [8000, 48000], [24000, 44100]]) {
  test(`a tone survives ${from} to ${to} Hz`, () => {
    const out = resample(sine(440, from, 1), from, to);
    assert.ok(Math.abs(out.length - to) <= 2 + to / from * 30, `${out.length} samples`);
    const want = sine(440, to, 1);
    let worst = 0;
    for (let i = 500; i < want.length - 500; i++) worst = Math.max(worst, Math.abs(out[i] - want[i]));
    assert.ok(worst < 0.01, `off by ${worst}`);
  });
}

test("what the lower rate cannot carry is gone, not folded back", () => {
  const out = resample(sine(15000, 48000, 1), 48000, 24000);
  assert.ok(rms(out.slice(500, -500)) < 0.003);
});

test("a stream in pieces is the stream", () => {
  const sound = sine(300, 44100, 0.5);
  const [pieces, whole] = [resample(sound, 44100, 24000, [64]), resample(sound, 44100, 24000, [22050])];
  assert.equal(pieces.length, whole.length);
  assert.ok(pieces.every((x, i) => Math.abs(x - whole[i]) < 1e-5));
});

test("equal rates pass through untouched", () => {
  const sound = sine(300, 24000, 0.1);
  assert.equal(new Resampler(24000, 24000).push(sound), sound);
});

test("samples of 16 bits and back", () => {
  assert.deepEqual([...int16OfFloat(Float32Array.of(0, 1, -1, 2, -2, 0.5))], [0, 32767, -32767, 32767, -32767, 16384]);
  assert.deepEqual([...floatOfInt16(Int16Array.of(0, 16384, -32768))], [0, 0.5, -1]);
});

test("a meter", () => {
  assert.equal(meterOf(new Float32Array(0)), 0);
  assert.equal(meterOf(new Float32Array(100)), 0);
  assert.ok(Math.abs(meterOf(new Float32Array(100).fill(1)) - 1) < 1e-6);
  assert.ok(Math.abs(meterOf(new Float32Array(100).fill(0.0316)) - 0.5) < 0.01, "-30 dBFS is the middle");
});

test("frames are full, in order and their own", () => {
  const framer = new Framer(5);
  const given = Float32Array.from({ length: 23 }, (_, i) => i);
  const frames = [given.slice(0, 2), given.slice(2, 14), given.slice(14)].flatMap((part) => framer.push(part));
  assert.deepEqual(frames.map((frame) => [...frame]), [0, 5, 10, 15].map((start) => [...given.slice(start, start + 5)]));
});

const steps = (count, value = 1000) => new Int16Array(count).fill(value);
const pull = (buffer, count) => {
  const out = new Float32Array(count).fill(9);
  return { over: buffer.pull(out), out };
};

test("an item waits until enough of it is there", () => {
  const buffer = new JitterBuffer(1000, 200);
  buffer.push("a", steps(199), 1000);
  assert.deepEqual([...pull(buffer, 10).out], new Array(10).fill(0));
  assert.deepEqual(buffer.counts(), []);
  buffer.push("a", steps(1), 1000);
  assert.ok(pull(buffer, 50).out.every((x) => x > 0));
  assert.deepEqual(buffer.counts(), [{ id: "a", ms: 50 }]);
  assert.equal(buffer.sounding, true);
});

test("a short item plays when it is complete, and ends exactly", () => {
  const buffer = new JitterBuffer(1000, 200);
  buffer.push("a", steps(30), 1000);
  buffer.end("a");
  const { over, out } = pull(buffer, 40);
  assert.deepEqual(over, [{ id: "a", ms: 30 }]);
  assert.deepEqual([out[29] > 0, out[30]], [true, 0]);
  assert.equal(buffer.sounding, false);
});

test("items follow each other without a gap", () => {
  const buffer = new JitterBuffer(1000, 20);
  for (const id of ["a", "b"]) {
    buffer.push(id, steps(30), 1000);
    buffer.end(id);
  }
  const { over, out } = pull(buffer, 60);
  assert.deepEqual(over.map((each) => each.id), ["a", "b"]);
  assert.ok(out.every((x) => x > 0));
});

test("where it runs dry it waits again, and says nothing it did not play", () => {
  const buffer = new JitterBuffer(1000, 20);
  buffer.push("a", steps(25), 1000);
  pull(buffer, 40);
  assert.deepEqual([buffer.counts(), buffer.underruns], [[{ id: "a", ms: 25 }], 1]);
  buffer.push("a", steps(10), 1000);
  assert.equal(pull(buffer, 10).out[0], 0);
  buffer.push("a", steps(10), 1000);
  assert.ok(pull(buffer, 10).out[0] > 0);
  assert.deepEqual(buffer.counts(), [{ id: "a", ms: 35 }]);
});

test("a flush is silence at once, with the last counts", () => {
  const buffer = new JitterBuffer(1000, 20);
  buffer.push("a", steps(100), 1000);
  buffer.push("b", steps(100), 1000);
  pull(buffer, 33);
  assert.deepEqual(buffer.flush(), [{ id: "a", ms: 33 }, { id: "b", ms: 0 }]);
  assert.ok(pull(buffer, 100).out.every((x) => x === 0));
  buffer.end("a");
  assert.deepEqual([buffer.counts(), buffer.sounding], [[], false]);
});

test("a count is of the item's own audio, whatever the loudspeaker's rate", () => {
  const buffer = new JitterBuffer(48000, 20);
  buffer.push("a", steps(8000), 8000);
  pull(buffer, 24000);
  assert.ok(Math.abs(buffer.counts()[0].ms - 500) < 1);
  buffer.end("a");
  assert.deepEqual(pull(buffer, 48000).over, [{ id: "a", ms: 1000 }]);
});
