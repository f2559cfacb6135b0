import assert from "node:assert/strict";
import { test } from "node:test";

import { CHUNKS_AHEAD, CHUNK_BYTES, Sending, kindOf, refusedFile, refusedSize, shortName } from "../../rtnb/widgets/static/console_upload.mjs";

const settle = () => new Promise((resolve) => setImmediate(resolve));

function sendingOf(bytes, more = {}) {
  const sent = [];
  const failures = [];
  const sending = new Sending({
    bytes,
    read: async (from, to) => new ArrayBuffer(to - from),
    send: (at, data) => { sent.push([at, data.byteLength]); return true; },
    failed: (error) => failures.push(error),
    ...more,
  });
  return { sending, sent, failures };
}

test("nothing is sent before the kernel says go, and never more than it may", async () => {
  const bytes = 9 * CHUNK_BYTES + 5;
  const { sending, sent } = sendingOf(bytes);
  await settle();
  assert.equal(sent.length, 0);
  await sending.go(0);
  assert.equal(sent.length, CHUNKS_AHEAD);
  for (let taken = 1; taken <= 10; taken++) {
    await sending.go(Math.min(bytes, taken * CHUNK_BYTES));
    assert.ok(sending.next - sending.confirmed <= CHUNKS_AHEAD * CHUNK_BYTES);
  }
  assert.equal(sent.length, 10);
  assert.deepEqual(sent.map(([at]) => at), Array.from({ length: 10 }, (_, i) => i * CHUNK_BYTES));
  assert.deepEqual(sent.at(-1), [9 * CHUNK_BYTES, 5]);
  assert.equal(sending.share, 1);
});

test("a small file is one piece", async () => {
  const { sending, sent } = sendingOf(3);
  await sending.go(0);
  assert.deepEqual(sent, [[0, 3]]);
});

test("behind a hole everything is sent anew", async () => {
  const { sending, sent } = sendingOf(6 * CHUNK_BYTES);
  await sending.go(0);
  await sending.go(2 * CHUNK_BYTES);
  sent.length = 0;
  await sending.go(CHUNK_BYTES);
  assert.deepEqual(sent.map(([at]) => at), [1, 2, 3, 4].map((i) => i * CHUNK_BYTES));
});

test("many goes at once send nothing twice", async () => {
  const { sending, sent } = sendingOf(8 * CHUNK_BYTES);
  await Promise.all([sending.go(0), sending.go(CHUNK_BYTES), sending.go(2 * CHUNK_BYTES)]);
  await sending.go(4 * CHUNK_BYTES);
  const places = sent.map(([at]) => at);
  assert.deepEqual(places, [...new Set(places)]);
  assert.equal(places.length, 8);
});

test("given up, nothing more leaves, also of what is being read", async () => {
  let give;
  const { sending, sent } = sendingOf(3 * CHUNK_BYTES, { read: (from, to) => new Promise((resolve) => { give = () => resolve(new ArrayBuffer(to - from)); }) });
  const going = sending.go(0);
  sending.stop();
  give();
  await going;
  await sending.go(CHUNK_BYTES);
  assert.equal(sent.length, 0);
});

test("a file that cannot be read, or that shrinks, fails once", async () => {
  const broken = sendingOf(3, { read: async () => { throw new Error("gone"); } });
  await broken.sending.go(0);
  assert.equal(broken.failures.length, 1);
  const shrunk = sendingOf(100, { read: async () => new ArrayBuffer(50) });
  await shrunk.sending.go(0);
  assert.match(shrunk.failures[0].message, /changed/);
  assert.equal(shrunk.sent.length, 0);
});

test("a page that cannot send stops without failing", async () => {
  const { sending, failures } = sendingOf(9 * CHUNK_BYTES, { send: () => false });
  await sending.go(0);
  assert.equal(failures.length, 0);
});

test("what a file is, by its type or its name", () => {
  assert.equal(kindOf("a.wav", ""), "audio");
  assert.equal(kindOf("a", "audio/x-anything"), "audio");
  assert.equal(kindOf("photo.JPG", ""), "image");
  assert.equal(kindOf("notes.txt", "text/plain"), "");
});

test("what is refused is refused with the way on", () => {
  assert.equal(refusedFile({ name: "a.wav", type: "audio/wav", size: 1000 }), "");
  assert.match(refusedFile({ name: "a.wav", type: "audio/wav", size: 0 }), /empty/);
  assert.match(refusedFile({ name: "a.pdf", type: "application/pdf", size: 9 }), /neither audio nor an image/);
  for (const name of ["a.raw", "a.pcm"]) assert.match(refusedFile({ name, type: "audio/pcm", size: 9 }), /bare samples.*rtnb\.Clip/);
  assert.match(refusedSize({ name: "a.wav", size: 64_000_001, kind: "audio", plain: true }), /65 MB; 64 MB.*s\.stream/);
  assert.match(refusedSize({ name: "a.m4a", size: 32_000_001, kind: "audio", plain: false }), /33 MB; 32 MB.*WAV/);
  assert.match(refusedSize({ name: "a.png", size: 64_000_001, kind: "image", plain: true }), /65 MB; 64 MB/);
  // The page makes a smaller one of it.
  assert.equal(refusedSize({ name: "a.png", size: 20_000_001, kind: "image", plain: true }), "");
});

test("a name stays readable and harmless", () => {
  assert.equal(shortName("question.wav"), "question.wav");
  const long = shortName(`${"x".repeat(200)}.flac`);
  assert.ok(long.length <= 40 && long.endsWith(".flac"));
  assert.equal(shortName('a"b\n.wav'), "a b .wav");
  assert.equal(shortName(""), "file");
});
