// What the VAD lab's page works out before it draws: nothing here knows a page. Times are seconds, widths are pixels.

export const FACTOR = 8;

/** The outline of a sound, coarser and coarser: least and greatest of every FACTOR columns of the level below. */
export function pyramid(base) {
  const levels = [base];
  while (levels.at(-1).length > 2 * 64) {
    const below = levels.at(-1);
    const columns = Math.ceil(below.length / 2 / FACTOR);
    const made = new Int8Array(2 * columns);
    for (let i = 0; i < columns; i++) {
      let least = 127;
      let most = -127;
      const end = Math.min(below.length / 2, (i + 1) * FACTOR);
      for (let j = i * FACTOR; j < end; j++) {
        if (below[2 * j] < least) least = below[2 * j];
        if (below[2 * j + 1] > most) most = below[2 * j + 1];
      }
      made[2 * i] = least;
      made[2 * i + 1] = most;
    }
    levels.push(made);
  }
  return levels;
}

/** Least and greatest of each pixel column of a view; the level that is just finer than a pixel is read. */
export function outline(levels, columnS, view, width) {
  const made = new Int8Array(2 * width);
  const pixelS = (view.end - view.start) / width;
  let depth = 0;
  let stepS = columnS;
  while (depth + 1 < levels.length && stepS * FACTOR <= pixelS) {
    depth += 1;
    stepS *= FACTOR;
  }
  const level = levels[depth];
  const count = level.length / 2;
  for (let x = 0; x < width; x++) {
    // A hair of a column, as 0.001 is none of the numbers that computers have.
    const first = Math.floor((view.start + x * pixelS) / stepS + 1e-6);
    const last = Math.max(first + 1, Math.ceil((view.start + (x + 1) * pixelS) / stepS - 1e-6));
    let least = 127;
    let most = -127;
    for (let i = Math.max(0, first); i < Math.min(count, last); i++) {
      if (level[2 * i] < least) least = level[2 * i];
      if (level[2 * i + 1] > most) most = level[2 * i + 1];
    }
    made[2 * x] = least > most ? 0 : least;
    made[2 * x + 1] = least > most ? 0 : most;
  }
  return made;
}

/** Least and greatest probability of each pixel column; NaN behind the end. */
export function track(p, hopS, view, width) {
  const made = new Float32Array(2 * width).fill(NaN);
  const pixelS = (view.end - view.start) / width;
  for (let x = 0; x < width; x++) {
    const first = Math.max(0, Math.floor((view.start + x * pixelS) / hopS + 1e-6));
    const last = Math.min(p.length, Math.max(first + 1, Math.ceil((view.start + (x + 1) * pixelS) / hopS - 1e-6)));
    for (let i = first; i < last; i++) {
      if (!(p[i] >= made[2 * x])) made[2 * x] = p[i];
      if (!(p[i] <= made[2 * x + 1])) made[2 * x + 1] = p[i];
    }
  }
  return made;
}

/** The stretch of a picture, kept within the clip. */
export function within(start, end, durationS, leastS) {
  const width = Math.min(durationS, Math.max(leastS, end - start));
  const from = Math.min(Math.max(0, start), durationS - width);
  return { start: from, end: from + width };
}

/** Nearer (factor below 1) or farther, with what is at `atS` staying where it is. */
export function zoomed(view, factor, atS, durationS, leastS) {
  const width = Math.min(durationS, Math.max(leastS, (view.end - view.start) * factor));
  const share = (atS - view.start) / (view.end - view.start);
  return within(atS - share * width, atS - share * width + width, durationS, leastS);
}

export function moved(view, byS, durationS) {
  return within(view.start + byS, view.end + byS, durationS, view.end - view.start);
}

/** A view that holds a stretch; the one that there is, if it does. */
export function holding(view, start, end, durationS, leastS) {
  if (start >= view.start && end <= view.end) return view;
  const width = Math.max(view.end - view.start, 1.5 * (end - start));
  const middle = (start + end) / 2;
  return within(middle - width / 2, middle + width / 2, durationS, leastS);
}

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];

/** Places and texts of an axis, about `gap` pixels apart. */
export function ticks(view, width, gap = 90) {
  const wish = ((view.end - view.start) / width) * gap;
  const step = STEPS.find((each) => each >= wish) || 3600;
  const made = [];
  for (let i = Math.ceil(view.start / step - 1e-9); i * step <= view.end + 1e-9; i++) {
    made.push({ at: i * step, text: clock(i * step, step, view.end >= 60) });
  }
  return made;
}

export function clock(atS, step = 0.01, minutes = atS >= 60) {
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  if (!minutes) return `${atS.toFixed(digits)} s`;
  const rounded = Number(atS.toFixed(digits));
  const seconds = (rounded % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  const whole = Math.floor(rounded / 60 + 1e-9);
  if (whole < 60) return `${whole}:${seconds}`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}:${seconds}`;
}

/** Which of those in order (by start, ends rising) touch the view: first and behind the last. */
export function touching(count, startOf, endOf, view) {
  const search = (test) => {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (test(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return [search((i) => endOf(i) > view.start), search((i) => startOf(i) >= view.end)];
}

/** A label under a finger: moved as a whole, or by one edge, and never out of the clip. */
export function dragged(label, mode, byS, durationS, leastS = 0.02) {
  const length = label.end - label.start;
  if (mode === "start") return { start: Math.min(Math.max(0, label.start + byS), label.end - leastS), end: label.end };
  if (mode === "end") return { start: label.start, end: Math.max(Math.min(durationS, label.end + byS), label.start + leastS) };
  const start = Math.min(Math.max(0, label.start + byS), durationS - length);
  return { start, end: start + length };
}

/** What a key does to a label: arrows move it, with Shift its end, with Alt its start; Ctrl makes steps fine. */
export function nudge({ key, shiftKey, altKey, ctrlKey, metaKey }) {
  if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
  const step = ctrlKey || metaKey ? 0.01 : 0.05;
  return { mode: altKey ? "start" : shiftKey ? "end" : "move", byS: key === "ArrowLeft" ? -step : step };
}

/** Texts in a row, none upon another or over the edge: those that come first stay. Gives which are shown. */
export function spaced(texts, edge = Infinity, gap = 4) {
  let free = -Infinity;
  return texts.map(({ x, width }) => {
    if (x < free || x + width > edge) return false;
    free = x + width + gap;
    return true;
  });
}

/** One question at a time: while an answer is due only the latest wish is kept, and never a queue. */
export class Latest {
  constructor(ask) {
    this.ask = ask;
    this.sent = 0;
    this.waiting = false;
    this.next = undefined;
  }

  want(value) {
    if (this.waiting) {
      this.next = value;
      return;
    }
    this.waiting = true;
    this.sent += 1;
    this.ask(value, this.sent);
  }

  /** The kernel answered; an answer to an older question changes nothing. */
  answered(seq) {
    if (seq !== this.sent || !this.waiting) return;
    this.waiting = false;
    if (this.next !== undefined) {
      const value = this.next;
      this.next = undefined;
      this.want(value);
    }
  }

  /** The kernel may have forgotten: what is wanted is asked anew. */
  reset() {
    const value = this.next;
    this.waiting = false;
    this.next = undefined;
    if (value !== undefined) this.want(value);
  }
}

/** A number of a score, or a dash where there is none. */
export function figure(value, unit = "", digits = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const text = value.toFixed(digits).replace(/^-0$/, "0");
  return unit ? `${text}\u00a0${unit}` : text;
}

export function signed(value, unit) {
  const text = Math.abs(value).toFixed(0);
  return `${text === "0" ? "±" : value < 0 ? "−" : "+"}${text}\u00a0${unit}`;
}

/** What a number field says, or null where it is no number. */
export function typed(text) {
  const value = Number(String(text).trim().replace(",", "."));
  return String(text).trim() === "" || !Number.isFinite(value) ? null : value;
}

/** Two numbers with as many digits as it takes to tell them apart, two at least. */
export function apart(one, other) {
  let digits = 2;
  while (digits < 6 && one !== other && one.toFixed(digits) === other.toFixed(digits)) digits += 1;
  return [one.toFixed(digits), other.toFixed(digits)];
}

/** Share of each pixel column's frames that pass the threshold; NaN behind the end. */
export function passing(p, hopS, view, width, threshold) {
  const made = new Float32Array(width).fill(NaN);
  const pixelS = (view.end - view.start) / width;
  for (let x = 0; x < width; x++) {
    const first = Math.max(0, Math.floor((view.start + x * pixelS) / hopS + 1e-6));
    const last = Math.min(p.length, Math.max(first + 1, Math.ceil((view.start + (x + 1) * pixelS) / hopS - 1e-6)));
    if (last <= first) continue;
    let count = 0;
    for (let i = first; i < last; i++) if (p[i] >= threshold) count += 1;
    made[x] = count / (last - first);
  }
  return made;
}

/** Share of each pixel column that spans cover, overlaps counted once; spans in order of their start. */
export function covering(spans, view, width) {
  const made = new Float32Array(width);
  const scale = width / (view.end - view.start);
  let reached = -Infinity;
  for (const { start, end } of spans) {
    const from = Math.max(0, (Math.max(start, reached) - view.start) * scale);
    const until = Math.min(width, (end - view.start) * scale);
    reached = Math.max(reached, end);
    for (let x = Math.floor(from); x < until; x++) made[x] += Math.min(x + 1, until) - Math.max(x, from);
  }
  return made;
}

/** Keys that the lab has a use for; all others are the page's. `typing`: in a field of text. */
export function ours({ key, ctrlKey, metaKey, altKey, shiftKey }, { typing = false, label = false } = {}) {
  if (typing) return !(ctrlKey || metaKey || altKey) || ["a", "c", "v", "x", "z", "y"].includes(key.toLowerCase());
  if (key === "ArrowLeft" || key === "ArrowRight") return label || !(ctrlKey || metaKey || altKey || shiftKey);
  if (ctrlKey || metaKey) return key.toLowerCase() === "z";
  if (altKey || (key === "Enter" && shiftKey) || /^F\d+$/.test(key)) return false;
  // Plain letters are commands of a notebook, and some delete cells: they are not meant for it here.
  return key.length === 1 || ["ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown", "Enter", "Delete", "Backspace"].includes(key);
}
