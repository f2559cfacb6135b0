// Where the timeline's lanes are, what lies under a place of them, and what comes next. Joined behind timeline_view.mjs.

/** How far apart brackets are to be for their texts, in steps: a little zooming must not move them about. */
export function apartAt(pixelsPerS) {
  return 2 ** Math.ceil(Math.log2(BRACKET_TEXT_PX / Math.max(1e-9, pixelsPerS)));
}

/** Where the lanes of all runs are, for a width in pixels and a stretch in view. */
export function layout(width, runs, shown, view = { start: 0, end: 10 }) {
  const left = width >= WIDE_PX ? GUTTER_PX : 0;
  const inner = Math.max(60, width - left - 8);
  const apartS = apartAt(inner / (view.end - view.start));
  const places = [];
  const several = runs.length > 1;
  let y = several ? AXIS_PX : HEAD_PX;
  runs.forEach((run, index) => {
    const begin = y;
    if (several) y += TITLE_PX;
    const said = run.hasTall ? y + SAID_PX / 2 : -1;
    if (said >= 0) y += SAID_PX;
    const numbers = run.tables.turns.count > 1 ? y + SAID_PX / 2 : -1;
    if (numbers >= 0) y += SAID_PX;
    const has = lanesWith(run, shown);
    const lanes = {};
    for (const [lane, { key, name, height }] of LANES.entries()) {
      if (!has.has(lane)) continue;
      const rows = key === "events" ? run.families.flatMap((_, family) => (visible(run, family, shown) ? [family] : [])) : [];
      // Without a gutter, the names of rows stand above them.
      const rowPx = left ? ROW_PX : ROW_PX + 10;
      const stack = key === "latency" ? run.bracketRows(shown.latencies, apartS) : null;
      const tall = key === "events" ? Math.max(rowPx, rows.length * rowPx) + 8
        : key === "latency" ? 6 + BRACKET_PX * Math.max(1, stack.rows)
          : key === "response" || key === "tools" ? height + BAR_PX * (run.barRows(lane) - 1) : height;
      const caption = left ? 0 : 17;
      lanes[key] = { top: y + caption, height: tall, name, rows, rowPx, stack, caption };
      y += tall + caption + 4;
    }
    places.push({ lanes, title: several ? begin + TITLE_PX / 2 : -1, said, numbers, top: begin + (several ? TITLE_PX : 0), bottom: y });
  });
  const axis = y;
  return { width, left, inner, places, axis, above: several ? AXIS_PX / 2 - 2 : -1, height: axis + AXIS_PX };
}

function visible(run, family, shown) {
  return !shown.hidden.has(run.families[family].name) && (run.counts[family] || 0) + (run.deltas[family] || 0) > 0;
}

/** Which lanes have something in them. */
export function lanesWith(run, shown = { latencies: true }) {
  const has = new Set();
  const { bars, marks, waves, brackets, costs } = run.tables;
  for (const table of [bars, marks, waves]) for (let i = 0; i < table.count && has.size < LANES.length; i++) has.add(table.lane[i]);
  const of = (key) => LANES.findIndex((lane) => lane.key === key);
  if (shown.latencies ? brackets.count : brackets.main.includes(1)) has.add(of("latency"));
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
  if (key === "events") return eventAt(run, lane.rows[Math.min(lane.rows.length - 1, Math.floor((y - lane.top - 4) / lane.rowPx))], at, nearS, shown);
  const number = LANES.findIndex((each) => each.key === key);
  const { bars, marks, brackets, costs, waves } = run.tables;
  const mark = closest(marks, at, nearS, (i) => marks.lane[i] === number);
  if (mark >= 0) return { what: "marks", index: mark, seq: marks.seq[mark] };
  if (key === "latency") {
    const rows = lane.stack;
    const row = Math.floor((y - lane.top - 2) / BRACKET_PX);
    const found = closest(brackets, at, nearS, (i) => rows[i] === row);
    return found < 0 ? null : { what: "brackets", index: found, seq: brackets.seq[found] };
  }
  if (key === "cost") {
    const found = closest(costs, at, 4 * nearS, () => true);
    return found < 0 ? null : { what: "costs", index: found, seq: costs.seq[found] };
  }
  const row = rowAt(run, key, lane, y);
  const found = closest(bars, at, nearS, (i) => bars.lane[i] === number && (row < 0 || bars.row[i] === row));
  if (found >= 0) return { what: "bars", index: found, seq: bars.seq[found] };
  const wave = closest(waves, at, nearS, (i) => waves.lane[i] === number);
  return wave < 0 ? null : { what: "waves", index: wave, seq: waves.seq[wave] };
}

/** In which row of bars a height lies; -1 in lanes that have one row only. */
function rowAt(run, key, lane, y) {
  if (key === "transcripts") return y < lane.top + lane.height / 2 ? 0 : 1;
  if (key !== "response" && key !== "tools") return -1;
  return Math.max(0, Math.min(run.barRows(LANES.findIndex((each) => each.key === key)) - 1, Math.floor((y - lane.top) / BAR_PX)));
}

/** From where to where something in a lane is framed: its own row. */
export function rowOf(run, lane, { what, index, seq }, key) {
  const within = (row, px, from = 0) => [lane.top + from + row * px, px];
  if (key === "events") {
    const kind = run.kinds[run.kind.values[seq]];
    const row = kind ? lane.rows.indexOf(kind.family) : -1;
    return row < 0 ? [lane.top, lane.height] : within(row, lane.rowPx, 2);
  }
  if (what === "brackets" && lane.stack && lane.stack[index] !== NO_ROW) return within(lane.stack[index], BRACKET_PX, 1);
  if (what === "bars" && (key === "response" || key === "tools")) return within(run.tables.bars.row[index], BAR_PX, 1);
  if (what === "bars" && key === "transcripts") return within(run.tables.bars.row[index], lane.height / 2);
  return [lane.top + 1, lane.height - 1];
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
