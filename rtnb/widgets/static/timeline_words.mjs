// @ts-check
// What the timeline says: times, sums, texts that fit, and what keys mean. Nothing here knows a page.

/** Chips: a family, how often it is there, over all runs. */
export function chipsOf(runs) {
  const made = new Map();
  for (const run of runs) {
    for (const [index, family] of run.families.entries()) {
      const known = made.get(family.name) || { name: family.name, tone: family.tone, count: 0, deltas: 0 };
      known.count += run.counts[index] || 0;
      known.deltas += run.deltas[index] || 0;
      made.set(family.name, known);
    }
  }
  return [...made.values()];
}

export function deltasOf(runs) {
  return runs.reduce((sum, run) => sum + run.deltas.reduce((a, b) => a + b, 0), 0);
}

/** The time of day at an offset from the session's start; the zone is named, as the details of events do. */
export function dayTime(wallS, t) {
  return `${new Date(Math.round(1000 * (wallS + t))).toISOString().slice(11, 23)} UTC`;
}

export function usd(value) {
  if (!Number.isFinite(value)) return "";
  return value >= 1 ? `$${value.toFixed(2)}` : `$${value.toFixed(4)}`;
}

/** A number of seconds that somebody reads. */
export function lasting(s) {
  const whole = Math.round(s);
  if (s >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  if (s >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return s < 0.0995 ? `${Math.round(1000 * s)} ms` : `${s.toFixed(2)} s`;
}

/** What a bracket says in its lane: its number and both its ends, in few letters where the kernel gave them. */
export function bracketText(text) {
  const [long, , short] = text.split("\n");
  return short || long.replace(/ \([^)]*\)/g, "");
}

export function counted(count, noun) {
  return `${count.toLocaleString("en-GB")} ${noun}${count === 1 ? "" : "s"}`;
}

/** As many whole words as fit; nothing where that were less than a few letters. */
export function wordsFor(text, room, widthOf) {
  // Not even measured: in a wide view nearly all are of this kind.
  if (room < 30 && text.length > 8) return "";
  const wide = widthOf(text);
  if (wide <= room) return text;
  let end = Math.min(text.length, Math.floor((text.length * room) / wide) + 3);
  while ((end = text.lastIndexOf(" ", end - 1)) > 5) {
    const cut = `${text.slice(0, end).replace(/[\s.,;:·]+$/, "")}…`;
    if (widthOf(cut) <= room) return cut;
  }
  return "";
}

/** The numbers of turns where they begin; where there is no room for each, from which to which: `[x, text]`. */
export function turnTexts(xs, numbers, letter, gap = 6) {
  const made = [];
  for (let i = 0; i < xs.length; i++) {
    const last = made[made.length - 1];
    if (last && xs[i] < last.x + last.text.length * letter + gap) {
      last.to = numbers[i];
      last.text = `${last.from}–${last.to}`;
    } else made.push({ x: xs[i], from: numbers[i], to: numbers[i], text: String(numbers[i]) });
  }
  return made.map(({ x, text }) => [x, text]);
}

/** A line from top to foot without what lies in boxes `[x0, y0, x1, y1]` on its way. */
export function around(x, top, foot, boxes) {
  const across = boxes.filter(([x0, , x1]) => x0 - 2 < x && x < x1 + 2).sort((a, b) => a[1] - b[1]);
  const made = [];
  let y = top;
  for (const [, y0, , y1] of across) {
    if (y0 > y && y0 < foot) made.push([y, y0]);
    y = Math.max(y, y1);
  }
  if (y < foot) made.push([y, foot]);
  return made;
}

/** As much of a text as fits, by the width of one average letter. */
export function shortened(text, width, letter) {
  const room = Math.floor(width / letter);
  if (text.length <= room) return text;
  return room < 4 ? "" : `${text.slice(0, room - 1).trimEnd()}…`;
}

/** What a key means on the picture. */
export function keyMeans({ key, shiftKey, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return "";
  const far = shiftKey ? "far-" : "";
  return ({
    ArrowLeft: `${far}left`, ArrowRight: `${far}right`, ArrowUp: "nearer", ArrowDown: "farther", "+": "nearer", "=": "nearer", "-": "farther", _: "farther",
    0: "whole", Home: "start", End: "end", n: "next", j: "next", p: "previous", k: "previous", " ": "play", Enter: "open", "/": "search",
    f: "follow", Escape: "close",
  })[key] || "";
}
