// @ts-check
// Numbers of the console as people read them. Pure.

/** Time left or gone, as a clock. @param {number | null | undefined} seconds */
export function clockText(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A length of sound. @param {number | null | undefined} seconds */
export function secondsText(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds >= 60) return `${clockText(seconds)} min`;
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** @param {number | null | undefined} tokens */
export function tokensText(tokens) {
  if (tokens === null || tokens === undefined) return "–";
  if (tokens < 10_000) return tokens.toLocaleString("en");
  return `${Math.round(tokens / 1000).toLocaleString("en")}k`;
}

/** @param {number} bytes */
export function bytesText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

/**
 * How full the context window is.
 * @param {number | null | undefined} used @param {number | null | undefined} limit
 * @returns {{part: number, text: string, kind: string} | null} nothing where the window is not known
 */
export function contextOf(used, limit) {
  if (used === null || used === undefined || !limit) return null;
  const part = Math.min(1, Math.max(0, used / limit));
  const percent = 100 * (used / limit);
  const shown = used > 0 && percent < 1 ? "under 1" : String(Math.round(percent));
  return { part, text: `${shown} % of ${tokensText(limit)} context`, kind: part >= 0.95 ? "full" : part >= 0.8 ? "much" : "" };
}

/** The last levels of the microphone, oldest first, for a small picture. */
export class Trail {
  /** @param {number} size */
  constructor(size) {
    this.values = new Float32Array(size);
    this.next = 0;
  }

  /** @param {number} level 0 to 1 */
  push(level) {
    this.values[this.next] = Math.min(1, Math.max(0, level || 0));
    this.next = (this.next + 1) % this.values.length;
  }

  /** @returns {Float32Array} oldest first */
  ordered() {
    const out = new Float32Array(this.values.length);
    out.set(this.values.subarray(this.next), 0);
    out.set(this.values.subarray(0, this.next), this.values.length - this.next);
    return out;
  }

  clear() {
    this.values.fill(0);
  }
}
