// Plays stretches of a clip; sound is asked for when it is needed, a piece ahead, and kept.

export const PIECE_S = 20;
const AHEAD_S = 6;

/** Which piece of the clip holds a time, and where that piece begins. */
export function pieceAt(atS) {
  return Math.floor(atS / PIECE_S + 1e-9);
}

/** Pieces in memory, oldest use first out. */
export class Pieces {
  constructor(limit = 12) {
    this.limit = limit;
    this.kept = new Map();
  }

  get(index) {
    const found = this.kept.get(index);
    if (found !== undefined) {
      this.kept.delete(index);
      this.kept.set(index, found);
    }
    return found;
  }

  put(index, value) {
    this.kept.set(index, value);
    while (this.kept.size > this.limit) this.kept.delete(this.kept.keys().next().value);
  }
}

/** Plays; `ask(index)` is to bring `give(index, ...)` about, `moved(atS | null)` is told where it is. */
export class Player {
  constructor({ ask, moved, context }) {
    this.ask = ask;
    this.moved = moved;
    this.open = context;
    this.context = null;
    this.pieces = new Pieces();
    this.asked = new Set();
    this.run = null;
  }

  get playing() {
    return this.run !== null;
  }

  async play(startS, endS) {
    this.stop();
    if (this.context === null) this.context = this.open();
    const run = { start: startS, end: endS, next: startS, when: null, sources: [], zero: null };
    this.run = run;
    this.moved(startS);
    await this.context.resume();
    if (this.run !== run) return;
    this.feed();
    this.watch();
  }

  /** Schedules what is there and asks for what is not. */
  feed() {
    const run = this.run;
    if (run === null || this.context === null) return;
    while (run.next < run.end - 1e-4) {
      if (run.zero !== null && run.next - this.at() > AHEAD_S + PIECE_S) return;
      const index = pieceAt(run.next);
      const buffer = this.pieces.get(index);
      if (buffer === undefined) {
        if (!this.asked.has(index)) {
          this.asked.add(index);
          this.ask(index);
        }
        return;
      }
      const from = run.next - index * PIECE_S;
      const lasts = Math.min(buffer.duration - from, run.end - run.next);
      if (lasts <= 1e-4) {
        run.end = run.next;
        break;
      }
      const now = this.context.currentTime;
      // What came too late for its place shifts all that follows.
      if (run.when === null || run.when < now) {
        run.when = now + 0.04;
        run.zero = run.when - (run.next - run.start);
      }
      const source = this.context.createBufferSource();
      source.buffer = buffer;
      source.connect(this.context.destination);
      source.start(run.when, from, lasts);
      run.sources.push(source);
      run.when += lasts;
      run.next += lasts;
    }
  }

  give(index, rateHz, samples) {
    this.asked.delete(index);
    if (this.context === null) return;
    const buffer = this.context.createBuffer(1, Math.max(1, samples.length), rateHz);
    const channel = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) channel[i] = samples[i] / 32768;
    this.pieces.put(index, buffer);
    this.feed();
  }

  at() {
    const run = this.run;
    if (run.zero === null) return run.start;
    return Math.min(run.next, Math.max(run.start, run.start + this.context.currentTime - run.zero));
  }

  watch() {
    const run = this.run;
    const look = () => {
      if (this.run !== run) return;
      this.feed();
      const at = this.at();
      if (run.next >= run.end - 1e-4 && (run.when === null || this.context.currentTime >= run.when)) {
        this.stop();
        return;
      }
      this.moved(at);
      setTimeout(look, 33);
    };
    look();
  }

  stop() {
    const run = this.run;
    if (run === null) return;
    const at = this.context === null ? run.start : this.at();
    this.run = null;
    for (const source of run.sources) {
      try { source.stop(); } catch { /* it had not begun */ }
    }
    this.moved(null, at);
  }

  close() {
    this.stop();
    if (this.context !== null) this.context.close().catch(() => {});
    this.context = null;
  }
}
