// @ts-check
// What a waveform's page works out before it draws: nothing here knows a page. Times are seconds, widths are pixels.

/** Minimum and maximum of a column without samples: the wrong way round. */
export const NO_SOUND = [32767, -32768];

const TICKS = [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/**
 * Where the marks of an axis are, about `gap` pixels apart.
 * @param {{start: number, end: number}} span
 * @param {number} width
 * @param {number} [gap]
 */
export function marksOf(span, width, gap = 92) {
  const wish = ((span.end - span.start) / Math.max(1, width)) * gap;
  const step = TICKS.find((each) => each >= wish * 0.999) || 14400;
  const made = [];
  const far = Math.max(Math.abs(span.start), Math.abs(span.end));
  for (let i = Math.ceil(span.start / step - 1e-6); i * step <= span.end + step * 1e-6; i++) {
    made.push({ at: i * step, text: far < SHORT_S ? momentText(i * step, far, step) : timeText(i * step, step, span.end >= 60) });
  }
  return made;
}

/**
 * A moment in words: "0.25 s", "12.4 ms" never, "1:02.5" where minutes are shown.
 * @param {number} at
 * @param {number} [step] of what is told apart
 * @param {boolean} [minutes]
 */
export function timeText(at, step = 0.01, minutes = Math.abs(at) >= 60) {
  const digits = step >= 1 ? 0 : Math.min(5, Math.ceil(-Math.log10(step) - 1e-9));
  const sign = at < -1e-9 ? "−" : "";
  const rounded = Number(Math.abs(at).toFixed(digits));
  if (!minutes) return `${sign}${rounded.toFixed(digits)}\u00a0s`;
  const whole = Math.floor(rounded / 60 + 1e-9);
  const seconds = Math.max(0, rounded - 60 * whole).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  if (whole < 60) return `${sign}${whole}:${seconds}`;
  return `${sign}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}:${seconds}`;
}

/** Sounds shorter than this are told in milliseconds or microseconds. */
export const SHORT_S = 0.1;

/**
 * A moment of something `whole` seconds long: all of its moments in one unit.
 * @param {number} at
 * @param {number} whole
 * @param {number} [step] of what is told apart
 */
export function momentText(at, whole, step = whole < 1e-3 ? 1e-6 : whole / 100) {
  if (whole >= SHORT_S) return timeText(at, 0.01, whole >= 60);
  const [unit, scale] = whole < 1e-3 ? ["µs", 1e6] : ["ms", 1e3];
  const digits = Math.min(3, Math.max(0, Math.ceil(-Math.log10(step * scale) - 1e-9)));
  return `${at < 0 ? "−" : ""}${Math.abs(at * scale).toFixed(digits)}\u00a0${unit}`;
}

/** How long something is, in a unit that suits it. @param {number} seconds */
export function lengthText(seconds) {
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)}\u00a0µs`;
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : seconds < 0.1 ? 1 : 0)}\u00a0ms`;
  if (seconds < 60) return `${seconds.toFixed(2)}\u00a0s`;
  return timeText(seconds, 1, true);
}

/**
 * Least and greatest of each pixel column, out of several outlines: for each column the one that is finest of those that
 * hold it. An outline is {start, end, columns, data} with data [least, greatest, least, ...] and NO_SOUND for none.
 * @param {{start: number, end: number, columns: number, data: Int16Array}[]} outlines finest first
 * @param {{start: number, end: number}} span
 * @param {number} width
 */
export function columnsOf(outlines, span, width) {
  const made = new Int16Array(2 * width);
  const pixel = (span.end - span.start) / width;
  for (let x = 0; x < width; x++) {
    const from = span.start + x * pixel;
    const until = from + pixel;
    let least = NO_SOUND[0];
    let most = NO_SOUND[1];
    const found = outlines.find((each) => from >= each.start - pixel / 2 && until <= each.end + pixel / 2);
    if (found !== undefined) {
      const step = (found.end - found.start) / found.columns;
      // A hair of a column, as sums of fractions are not what they should be.
      const first = Math.max(0, Math.floor((from - found.start) / step + 1e-6));
      const last = Math.min(found.columns, Math.max(first + 1, Math.ceil((until - found.start) / step - 1e-6)));
      for (let i = first; i < last; i++) {
        if (found.data[2 * i] < least) least = found.data[2 * i];
        if (found.data[2 * i + 1] > most) most = found.data[2 * i + 1];
      }
    }
    made[2 * x] = least;
    made[2 * x + 1] = most;
  }
  return made;
}

/**
 * The largest magnitude of runs of samples in a view, 0 to 32768.
 * @param {{start: number, rate: number, samples: Int16Array}[]} runs
 * @param {{start: number, end: number}} view
 */
export function loudest(runs, view) {
  let peak = 0;
  for (const { start, rate, samples } of runs) {
    const first = Math.max(0, Math.floor((view.start - start) * rate));
    const last = Math.min(samples.length, Math.ceil((view.end - start) * rate) + 1);
    for (let i = first; i < last; i++) peak = Math.max(peak, Math.abs(samples[i]));
  }
  return peak;
}

/** The largest magnitude of an outline, 0 to 32768. @param {Int16Array} data */
export function peakOf(data) {
  let peak = 0;
  for (let i = 0; i < data.length; i += 2) {
    if (data[i] > data[i + 1]) continue;
    peak = Math.max(peak, Math.abs(data[i]), Math.abs(data[i + 1]));
  }
  return peak;
}

/**
 * What to ask the kernel for: the view with half of it on both sides, in columns as narrow as the view's pixels.
 * @param {{start: number, end: number}} view
 * @param {{start: number, end: number}} whole
 * @param {number} width
 */
export function wanted(view, whole, width) {
  const aside = (view.end - view.start) / 2;
  const start = Math.max(whole.start, view.start - aside);
  const end = Math.min(whole.end, view.end + aside);
  const columns = Math.max(1, Math.min(8192, Math.round((width * (end - start)) / (view.end - view.start))));
  return { start_s: start, end_s: end, columns };
}

/**
 * Whether what is there shows the view as fine as its pixels are, or as it can be.
 * @param {{start: number, end: number, columns: number, exact?: boolean}[]} known
 * @param {{start: number, end: number}} view
 * @param {{start: number, end: number}} whole
 * @param {number} width
 */
export function shown(known, view, whole, width) {
  const pixel = (view.end - view.start) / width;
  const from = Math.max(view.start, whole.start);
  const until = Math.min(view.end, whole.end);
  return known.some((each) => {
    const fine = each.exact || (each.end - each.start) / each.columns <= 1.05 * pixel;
    return fine && each.start <= from + pixel && each.end >= until - pixel;
  });
}

/** Whether samples are so far apart that each is a dot. @param {number} rate @param {number} pixel seconds of one */
export function dotted(rate, pixel) {
  return pixel * rate <= 1 / 6;
}

/**
 * A stretch of time within bounds, no shorter than `least`.
 * @param {number} start
 * @param {number} end
 * @param {{start: number, end: number}} whole
 * @param {number} least
 */
export function kept(start, end, whole, least) {
  const all = Math.max(least, whole.end - whole.start);
  const width = Math.min(all, Math.max(least, end - start));
  const from = Math.min(Math.max(whole.start, start), whole.start + all - width);
  return { start: from, end: from + width };
}

/** Nearer (factor below 1) or farther, with what is at `at` staying where it is. */
export function zoomedAt(view, factor, at, whole, least) {
  const all = Math.max(least, whole.end - whole.start);
  const width = Math.min(all, Math.max(least, (view.end - view.start) * factor));
  const share = (at - view.start) / (view.end - view.start);
  return kept(at - share * width, at - share * width + width, whole, least);
}

/** A view that moves along with a picture that grows, where it showed the end of it. */
export function followed(view, before, now, least) {
  const all = before.end - before.start;
  const width = view.end - view.start;
  if (all <= 0 || width >= all - 1e-6) {
    // Everything is shown, up to half a minute of it; then the last half minute.
    return kept(now.end - Math.max(width, Math.min(30, now.end - now.start)), now.end, now, least);
  }
  if (view.end < before.end - 0.02 * width) return view;
  return kept(now.end - width, now.end, now, least);
}

/**
 * Room for texts in a row: each goes on to where the next begins; null where that is too little for any of it. The last
 * one ends at the edge where it would begin too near to it, as far as the one before leaves room.
 * @param {{x: number, width: number}[]} texts in order of x
 * @param {number} edge
 * @param {number} least pixels that are worth a text
 */
export function captions(texts, edge, least = 30) {
  const begins = texts.map(({ x }) => x);
  const last = texts.length - 1;
  if (last >= 0 && edge - begins[last] < Math.min(texts[last].width, LAST_PX)) {
    const before = last ? texts[last - 1].x + Math.min(texts[last - 1].width, LAST_PX / 2) + 10 : -Infinity;
    begins[last] = Math.min(begins[last], Math.max(before, edge - Math.min(texts[last].width, LAST_PX)));
  }
  return texts.map(({ width }, index) => {
    const x = begins[index];
    const room = Math.min(edge, index < last ? begins[index + 1] - 10 : edge) - x;
    return room < Math.min(width, least) ? null : { x, room };
  });
}

const LAST_PX = 140;

/**
 * Numbers of turns that stand where they belong; those that would touch the one before share its label, "7–9", and at
 * the edge they end there.
 * @param {{x: number, text: string}[]} numbers in order of x
 * @param {number} edge
 * @param {(text: string) => number} measure
 * @param {number} [gap]
 */
export function numbered(numbers, edge, measure, gap = 6) {
  const made = [];
  for (const { x, text } of numbers) {
    const width = measure(text);
    const at = Math.min(x, edge - width);
    const before = made.at(-1);
    if (before === undefined || at >= before.x + before.width + gap) {
      made.push({ x: at, from: x, width, text, first: text });
      continue;
    }
    before.text = `${before.first}–${text}`;
    before.width = measure(before.text);
    before.x = Math.min(before.from, edge - before.width);
    // Wider than before, it may touch the one before it.
    const other = made.at(-2);
    if (other !== undefined && before.x < other.x + other.width + gap) {
      made.length -= 2;
      const shared = { ...other, text: `${other.first}–${text}` };
      shared.width = measure(shared.text);
      shared.x = Math.min(shared.from, edge - shared.width);
      made.push(shared);
    }
  }
  return made;
}

/** A text as short as it must be. @param {string} text @param {number} room @param {(text: string) => number} measure */
export function clipped(text, room, measure) {
  if (measure(text) <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${text.slice(0, middle).trimEnd()}…`) <= room) low = middle;
    else high = middle - 1;
  }
  return low < 2 ? "" : `${text.slice(0, low).trimEnd()}…`;
}

/**
 * A selection under a finger or a key: start and end in order, within bounds; null where it is nothing.
 * @param {number} one
 * @param {number} other
 * @param {{start: number, end: number}} whole
 */
export function selected(one, other, whole) {
  const start = Math.max(whole.start, Math.min(one, other));
  const end = Math.min(whole.end, Math.max(one, other));
  return end - start > 1e-6 ? { start, end } : null;
}

/** What a key does to the playhead or the selection. */
export function keyed({ key, shiftKey, ctrlKey, metaKey, altKey }) {
  if (altKey) return null;
  if (ctrlKey || metaKey) return !shiftKey && key.toLowerCase() === "a" ? "all" : null;
  const arrows = { ArrowLeft: shiftKey ? "shrink" : "left", ArrowRight: shiftKey ? "grow" : "right", ArrowUp: "nearer", ArrowDown: "farther" };
  if (arrows[key]) return arrows[key];
  return { "+": "nearer", "=": "nearer", "-": "farther", Home: "home", End: "end", " ": "play", Escape: "none", 0: "whole", s: "spectrogram", S: "spectrogram", f: "fit", F: "fit", Enter: "playSelection", "[": "from", "]": "until", ",": "earlier", ".": "later", PageUp: "back", PageDown: "on" }[key] || null;
}

/** Entries by their key, those that are new or changed in their place. */
export function merged(known, fresh, whole) {
  const made = new Map(whole ? [] : known.map((each) => [each.key, each]));
  for (const each of fresh) made.set(each.key, each);
  return [...made.values()].sort((one, other) => one.key - other.key);
}

/**
 * A colour of the spectrogram's scale for each of 256 levels, from the ground to the ink by way of the warm: red, green,
 * blue, opacity. Level 0 is no sound at all.
 * @param {number[]} ink red, green, blue
 * @param {boolean} dark
 */
export function scaleOf(ink, dark) {
  const made = new Uint8ClampedArray(4 * 256);
  const far = dark ? [255, 250, 225] : [30, 12, 40];
  for (let level = 1; level < 256; level++) {
    const share = level / 255;
    const turn = Math.max(0, (share - 0.55) / 0.45);
    for (let i = 0; i < 3; i++) made[4 * level + i] = ink[i] + (far[i] - ink[i]) * turn;
    made[4 * level + 3] = 255 * Math.min(1, Math.max(0, (share - 0.18) / 0.5)) ** 1.2;
  }
  return made;
}

/** Red, green and blue of "#rrggbb". @param {string} ink */
export function rgbOf(ink) {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(ink.trim());
  return found ? found.slice(1).map((each) => parseInt(each, 16)) : [0, 0, 0];
}
