// @ts-check
// What a recorder shows, without the page: loudness of frames, the time, one sentence. Pure.

/** Milliseconds of a frame, as MicEngine makes them. */
const LEVEL_MS = 60;

/** The loudest sample of a frame as a byte, as the kernel counts it. @param {Int16Array} samples */
export function loudest(samples) {
  let most = 0;
  for (const sample of samples) most = Math.max(most, Math.abs(sample));
  return Math.min(255, most >> 7);
}

/** The loudness of frames, one byte each; grows. */
export class Levels {
  /** @param {Uint8Array} [from] */
  constructor(from = new Uint8Array(0)) {
    this.bytes = from.length > 0 ? from.slice() : new Uint8Array(256);
    this.length = from.length;
  }

  /** @param {number} level 0..255 */
  push(level) {
    if (this.length === this.bytes.length) {
      const more = new Uint8Array(2 * this.bytes.length);
      more.set(this.bytes);
      this.bytes = more;
    }
    this.bytes[this.length++] = level;
  }

  get seconds() {
    return (this.length * LEVEL_MS) / 1000;
  }

  /**
   * The loudest of each column, 0..1, from frame `from` on; columns behind the end are 0.
   * @param {number} columns @param {number} from first frame @param {number} frames how many are shown
   */
  columns(columns, from, frames) {
    const out = new Float32Array(columns);
    for (let column = 0; column < columns; column++) {
      const start = from + Math.floor((column * frames) / columns);
      const end = Math.max(start + 1, from + Math.floor(((column + 1) * frames) / columns));
      for (let i = Math.max(0, start); i < Math.min(end, this.length); i++) {
        out[column] = Math.max(out[column], this.bytes[i] / 255);
      }
    }
    return out;
  }
}

/**
 * Which frames are shown: while it grows the latest, with room ahead; then all.
 * @param {number} length frames there are @param {boolean} growing @param {number} span frames that are shown while it grows
 */
export function shownFrames(length, growing, span) {
  if (!growing) return { from: 0, frames: Math.max(1, length) };
  return { from: Math.max(0, length - span), frames: span };
}

/** A time as a recorder shows it: 0:03.2, and without tenths from an hour on. @param {number} seconds */
export function tapeClock(seconds) {
  const tenths = Math.floor(Math.max(0, seconds) * 10 + 1e-6);
  const whole = Math.floor(tenths / 10);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}.${tenths % 10}`;
}

/** A limit in words. @param {number} seconds */
export function spanText(seconds) {
  if (seconds >= 120 && seconds % 60 === 0) return `${seconds / 60} min`;
  return `${Number(seconds.toFixed(1))} s`;
}

/**
 * The sentence beneath the buttons.
 * @param {{closed: string, problem: string, phase: string, waitingMs: number, savingMs: number, elsewhere: boolean,
 *          full: boolean, seconds: number, maxS: number, playing: boolean, playWaits: boolean}} state
 */
export function recorderText(state) {
  if (state.closed) return state.closed;
  if (state.problem) return state.problem;
  if (state.phase === "asking") return "Asking the browser for the microphone …";
  if (state.phase === "on") {
    if (state.waitingMs >= 1000) {
      return "A cell is running and this kernel hears nothing meanwhile: what you say is kept in the page. It goes on by itself.";
    }
    const left = state.maxS - state.seconds;
    return left <= 10 && state.maxS > 20 ? "Recording: less than 10 s are left." : `Recording. It ends by itself after ${spanText(state.maxS)}.`;
  }
  if (state.savingMs > 0) return "The kernel is busy: the end of the recording goes there as soon as its cell is over. Leave this page open.";
  if (state.elsewhere) return "Recording in another window. Press to record here.";
  if (state.playWaits) return "The kernel is busy: it plays as soon as the cell is over.";
  if (state.playing) return "Playing.";
  if (state.full) return `Recorded ${spanText(state.maxS)}, the limit (max_s). The next cell can use it: it is this recorder's .clip.`;
  if (state.seconds > 0) return "Recorded. The next cell can use it: it is this recorder's .clip.";
  return "Off. Press the button and speak.";
}
