// @ts-check
// What the timeline's page works out before it draws: nothing here knows a page. Times are seconds, widths are pixels.

/** Numbers of colours, as the kernel sends them. */
export const TONES = ["user", "asst", "vad", "mark", "tool", "err", "muted", "stored"];

/** How a bar ended, by its number. */
export const ENDS = ["", "cancelled", "incomplete", "failed"];

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
export const BRACKET_ROWS = 5;
/** About as long as the text of a bracket is: where brackets lie closer, their texts stand one below the other. */
export const BRACKET_TEXT_PX = 170;
export const BAR_PX = 20;
export const ALL_ROWS = 12;
export const NO_ROW = 255;
export const AXIS_PX = 24;
export const HEAD_PX = 6;
/** Rows above the lanes: what barge-ins say, and the numbers of turns. */
export const SAID_PX = 16;
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
  bars: { floats: ["start", "end", "mid", "heard"], ints: ["seq", "lane", "tone", "plays", "row", "ends"] },
  marks: { floats: ["start"], ints: ["seq", "lane", "tone", "tall"] },
  brackets: { floats: ["start", "end"], ints: ["seq", "main"] },
  costs: { floats: ["start", "fresh", "cached", "out", "usd", "total", "hit"], ints: ["seq"] },
  waves: { floats: ["start", "end", "heard"], ints: ["seq", "lane", "peaks"] },
  turns: { floats: ["start"], ints: ["number"] },
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
    this.high = new Map();
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
    if (name === "bars") this.high.clear();
    if (name !== "waves") return;
    this.loud = new Map();
    this.peaks.length = Math.min(from, this.peaks.length);
    let at = 0;
    for (let i = this.peaks.length; i < table.count; i++) {
      this.peaks.push(peakLevels(bytes.subarray(at, at + table.peaks[i])));
      at += table.peaks[i];
    }
  }

  /** The row of each bracket, NO_ROW for one that is not shown; worked out once for all scales that are about the same. */
  bracketRows(all, apartS = APART_S) {
    const name = `${all ? "all" : "main"} ${apartS}`;
    let found = this.rows.get(name);
    if (found === undefined) {
      if (this.rows.size > 40) this.rows.clear();
      const { brackets } = this.tables;
      const wanted = [];
      for (let i = 0; i < brackets.count; i++) if (all || brackets.main[i]) wanted.push(i);
      const rows = stacked(wanted.map((i) => brackets.start[i]), wanted.map((i) => brackets.end[i]), all ? ALL_ROWS : BRACKET_ROWS, apartS);
      found = new Uint8Array(brackets.count).fill(NO_ROW);
      wanted.forEach((i, k) => { found[i] = rows[k]; });
      found.rows = rows.reduce((most, row) => Math.max(most, row + 1), 0);
      this.rows.set(name, found);
    }
    return found;
  }

  /** How many rows the bars of a lane need: those at the same time have rows of their own. */
  barRows(lane) {
    if (this.high.has(lane)) return this.high.get(lane);
    const { bars } = this.tables;
    let most = 1;
    for (let i = 0; i < bars.count; i++) if (bars.lane[i] === lane && bars.row[i] >= most) most = bars.row[i] + 1;
    this.high.set(lane, most);
    return most;
  }

  get hasTall() {
    return this.tables.marks.tall.includes(1);
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
