// @ts-check
// What a file is by its first bytes, and what is made of it before it leaves the page: the kernel takes PNG, JPEG and what
// libsndfile reads, browsers read more. Pure.

/** Bytes that are looked at. */
export const HEAD_BYTES = 64;

/** Pixels of the longer side of an image that is made here: models look at no more (OpenAI, "Images and vision" guide). */
export const IMAGE_SIDE = 2048;

/** Above this an image that is made here is a JPEG. */
export const PNG_BYTES = 4_000_000;

/** One turn (as the kernel has it), and the rate that the API takes. */
export const TURN_S = 15 * 60;
export const WAV_HZ = 24_000;

/** @typedef {{kind: "image" | "audio" | "", plain: boolean, name: string}} Format `plain`: the kernel reads it as it is */

/** @param {Uint8Array} head @param {number} at @param {number} count */
const letters = (head, at, count) => String.fromCharCode(...head.subarray(at, at + count));

/**
 * What a file is by its content; kind "" where that says nothing.
 * @param {Uint8Array} head its first bytes @returns {Format}
 */
export function formatOf(head) {
  const is = (/** @type {number[]} */ ...bytes) => head.length >= bytes.length && bytes.every((each, index) => head[index] === each);
  const [four, inside] = [letters(head, 0, 4), letters(head, 8, 4)];
  const of = (/** @type {"image" | "audio"} */ kind, /** @type {string} */ name, plain = false) => ({ kind, name, plain });
  if (is(0x89, 0x50, 0x4e, 0x47)) return of("image", "PNG", true);
  if (is(0xff, 0xd8, 0xff)) return of("image", "JPEG", true);
  if (four === "GIF8") return of("image", "GIF");
  if (four === "RIFF" && inside === "WEBP") return of("image", "WebP");
  if (["RIFF", "RIFX", "RF64"].includes(four) && inside === "WAVE") return of("audio", "WAV", true);
  if (four === "FORM" && /^AIF[FC]$/.test(inside)) return of("audio", "AIFF", true);
  const plain = { fLaC: "FLAC", OggS: "Ogg", caff: "CAF", ".snd": "AU", riff: "W64" }[four];
  if (plain) return of("audio", plain, true);
  if (four.startsWith("ID3")) return of("audio", "MP3", true);
  // Eleven ones begin a frame of MPEG audio; its layer is 0 in AAC (ISO 11172-3 and 13818-7).
  if (head[0] === 0xff && (head[1] & 0xe0) === 0xe0) return (head[1] & 0x06) === 0 ? of("audio", "AAC") : of("audio", "MP3", true);
  if (is(0x1a, 0x45, 0xdf, 0xa3)) return of("audio", "WebM");
  if (letters(head, 4, 4) === "ftyp") {
    if (/^(avif|avis)/.test(inside)) return of("image", "AVIF");
    if (/^(heic|heix|hevc|mif1|msf1)/.test(inside)) return of("image", "HEIF");
    return of("audio", "MP4");
  }
  if (four.startsWith("BM")) return of("image", "BMP");
  if (is(0x49, 0x49, 0x2a, 0) || is(0x4d, 0x4d, 0, 0x2a)) return of("image", "TIFF");
  if (/^\s*<(svg|\?xml|!--)/.test(letters(head, 0, HEAD_BYTES))) return of("image", "SVG");
  return { kind: "", name: "", plain: false };
}

/**
 * Whether a PNG or JPEG has its end (PNG's IEND, JPEG's EOI): browsers show half of one without a word.
 * @param {Uint8Array} data all of it @param {string} name as `formatOf` calls it
 */
export function hasEnd(data, name) {
  const end = name === "PNG" ? [0x49, 0x45, 0x4e, 0x44] : [0xff, 0xd9];
  // Cameras put films and more behind it.
  for (let at = data.lastIndexOf(end[0]); at > 0; at = data.lastIndexOf(end[0], at - 1)) {
    if (end.every((each, index) => data[at + index] === each)) return true;
  }
  return false;
}

/**
 * Size of a picture that fits; never larger than it was.
 * @param {number} width @param {number} height @param {number} side
 */
export function fittedSize(width, height, side = IMAGE_SIDE) {
  const scale = Math.min(1, side / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * A WAV file of one channel, PCM16 little-endian.
 * @param {Float32Array[]} channels of one length, mixed evenly @param {number} rateHz
 */
export function wavOf(channels, rateHz) {
  const frames = channels[0]?.length || 0;
  const data = new DataView(new ArrayBuffer(44 + 2 * frames));
  const word = (/** @type {number} */ at, /** @type {string} */ text) => [...text].forEach((each, index) => data.setUint8(at + index, each.charCodeAt(0)));
  word(0, "RIFF");
  data.setUint32(4, 36 + 2 * frames, true);
  word(8, "WAVEfmt ");
  data.setUint32(16, 16, true);
  data.setUint16(20, 1, true);
  data.setUint16(22, 1, true);
  data.setUint32(24, rateHz, true);
  data.setUint32(28, 2 * rateHz, true);
  data.setUint16(32, 2, true);
  data.setUint16(34, 16, true);
  word(36, "data");
  data.setUint32(40, 2 * frames, true);
  for (let at = 0; at < frames; at++) {
    let sum = 0;
    for (const channel of channels) sum += channel[at];
    data.setInt16(44 + 2 * at, Math.max(-32768, Math.min(32767, Math.round((sum / channels.length) * 32768))), true);
  }
  return data.buffer;
}
