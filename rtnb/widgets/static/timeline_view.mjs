// @ts-check
// What the timeline's page works out before it draws: nothing here knows a page. Times are seconds, widths are pixels.

/** Numbers of colours, as the kernel sends them. */
export const TONES = ["user", "asst", "vad", "mark", "tool", "err", "muted", "stored"];

export const LANES = [
  { key: "you", name: "You", height: 36 },
  { key: "detection", name: "Turn detection", height: 26 },
  { key: "latency", name: "Latency", height: 0 },
  { key: "response", name: "Response", height: 26 },
  { key: "assistant", name: "Assistant audio", height: 36 },
  { key: "tools", name: "Tools", height: 24 },
  { key: "transcripts", name: "Transcripts", height: 36 },
  { key: "notices", name: "Settings, errors", height: 24 },
  { key: "cost", name: "Cost", height: 28 },
  { key: "network", name: "Network", height: 20 },
  { key: "events", name: "Events", height: 0 },
];

export const ROW_PX = 13;
export const BRACKET_PX = 19;
export const BRACKET_ROWS = 4;
export const ALL_ROWS = 12;
export const NO_ROW = 255;
export const AXIS_PX = 24;
export const HEAD_PX = 20;
export const TITLE_PX = 24;
export const WIDE_PX = 620;
export const GUTTER_PX = 122;
/** Deltas farther apart than this do not belong together. */
export const RUN_GAP_S = 0.6;
export const NEAR_PX = 5;
/** Brackets that follow each other sooner stand in rows of their own: each has a text behind it. */
export const APART_S = 1;

/** Column names of the tables, in the order in which the kernel packs them. */
export const TABLES = {
  bars: { floats: ["start", "end", "mid", "heard"], ints: ["seq", "lane", "tone", "plays"] },
  marks: { floats: ["start"], ints: ["seq", "lane", "tone", "tall"] },
  brackets: { floats: ["start", "end"], ints: ["seq", "main"] },
  costs: { floats: ["start", "fresh", "cached", "out", "usd", "total", "hit"], ints: ["seq"] },
  waves: { floats: ["start", "end", "heard"], ints: ["seq", "lane", "peaks"] },
};

/** First index of `count` ascending values at which `valueOf(i) >= wanted`. */
export function firstAt(valueOf, count, wanted, from = 0) {
  let low = from;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueOf(middle) >= wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The same for an array, by steps that double: the next hit is mostly near. */
export function next(values, count, wanted, from) {
  if (from >= count || values[from] >= wanted) return from;
  let step = 1;
  let low = from;
  while (low + step < count && values[low + step] < wanted) {
    low += step;
    step *= 2;
  }
  let high = Math.min(count, low + step);
  low += 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] >= wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Numbers that grow at the end, in one typed array. */
export class Growing {
  constructor(Kind, room = 256) {
    this.Kind = Kind;
    this.values = new Kind(room);
    this.length = 0;
  }

  room(more) {
    if (this.length + more <= this.values.length) return;
    const made = new this.Kind(Math.max(this.length + more, 2 * this.values.length));
    made.set(this.values.subarray(0, this.length));
    this.values = made;
  }

  push(value) {
    this.room(1);
    this.values[this.length++] = value;
  }

  append(values) {
    this.room(values.length);
    this.values.set(values, this.length);
    this.length += values.length;
  }
}

/** Rows that follow others, of columns and one text each; the last ones may be replaced. */
export class Table {
  constructor({ floats, ints }) {
    this.names = { floats, ints };
    this.count = 0;
    this.text = [];
    /** Greatest end up to each row: finds what reaches into a view. */
    this.reach = new Float64Array(0);
    for (const name of floats) this[name] = new Float64Array(0);
    for (const name of ints) this[name] = new Uint32Array(0);
  }

  /** Keep `from` rows and put `texts.length` others behind them; columns lie one after the other. */
  splice(from, numbers, integers, texts) {
    const more = texts.length;
    const kept = Math.min(from, this.count);
    const joined = (Kind, old, part) => {
      const made = new Kind(kept + more);
      made.set(old.subarray(0, kept));
      made.set(part, kept);
      return made;
    };
    this.names.floats.forEach((name, i) => { this[name] = joined(Float64Array, this[name], numbers.subarray(i * more, (i + 1) * more)); });
    this.names.ints.forEach((name, i) => { this[name] = joined(Uint32Array, this[name], integers.subarray(i * more, (i + 1) * more)); });
    this.text.length = kept;
    // Not spread: a hundred thousand arguments are too many for a call.
    for (const text of texts) this.text.push(text);
    this.count = kept + more;
    const ends = this.end ?? this.start;
    const reach = joined(Float64Array, this.reach, new Float64Array(more));
    for (let i = kept; i < this.count; i++) reach[i] = Math.max(i ? reach[i - 1] : -Infinity, ends[i], this.start[i]);
    this.reach = reach;
  }

  /** First row and the one behind the last that may touch a view; starts ascend. */
  touching(view) {
    return [firstAt((i) => this.reach[i], this.count, view.start), firstAt((i) => this.start[i], this.count, view.end)];
  }
}

/** One session: its events as columns, and what was made of them. */
export class Run {
  constructor() {
    this.t = new Growing(Float64Array, 1024);
    this.kind = new Growing(Uint16Array, 1024);
    this.kinds = [];
    this.families = [];
    this.counts = [];
    this.deltas = [];
    this.groups = [];
    this.bursts = [];
    this.open = [];
    this.tables = Object.fromEntries(Object.entries(TABLES).map(([name, columns]) => [name, new Table(columns)]));
    this.peaks = [];
    this.clock = new Float64Array(0);
    this.head = {};
    this.rows = new Map();
    this.loud = new Map();
  }

  get count() {
    return this.t.length;
  }

  get startS() {
    return this.head.start_s || 0;
  }

  get durationS() {
    return this.head.duration_s || 0;
  }

  /** The loudest column of one lane, so that quiet talk is seen too. */
  loudest(lane) {
    if (this.loud.has(lane)) return this.loud.get(lane);
    const { waves } = this.tables;
    let most = 24;
    for (let i = 0; i < waves.count; i++) {
      const levels = this.peaks[i];
      if (waves.lane[i] === lane) for (const peak of levels[levels.length - 1]) if (peak > most) most = peak;
    }
    this.loud.set(lane, most);
    return most;
  }

  /** Kinds are `[type, direction, family, is it a delta]`. */
  name(kinds) {
    for (const kind of kinds) this.kinds.push({ type: kind[0], direction: kind[1], family: kind[2], delta: Boolean(kind[3]) });
  }

  group(family) {
    while (this.groups.length <= family) {
      this.groups.push({
        plain: { t: new Growing(Float64Array), seq: new Growing(Uint32Array) },
        delta: { t: new Growing(Float64Array), seq: new Growing(Uint32Array) },
      });
      this.counts.push(0);
      this.deltas.push(0);
      this.bursts.push([]);
    }
    return this.groups[family];
  }

  append(times, kinds) {
    for (let i = 0; i < times.length; i++) {
      const kind = this.kinds[kinds[i]];
      const seq = this.count + i;
      const group = this.group(kind.family);
      const part = kind.delta ? group.delta : group.plain;
      part.t.push(times[i]);
      part.seq.push(seq);
      if (kind.delta) {
        this.deltas[kind.family] += 1;
        this.burst(kind.family, kinds[i], times[i], seq);
      } else this.counts[kind.family] += 1;
    }
    this.t.append(times);
    this.kind.append(kinds);
  }

  /** Deltas of one kind that follow each other closely are one thing with a count. */
  burst(family, kind, t, seq) {
    const open = this.open[kind];
    if (open && t - open.end <= RUN_GAP_S) {
      open.end = t;
      open.count += 1;
      open.last = seq;
      return;
    }
    const made = { start: t, end: t, count: 1, first: seq, last: seq, kind };
    this.open[kind] = made;
    this.bursts[family].push(made);
  }

  /** Bars, marks, brackets and so on from a row on; buffers as the kernel packed them. */
  put(name, { from, texts }, numbers, integers, bytes) {
    const table = this.tables[name];
    table.splice(from, numbers, integers, texts);
    if (name === "brackets") this.rows.clear();
    if (name !== "waves") return;
    this.loud = new Map();
    this.peaks.length = Math.min(from, this.peaks.length);
    let at = 0;
    for (let i = this.peaks.length; i < table.count; i++) {
      this.peaks.push(peakLevels(bytes.subarray(at, at + table.peaks[i])));
      at += table.peaks[i];
    }
  }

  /** The row of each bracket, NO_ROW for one that is not shown; worked out once. */
  bracketRows(all) {
    const name = all ? "all" : "main";
    let found = this.rows.get(name);
    if (found === undefined) {
      const { brackets } = this.tables;
      const wanted = [];
      for (let i = 0; i < brackets.count; i++) if (all || brackets.main[i]) wanted.push(i);
      const rows = stacked(wanted.map((i) => brackets.start[i]), wanted.map((i) => brackets.end[i]), all ? ALL_ROWS : BRACKET_ROWS, APART_S);
      found = new Uint8Array(brackets.count).fill(NO_ROW);
      wanted.forEach((i, k) => { found[i] = rows[k]; });
      found.rows = rows.reduce((most, row) => Math.max(most, row + 1), 0);
      this.rows.set(name, found);
    }
    return found;
  }

  /** Milliseconds of input audio that had been given to the server at a time; null where none had. */
  audioMs(t) {
    const pairs = this.clock;
    const count = pairs.length / 2;
    if (!count || t < pairs[0]) return null;
    const after = firstAt((i) => pairs[2 * i], count, t);
    if (after >= count) return pairs[2 * (count - 1) + 1];
    if (after === 0) return pairs[1];
    const [t0, ms0, t1, ms1] = pairs.subarray(2 * (after - 1), 2 * (after + 1));
    return t1 > t0 ? ms0 + ((ms1 - ms0) * (t - t0)) / (t1 - t0) : ms1;
  }
}

/** Greatest of every 16, and of every 16 of these. */
export function peakLevels(base) {
  const levels = [base];
  while (levels[levels.length - 1].length > 64) {
    const below = levels[levels.length - 1];
    const made = new Uint8Array(Math.ceil(below.length / 16));
    for (let i = 0; i < below.length; i++) if (below[i] > made[i >> 4]) made[i >> 4] = below[i];
    levels.push(made);
  }
  return levels;
}

/** The greatest peak in each pixel column from `x0` on; none is lost at any zoom. */
export function peaksAt(levels, startS, endS, view, width) {
  const pixelS = (view.end - view.start) / width;
  const x0 = Math.max(0, Math.floor((startS - view.start) / pixelS));
  const x1 = Math.min(width, Math.ceil((endS - view.start) / pixelS));
  const made = new Uint8Array(Math.max(0, x1 - x0));
  const base = levels[0].length;
  if (!base || endS <= startS) return { x0, made };
  let depth = 0;
  let stepS = (endS - startS) / base;
  while (depth + 1 < levels.length && 16 * stepS <= pixelS) {
    depth += 1;
    stepS *= 16;
  }
  const level = levels[depth];
  for (let x = x0; x < x1; x++) {
    const first = Math.max(0, Math.floor((view.start + x * pixelS - startS) / stepS + 1e-6));
    const last = Math.min(level.length, Math.max(first + 1, Math.ceil((view.start + (x + 1) * pixelS - startS) / stepS - 1e-6)));
    let most = 0;
    for (let i = first; i < last; i++) if (level[i] > most) most = level[i];
    made[x - x0] = most;
  }
  return { x0, made };
}

/** A row for each stretch, such that none lies upon another, or near behind it, as long as rows last; starts ascend. */
export function stacked(starts, ends, rows, apartS = 0) {
  const free = new Array(rows).fill(-Infinity);
  const made = new Uint8Array(starts.length);
  for (let i = 0; i < starts.length; i++) {
    let row = free.findIndex((end) => end + apartS <= starts[i] + 1e-9);
    if (row < 0) row = free.indexOf(Math.min(...free));
    made[i] = row;
    free[row] = Math.max(free[row], ends[i]);
  }
  return made;
}

/** Which pixel columns hold at least one of ascending times, as stretches `[x, width]` of columns. */
export function columnsOf(times, count, view, width) {
  const pixelS = (view.end - view.start) / width;
  const made = [];
  let i = next(times, count, view.start, 0);
  let open = -1;
  let last = -2;
  while (i < count && times[i] <= view.end) {
    const x = Math.min(width - 1, Math.floor((times[i] - view.start) / pixelS));
    if (x > last + 1) {
      if (open >= 0) made.push(open, last - open + 1);
      open = x;
    }
    last = x;
    i = next(times, count, view.start + (x + 1) * pixelS, i + 1);
  }
  if (open >= 0) made.push(open, last - open + 1);
  return made;
}

/** Rows of a table in a view, those of less than a pixel that lie together as one: `use(first, last, x0, x1)`. */
export function merged(table, view, width, wanted, use) {
  const scale = width / (view.end - view.start);
  const [first, behind] = table.touching(view);
  const ends = table.end ?? table.start;
  let open = -1;
  let last = -1;
  let thin = false;
  let x0 = 0;
  let x1 = 0;
  for (let i = first; i < behind; i++) {
    if (!wanted(i) || ends[i] < view.start) continue;
    const left = (table.start[i] - view.start) * scale;
    const right = (ends[i] - view.start) * scale;
    const narrow = right - left < 2;
    if (open >= 0 && thin && narrow && left <= x1 + 1) {
      x1 = Math.max(x1, right);
      last = i;
      continue;
    }
    if (open >= 0) use(open, last, x0, x1);
    open = last = i;
    thin = narrow;
    x0 = left;
    x1 = right;
  }
  if (open >= 0) use(open, last, x0, x1);
}

/** Where the lanes of all runs are, for a width in pixels. */
export function layout(width, runs, shown) {
  const left = width >= WIDE_PX ? GUTTER_PX : 0;
  const inner = Math.max(60, width - left - 8);
  const places = [];
  let y = HEAD_PX;
  runs.forEach((run, index) => {
    if (runs.length > 1) y += TITLE_PX;
    const has = lanesWith(run);
    const lanes = {};
    for (const [lane, { key, name, height }] of LANES.entries()) {
      if (!has.has(lane)) continue;
      const rows = key === "events" ? run.families.flatMap((_, family) => (visible(run, family, shown) ? [family] : [])) : [];
      const tall = key === "events" ? Math.max(ROW_PX, rows.length * ROW_PX) + 8
        : key === "latency" ? 6 + BRACKET_PX * Math.max(1, run.bracketRows(shown.latencies).rows) : height;
      const caption = left ? 0 : 15;
      lanes[key] = { top: y + caption, height: tall, name, rows, caption };
      y += tall + caption + 4;
    }
    places.push({ lanes, title: runs.length > 1 ? index : -1, bottom: y });
  });
  const axis = y;
  return { width, left, inner, places, axis, height: axis + AXIS_PX };
}

function visible(run, family, shown) {
  return !shown.hidden.has(run.families[family].name) && (run.counts[family] || 0) + (run.deltas[family] || 0) > 0;
}

/** Which lanes have something in them. */
export function lanesWith(run) {
  const has = new Set();
  const { bars, marks, waves, brackets, costs } = run.tables;
  for (const table of [bars, marks, waves]) for (let i = 0; i < table.count && has.size < LANES.length; i++) has.add(table.lane[i]);
  const of = (key) => LANES.findIndex((lane) => lane.key === key);
  if (brackets.count) has.add(of("latency"));
  if (costs.count) has.add(of("cost"));
  if (run.count) has.add(of("events"));
  return has;
}

/** What is under a place of the picture: the nearest of what is drawn there, or null. */
export function hit(x, y, place, runs, view, shown) {
  const at = view.start + ((x - place.left) / place.inner) * (view.end - view.start);
  const nearS = (NEAR_PX / place.inner) * (view.end - view.start);
  if (x < place.left - NEAR_PX || x > place.left + place.inner + NEAR_PX) return null;
  for (const [index, { lanes }] of place.places.entries()) {
    const run = runs[index];
    for (const [key, lane] of Object.entries(lanes)) {
      if (y < lane.top || y >= lane.top + lane.height) continue;
      const found = inLane(run, key, lane, y, at, nearS, shown);
      return found ? { run: index, lane: key, at, ...found } : { run: index, lane: key, at, what: "" };
    }
  }
  return null;
}

function inLane(run, key, lane, y, at, nearS, shown) {
  if (key === "events") return eventAt(run, lane.rows[Math.min(lane.rows.length - 1, Math.floor((y - lane.top - 4) / ROW_PX))], at, nearS, shown);
  const number = LANES.findIndex((each) => each.key === key);
  const { bars, marks, brackets, costs, waves } = run.tables;
  const mark = closest(marks, at, nearS, (i) => marks.lane[i] === number);
  if (mark >= 0) return { what: "marks", index: mark, seq: marks.seq[mark] };
  if (key === "latency") {
    const rows = run.bracketRows(shown.latencies);
    const row = Math.floor((y - lane.top - 2) / BRACKET_PX);
    const found = closest(brackets, at, nearS, (i) => rows[i] === row);
    return found < 0 ? null : { what: "brackets", index: found, seq: brackets.seq[found] };
  }
  if (key === "cost") {
    const found = closest(costs, at, 4 * nearS, () => true);
    return found < 0 ? null : { what: "costs", index: found, seq: costs.seq[found] };
  }
  const found = closest(bars, at, nearS, (i) => bars.lane[i] === number);
  if (found >= 0) return { what: "bars", index: found, seq: bars.seq[found] };
  const wave = closest(waves, at, nearS, (i) => waves.lane[i] === number);
  return wave < 0 ? null : { what: "waves", index: wave, seq: waves.seq[wave] };
}

/** The row whose stretch holds a time, the shortest of those; else the nearest one that is near; else -1. */
export function closest(table, at, nearS, wanted) {
  const [first, behind] = table.touching({ start: at - nearS, end: at + nearS });
  const ends = table.end ?? table.start;
  let best = -1;
  let least = Infinity;
  for (let i = first; i < behind; i++) {
    if (!wanted(i)) continue;
    const away = Math.max(0, table.start[i] - at, at - ends[i]);
    if (away > nearS) continue;
    const score = away * 1e6 + (ends[i] - table.start[i]);
    if (score < least) {
      least = score;
      best = i;
    }
  }
  return best;
}

function eventAt(run, family, at, nearS, shown) {
  const group = run.groups[family];
  if (!group) return null;
  const parts = shown.deltas ? [group.plain, group.delta] : [group.plain];
  let best = null;
  for (const { t, seq } of parts) {
    const after = firstAt((i) => t.values[i], t.length, at);
    for (const i of [after - 1, after]) {
      if (i < 0 || i >= t.length) continue;
      const away = Math.abs(t.values[i] - at);
      if (away <= nearS && (!best || away < best.away)) best = { what: "events", seq: seq.values[i], index: seq.values[i], away };
    }
  }
  if (best || shown.deltas) return best;
  const bursts = run.bursts[family];
  const index = bursts.findIndex((each) => at >= each.start - nearS && at <= each.end + nearS);
  return index < 0 ? null : { what: "bursts", family, index, seq: bursts[index].first };
}

/** The next event in a direction that chips and collapsing leave; -1 where there is none. A collapsed run counts once. */
export function step(run, seq, by, shown) {
  for (let i = seq + by; i >= 0 && i < run.count; i += by) {
    const kind = run.kinds[run.kind.values[i]];
    if (shown.hidden.has(run.families[kind.family].name)) continue;
    if (kind.delta && !shown.deltas) {
      const burst = burstOf(run, i);
      if (burst && burst.first !== i) continue;
    }
    return i;
  }
  return -1;
}

/** The run of deltas that an event belongs to. */
export function burstOf(run, seq) {
  const number = run.kind.values[seq];
  const bursts = run.bursts[run.kinds[number].family] || [];
  return bursts.find((each) => each.kind === number && each.first <= seq && seq <= each.last);
}

/** Sequence numbers of events whose type or direction holds all words: what a page finds by itself. */
export function matching(run, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = run.kinds.map((kind) => words.every((word) => kind.type.toLowerCase().includes(word) || kind.direction === word));
  const made = [];
  if (!words.length || !wanted.includes(true)) return made;
  for (let i = 0; i < run.count; i++) if (wanted[run.kind.values[i]]) made.push(i);
  return made;
}

/** Which of ascending finds comes next after `from` in a direction, around the ends; -1 where there is none. */
export function nextFound(found, from, by) {
  if (!found.length) return -1;
  if (by > 0) {
    const index = firstAt((i) => found[i], found.length, from + 1);
    return index < found.length ? index : 0;
  }
  const index = firstAt((i) => found[i], found.length, from) - 1;
  return index >= 0 ? index : found.length - 1;
}

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

/** A stretch, kept within what there is. */
export function kept(start, end, all, least) {
  const width = Math.min(all.end - all.start, Math.max(least, end - start));
  const from = Math.min(Math.max(all.start, start), all.end - width);
  return { start: from, end: from + width };
}

/** Nearer (a factor below 1) or farther; what is at a time stays where it is. */
export function scaled(view, factor, at, all, least) {
  const width = Math.min(all.end - all.start, Math.max(least, (view.end - view.start) * factor));
  const share = (at - view.start) / (view.end - view.start);
  return kept(at - share * width, at - share * width + width, all, least);
}

export function slid(view, by, all) {
  return kept(view.start + by, view.end + by, all, view.end - view.start);
}

/** Where a picture of what goes on stands: at its end as long as nobody looks elsewhere. */
export function followed(view, all, following) {
  if (!following) return view;
  return { start: Math.max(all.start, all.end - (view.end - view.start)), end: all.end };
}

/** A time of day at an offset from the session's start, by the clock of whoever looks. */
export function dayTime(wallS, t) {
  const date = new Date(1000 * (wallS + t));
  const two = (value) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
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
  return s < 0.9995 ? `${Math.round(1000 * s)} ms` : `${s.toFixed(2)} s`;
}

/** What a bracket says in its lane: its number and both its ends, without what explains them. */
export function bracketText(text) {
  return text.split("\n")[0].replace(/ \([^)]*\)/g, "");
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
