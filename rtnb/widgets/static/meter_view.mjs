// @ts-check
// What the usage meter works out before it draws: bars, ticks, the cost line, words. Pure, without a page.

/**
 * @typedef {{turn: number, counts: number[], cost: string, usd: number, so_far: string, so_far_usd: number,
 *   share: number | null, at_s: number, running: boolean, unsure: boolean, status: string, misses: string[]}} Turn
 * @typedef {{first: number, last: number, counts: number[], unsure: boolean, running: boolean}} UsageBar
 */

const WORDS = "en-GB";

/** Rows as they are known now: what is new from a place on; null where something was lost on the way. */
export function spliced(known, from, more) {
  return from > known.length ? null : [...known.slice(0, from), ...more];
}

/** @param {number} count */
export function tokens(count) {
  return count.toLocaleString(WORDS);
}

/** A number of tokens for an axis. @param {number} count */
export function shortTokens(count) {
  if (count >= 1e6) return `${Number((count / 1e6).toPrecision(3))}M`;
  return count >= 10_000 ? `${Number((count / 1e3).toPrecision(3))}k` : tokens(count);
}

/** US dollars for an axis: no more digits than they need. @param {number} usd */
export function shortDollars(usd) {
  if (usd === 0) return "$0";
  return usd >= 1000 ? `$${usd.toLocaleString(WORDS)}` : `$${Number(usd.toPrecision(3)).toFixed(Math.max(0, decimals(usd)))}`;
}

function decimals(value) {
  for (let digits = 0; digits < 12; digits += 1) {
    if (Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) < 1e-6 * Math.abs(value * 10 ** digits)) return digits === 1 ? 2 : digits;
  }
  return 12;
}

/** @param {number | null} share */
export function percent(share) {
  if (share === null || !Number.isFinite(share)) return "–";
  const size = share * 100;
  return size > 0 && size < 1 ? `${size.toFixed(1)} %` : `${Math.round(size)} %`;
}

/** A moment of a session. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Round numbers from 0 up to `high`: 1, 2 or 5 times a power of ten apart. */
export function evenTicks(high, most = 3, least = 0) {
  if (!(high > 0)) return [0];
  let step = 10 ** Math.floor(Math.log10(high / most));
  for (const times of [1, 2, 5, 10]) {
    if (Math.floor(high / (step * times) + 1e-9) <= most) {
      step *= times;
      break;
    }
  }
  step = Math.max(step, least);
  const count = Math.floor(high / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Moments for an axis, in seconds. */
export function timeTicks(high, most) {
  const step = TIME_STEPS.find((each) => high / each <= most) || 86_400 * Math.ceil(high / most / 86_400);
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => i * step);
}

/**
 * A bar a turn; neighbours share one where there are more than `most`.
 * @param {Turn[]} turns @param {number} most @returns {UsageBar[]}
 */
export function barsOf(turns, most) {
  const together = Math.max(1, Math.ceil(turns.length / Math.max(1, most)));
  const bars = [];
  for (let first = 0; first < turns.length; first += together) {
    const of = turns.slice(first, first + together);
    bars.push({
      first, last: first + of.length - 1,
      counts: of[0].counts.map((_, part) => of.reduce((sum, turn) => sum + turn.counts[part], 0)),
      unsure: of.some((turn) => turn.unsure), running: of.some((turn) => turn.running),
    });
  }
  return bars;
}

export function sum(counts) {
  return counts.reduce((all, count) => all + count, 0);
}

/** From the foot to the top: [part, from, to] in tokens. @param {number[]} counts */
export function stackOf(counts) {
  const stack = [];
  let foot = 0;
  counts.forEach((count, part) => {
    if (count > 0) stack.push([part, foot, foot + count]);
    foot += Math.max(0, count);
  });
  return stack;
}

/** The cost line as an SVG path: it rises when a response is over. */
export function stepPath(points, x, y) {
  let path = `M${fixed(x(0))} ${fixed(y(0))}`;
  for (const [at, usd] of points) path += `H${fixed(x(at))}V${fixed(y(usd))}`;
  return path;
}

export function fixed(value) {
  return Number(value.toFixed(2));
}

/** @param {number} share @returns {number} percent of a gauge that is filled */
export function filled(share) {
  return Number.isFinite(share) ? 100 * Math.min(1, Math.max(0, share)) : 100;
}

/** Every how many bars have their number below, so that numbers do not touch. */
export function labelEvery(pitch, wide) {
  for (const every of [1, 2, 5, 10, 20, 50, 100, 200, 500]) if (every * pitch >= wide) return every;
  return 1000;
}

/** @param {{turn: number}} row */
export function turnName(row) {
  return row.turn < 0 ? "Beside the turns" : `Turn ${row.turn + 1}`;
}

/** What a turn used and cost, in a sentence. @param {Turn} row @param {string[]} parts */
export function turnText(row, parts) {
  const outs = parts.map((name) => name.endsWith(" out"));
  const into = sum(row.counts.filter((_, part) => !outs[part]));
  const made = parts.flatMap((name, part) => (row.counts[part] ? [`${tokens(row.counts[part])} ${name}`] : []));
  const out = sum(row.counts) - into;
  const counted = made.length ? `${tokens(into)} in, ${tokens(out)} out (${made.join(", ")})` : row.running ? "in progress" : "no usage sent";
  const cached = row.share ? ` · ${percent(row.share)} of the input cached` : "";
  const odd = row.status && row.status !== "completed" && !row.running ? ` · ${row.status}` : "";
  const cost = row.running && !made.length ? "" : ` · ${row.cost}`;
  const soFar = row.turn < 0 ? "" : ` · so far ${row.so_far}`;
  return [`${turnName(row)}: ${counted}${cached}${cost}${soFar}${odd}`, ...row.misses].join(" · ");
}

/** Which bar a key goes to; null: none; undefined: not a key of ours. */
export function barAfter(key, chosen, count) {
  if (key === "Escape") return null;
  if (!count) return undefined;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key === "ArrowRight") return chosen === null ? 0 : Math.min(count - 1, chosen + 1);
  if (key === "ArrowLeft") return chosen === null ? count - 1 : Math.max(0, chosen - 1);
  return undefined;
}

/** Several turns in one bar, or one, in words. */
export function barText(bar, turns, parts) {
  if (bar.first === bar.last) return turnText(turns[bar.first], parts);
  const made = parts.flatMap((name, part) => (bar.counts[part] ? [`${tokens(bar.counts[part])} ${name}`] : []));
  const last = turns[bar.last];
  return `${turnName(turns[bar.first])} to ${turnName(last).toLowerCase()}: ${made.join(", ") || "no usage sent"} · so far ${last.so_far}`;
}

/** Parts that anything was counted of: their places. */
export function partsIn(counts) {
  return counts.flatMap((count, part) => (count > 0 ? [part] : []));
}
