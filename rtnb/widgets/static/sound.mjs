// @ts-check
// Sound in the page, without the page: pure, so that `node --test` can run it. The parts of a widget are joined in
// Python, where `export` is taken off; nothing in here imports anything.

/** Half the width of the filter, in zero crossings of its sinc. */
const LOBES = 12;

/** How many steps of the kernel are tabled between two zero crossings; between them it is interpolated. */
const STEPS = 256;

/** Part of the narrower band that passes; the rest is the slope of the filter. */
const PASS = 0.92;

/** @returns {Float64Array} a sinc under a Blackman window, from its middle outwards */
function sincTable() {
  const table = new Float64Array(LOBES * STEPS + 2);
  for (let i = 0; i < table.length; i++) {
    const x = i / STEPS;
    if (x >= LOBES) continue;
    const sinc = i === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    const phase = Math.PI * (1 + x / LOBES);
    table[i] = sinc * (0.42 - 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase));
  }
  return table;
}

const TABLE = sincTable();

/** Resamples a stream chunk by chunk; equal rates pass through untouched. */
export class Resampler {
  /** @param {number} fromHz @param {number} toHz */
  constructor(fromHz, toHz) {
    this.step = fromHz / toHz;
    this.same = fromHz === toHz;
    // Downwards the filter gets longer, so that nothing folds back.
    this.scale = Math.min(1, toHz / fromHz) * PASS;
    this.reach = Math.ceil(LOBES / this.scale);
    this.held = new Float32Array(this.reach);
    this.position = this.reach;
  }

  /** @param {Float32Array} samples @returns {Float32Array} */
  push(samples) {
    if (this.same) return samples;
    const input = new Float32Array(this.held.length + samples.length);
    input.set(this.held);
    input.set(samples, this.held.length);
    const end = input.length - this.reach;
    const out = new Float32Array(Math.max(0, Math.ceil((end - this.position) / this.step)));
    let position = this.position;
    let made = 0;
    for (; position < end && made < out.length; made++, position += this.step) out[made] = this.at(input, position);
    const drop = Math.max(0, Math.floor(position) - this.reach);
    this.held = input.slice(drop);
    this.position = position - drop;
    return made === out.length ? out : out.slice(0, made);
  }

  /** What the filter still holds. @returns {Float32Array} */
  flush() {
    return this.same ? new Float32Array(0) : this.push(new Float32Array(this.reach));
  }

  /** @param {Float32Array} input @param {number} position */
  at(input, position) {
    let sum = 0;
    for (let i = Math.ceil(position - this.reach); i <= position + this.reach; i++) {
      if (i < 0 || i >= input.length) continue;
      const x = Math.abs(position - i) * this.scale * STEPS;
      const whole = Math.floor(x);
      if (whole >= LOBES * STEPS) continue;
      const part = x - whole;
      sum += input[i] * (TABLE[whole] * (1 - part) + TABLE[whole + 1] * part);
    }
    return sum * this.scale;
  }
}

/** @param {Float32Array} samples in -1..1 @returns {Int16Array} */
export function int16OfFloat(samples) {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    out[i] = Math.round(Math.max(-1, Math.min(1, samples[i])) * 32767);
  }
  return out;
}

/** @param {Int16Array} samples @returns {Float32Array} */
export function floatOfInt16(samples) {
  const out = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) out[i] = samples[i] / 32768;
  return out;
}

/** Loudness as a meter shows it: 0 at -60 dBFS and below, 1 at full scale. @param {Float32Array} samples */
export function meterOf(samples) {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.max(0, Math.min(1, 1 + db / 60));
}

/** Cuts a stream of samples into frames of one length. */
export class Framer {
  /** @param {number} length samples of a frame */
  constructor(length) {
    this.length = length;
    this.frame = new Float32Array(length);
    this.filled = 0;
  }

  /** @param {Float32Array} samples @returns {Float32Array[]} the frames that are full now */
  push(samples) {
    const full = [];
    for (let read = 0; read < samples.length; ) {
      const count = Math.min(this.length - this.filled, samples.length - read);
      this.frame.set(samples.subarray(read, read + count), this.filled);
      this.filled += count;
      read += count;
      if (this.filled === this.length) {
        full.push(this.frame);
        this.frame = new Float32Array(this.length);
        this.filled = 0;
      }
    }
    return full;
  }
}

/**
 * What waits to be played, item after item, and how much of each was.
 *
 * An item starts once `aheadMs` of it are there, or all of it; where it runs dry it waits for as much again. Counts
 * are in milliseconds of the item's own audio, from samples that were really handed to the loudspeaker.
 */
export class JitterBuffer {
  /** @param {number} rateHz of the loudspeaker @param {number} aheadMs */
  constructor(rateHz, aheadMs) {
    this.rateHz = rateHz;
    this.ahead = Math.round((rateHz * aheadMs) / 1000);
    /** @type {{id: string, pieces: Float32Array[], offset: number, waiting: number, played: number, sent: number,
     *          sentHz: number, ended: boolean, rolling: boolean, resampler: Resampler}[]} */
    this.items = [];
    this.underruns = 0;
  }

  /** @param {string} id @param {Int16Array} samples @param {number} rateHz */
  push(id, samples, rateHz) {
    let item = this.items.find((each) => each.id === id);
    if (item === undefined) {
      const resampler = new Resampler(rateHz, this.rateHz);
      item = { id, pieces: [], offset: 0, waiting: 0, played: 0, sent: 0, sentHz: rateHz, ended: false, rolling: false, resampler };
      this.items.push(item);
    }
    item.sent += samples.length;
    this.add(item, item.resampler.push(floatOfInt16(samples)));
  }

  /** Nothing more of this item comes. @param {string} id */
  end(id) {
    const item = this.items.find((each) => each.id === id);
    if (item === undefined || item.ended) return;
    this.add(item, item.resampler.flush());
    item.ended = true;
  }

  /** Forget what waits. @returns {{id: string, ms: number}[]} the last counts */
  flush() {
    const counts = this.items.map((item) => ({ id: item.id, ms: this.count(item) }));
    this.items = [];
    return counts;
  }

  /**
   * Fill `out` with what is to be heard now, silence where there is nothing.
   * @param {Float32Array} out
   * @returns {{id: string, ms: number}[]} items that were played to their end by this
   */
  pull(out) {
    const over = [];
    let written = 0;
    while (written < out.length && this.items.length > 0) {
      const item = this.items[0];
      if (!item.rolling) {
        if (item.waiting < this.ahead && !item.ended) break;
        item.rolling = true;
      }
      const count = this.copy(item, out, written);
      written += count;
      if (item.waiting > 0) continue;
      if (item.ended) {
        over.push({ id: item.id, ms: this.count(item) });
        this.items.shift();
      } else {
        item.rolling = false;
        this.underruns++;
      }
    }
    out.fill(0, written);
    return over;
  }

  /** How much of what is there was played. @returns {{id: string, ms: number}[]} */
  counts() {
    return this.items.filter((item) => item.played > 0).map((item) => ({ id: item.id, ms: this.count(item) }));
  }

  /** Whether something sounds. */
  get sounding() {
    return this.items.length > 0 && this.items[0].rolling;
  }

  /** @private */
  add(item, samples) {
    if (samples.length === 0) return;
    item.pieces.push(samples);
    item.waiting += samples.length;
  }

  /** @private */
  copy(item, out, start) {
    let written = start;
    while (written < out.length && item.pieces.length > 0) {
      const piece = item.pieces[0];
      const count = Math.min(out.length - written, piece.length - item.offset);
      out.set(piece.subarray(item.offset, item.offset + count), written);
      written += count;
      item.offset += count;
      if (item.offset === piece.length) {
        item.pieces.shift();
        item.offset = 0;
      }
    }
    item.waiting -= written - start;
    item.played += written - start;
    return written - start;
  }

  /** @private */
  count(item) {
    const whole = (item.sent / item.sentHz) * 1000;
    // At its end exactly what was sent, whatever the filter made of it.
    if (item.ended && item.waiting === 0) return whole;
    return Math.min(whole, (item.played / this.rateHz) * 1000);
  }
}
