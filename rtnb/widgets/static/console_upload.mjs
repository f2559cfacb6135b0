// @ts-check
// A file on its way to the kernel in pieces, never more of them under way than it has taken. Pure: bytes come from
// `slice`, messages go to `send`.

/** Tornado's websocket refuses messages above 10 MB; a mebibyte keeps the line free for audio. */
export const CHUNK_BYTES = 1 << 20;

/** Pieces under way that the kernel has not confirmed. */
export const CHUNKS_AHEAD = 4;

/** What the kernel takes. */
export const AUDIO_LIMIT = 64_000_000;
export const IMAGE_LIMIT = 20_000_000;

/** What the page itself reads: sound unpacks to some ten times as much. */
export const DECODED_AUDIO = 32_000_000;
export const DECODED_IMAGE = 64_000_000;

export const WORKS = "Audio: wav, flac, mp3, ogg, opus, aiff, m4a, webm. Images: png, jpeg, gif, webp, bmp, avif.";

/** Files under way at once. */
export const UPLOADS_AT_ONCE = 2;

const AUDIO_ENDINGS = /\.(wav|wave|flac|ogg|oga|opus|mp3|aiff?|aifc|au|caf|w64|rf64|m4a|mp4|aac|3gp|mka|weba|webm)$/i;
const IMAGE_ENDINGS = /\.(png|jpe?g|gif|webp|bmp|avif|heic|heif|tiff?|svg)$/i;
/** Samples without a word about their rate and kind. */
const BARE_ENDINGS = /\.(raw|pcm|ulaw|alaw|gsm|vox)$/i;

/**
 * What a file seems to be. The kernel looks into it; this is for what is said before.
 * @param {string} name @param {string} mime @returns {"audio" | "image" | ""}
 */
export function kindOf(name, mime) {
  if (/^audio\//.test(mime) || AUDIO_ENDINGS.test(name)) return "audio";
  if (/^image\//.test(mime) || IMAGE_ENDINGS.test(name)) return "image";
  return "";
}

/**
 * Why a file is not even looked into; empty where it is.
 * @param {{name: string, type: string, size: number}} file
 */
export function refusedFile({ name, type, size }) {
  const shown = shortName(name);
  if (BARE_ENDINGS.test(name)) {
    return `${shown} holds bare samples, whose rate and kind nobody can see. In code: s.send(rtnb.Clip(samples, rate_hz)), or save it as WAV.`;
  }
  if (size === 0) return `${shown} is empty (0 bytes). Is it a folder, or was it never written?`;
  return kindOf(name, type) === "" ? `${shown} is neither audio nor an image. ${WORKS}` : "";
}

/**
 * Why a file is too large; empty where it is not. What the kernel does not read is read in the page, which needs room.
 * @param {{name: string, size: number, kind: string, plain: boolean}} file
 */
export function refusedSize({ name, size, kind, plain }) {
  const shown = shortName(name);
  const limit = kind === "image" ? DECODED_IMAGE : plain ? AUDIO_LIMIT : DECODED_AUDIO;
  if (size <= limit) return "";
  const way = kind === "image" ? "Make it smaller first."
    : plain ? `Use s.stream("${shown}"), or a part of it: rtnb.Clip.load("${shown}").between(0, 60).` : "Save it as WAV, FLAC or MP3, or make it shorter.";
  return `${shown} has ${Math.ceil(size / 1e6)} MB; ${limit / 1e6} MB can be sent from here. ${way}`;
}

/** A name that fits; it stays text. @param {string} name */
export function shortName(name) {
  const flat = name.replace(/[\u0000-\u001f"\\]/g, " ").trim() || "file";
  return flat.length <= 40 ? flat : `${flat.slice(0, 24)}…${flat.slice(-14)}`;
}

/** One file on its way. */
export class Sending {
  /**
   * @param {{bytes: number, read: (from: number, to: number) => Promise<ArrayBuffer>,
   *          send: (at: number, data: ArrayBuffer) => boolean, failed: (error: unknown) => void}} line
   */
  constructor({ bytes, read, send, failed }) {
    this.bytes = bytes;
    this.read = read;
    this.push = send;
    this.failed = failed;
    this.confirmed = 0;
    this.next = 0;
    this.begun = false;
    this.over = false;
    this.round = 0;
    this.reading = false;
  }

  /** How much of it the kernel has, 0 to 1. */
  get share() {
    return this.bytes > 0 ? this.confirmed / this.bytes : 0;
  }

  /** The kernel has all before `from`; what was sent behind a hole is sent anew. @param {number} from @param {boolean} again */
  async go(from, again = false) {
    if (this.over) return;
    this.begun = true;
    if (from < this.confirmed || from > this.bytes || again) {
      this.round++;
      this.reading = false;
      this.next = Math.min(Math.max(0, from), this.bytes);
    }
    this.confirmed = Math.min(Math.max(0, from), this.bytes);
    if (this.next < this.confirmed) this.next = this.confirmed;
    await this.flow();
  }

  /** @private */
  async flow() {
    if (this.reading) return;
    this.reading = true;
    const { round } = this;
    try {
      while (!this.over && round === this.round && this.next < this.bytes && this.next - this.confirmed < CHUNKS_AHEAD * CHUNK_BYTES) {
        const [from, to] = [this.next, Math.min(this.bytes, this.next + CHUNK_BYTES)];
        const data = await this.read(from, to);
        if (this.over || round !== this.round) return;
        // It changed on the disk while it was read.
        if (data.byteLength !== to - from) throw new Error("the file changed while it was read");
        this.next = to;
        if (!this.push(from, data)) return;
      }
    } catch (error) {
      if (round === this.round && !this.over) {
        this.over = true;
        this.failed(error);
      }
    } finally {
      if (round === this.round) this.reading = false;
    }
  }

  stop() {
    this.over = true;
  }
}
