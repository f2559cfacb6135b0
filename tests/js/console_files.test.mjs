import assert from "node:assert/strict";
import { test } from "node:test";

import { fittedSize, formatOf, hasEnd, wavOf } from "../../rtnb/widgets/static/console_files.mjs";

const bytes = (...parts) => Uint8Array.from(parts.flatMap((each) => (typeof each === "string" ? [...each].map((letter) => letter.charCodeAt(0)) : [each])));

test("a file is what its first bytes say, whatever its name is", () => {
  const known = [
    [bytes(0x89, "PNG"), "image", true], [bytes(0xff, 0xd8, 0xff, 0xe0), "image", true], [bytes("GIF89a"), "image", false],
    [bytes("RIFF", 1, 2, 3, 4, "WEBPVP8 "), "image", false], [bytes("RIFF", 1, 2, 3, 4, "WAVEfmt "), "audio", true],
    [bytes("fLaC"), "audio", true], [bytes("OggS"), "audio", true], [bytes("ID3", 4), "audio", true], [bytes(0xff, 0xfb, 0x90), "audio", true],
    [bytes(0xff, 0xf1, 0x50), "audio", false], [bytes(0x1a, 0x45, 0xdf, 0xa3), "audio", false], [bytes(0, 0, 0, 24, "ftypM4A "), "audio", false],
    [bytes(0, 0, 0, 24, "ftypavif"), "image", false], [bytes("BM", 1), "image", false], [bytes("FORM", 0, 0, 0, 9, "AIFF"), "audio", true],
    [bytes("<svg xmlns="), "image", false], [bytes("hello"), "", false], [bytes(), "", false],
  ];
  for (const [head, kind, plain] of known) assert.deepEqual([formatOf(head).kind, formatOf(head).plain], [kind, plain], String(head));
});

test("half a picture is none", () => {
  assert.equal(hasEnd(bytes(0x89, "PNG", 1, 2, 0, 0, 0, 0, "IEND", 0xae, 0x42, 0x60, 0x82), "PNG"), true);
  assert.equal(hasEnd(bytes(0x89, "PNG", 1, 2, "IEN"), "PNG"), false);
  assert.equal(hasEnd(bytes(0xff, 0xd8, 0xff, 1, 0xff, 0xd9, "a film"), "JPEG"), true);
  assert.equal(hasEnd(bytes(0xff, 0xd8, 0xff, 1, 2, 0xff), "JPEG"), false);
});

test("a picture is made to fit, and never larger", () => {
  assert.deepEqual(fittedSize(4096, 1024), { width: 2048, height: 512 });
  assert.deepEqual(fittedSize(30, 20), { width: 30, height: 20 });
  assert.deepEqual(fittedSize(1, 100_000), { width: 1, height: 2048 });
});

test("sound becomes a WAV file of one channel", () => {
  const wav = wavOf([Float32Array.of(0, 0.5, 2), Float32Array.of(0, -0.5, 2)], 24_000);
  const view = new DataView(wav);
  assert.equal(wav.byteLength, 44 + 6);
  assert.equal(String.fromCharCode(...new Uint8Array(wav, 0, 4)), "RIFF");
  assert.deepEqual([view.getUint32(4, true), view.getUint16(22, true), view.getUint32(24, true), view.getUint32(40, true)], [42, 1, 24_000, 6]);
  assert.deepEqual([44, 46, 48].map((at) => view.getInt16(at, true)), [0, 0, 32767]);
});
