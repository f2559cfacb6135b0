// The picture of the timeline: one canvas, of which only what is in view is worked out. Joined before timeline_lanes.js.

const FONT_PX = 12;
const LETTERS = new Map();
const WIDTHS = new Map();
const WIDTHS_KEPT = 5000;

/** Everything, or the part of it that a still leaves out: nothing here reads the page. */
function paintTimeline(draw, place, engine, ink) {
  const { view, runs } = engine;
  draw.clearRect(0, 0, place.width, place.height);
  draw.textBaseline = "middle";
  draw.lineWidth = 1;
  const scale = place.inner / (view.end - view.start);
  // Where texts stand: lines through all lanes leave them out.
  const pen = { draw, place, view, ink, engine, scale, boxes: [], xOf: (at) => place.left + (at - view.start) * scale };
  if (place.left) captions(pen);
  draw.save();
  draw.beginPath();
  draw.rect(place.left, 0, place.inner + 8, place.height);
  draw.clip();
  axis(pen);
  if (!place.left) captions(pen);
  for (const [index, run] of runs.entries()) {
    const spot = place.places[index];
    const { lanes } = spot ?? { lanes: {} };
    for (const [key, lane] of Object.entries(lanes)) {
      const number = LANES.findIndex((each) => each.key === key);
      if (key === "events") events(pen, run, lane);
      else if (key === "cost") costs(pen, run, lane);
      else if (key === "latency") brackets(pen, run, lane);
      else if (key === "you" || key === "assistant") waves(pen, run, lane, number);
      else bars(pen, run, lane, number);
      marks(pen, run, lane, number);
    }
    if (spot) turns(pen, run, spot);
    found(pen, run, index, lanes);
    chosen(pen, run, index, lanes);
    if (spot) tall(pen, run, lanes, spot);
  }
  if (engine.playing && engine.playing.at !== null) {
    draw.fillStyle = ink.fg;
    draw.fillRect(pen.xOf(engine.playing.at) - 0.75, 2, 1.5, place.axis - 2);
  }
  draw.restore();
}

function letterOf(draw, font) {
  draw.font = font;
  let width = LETTERS.get(font);
  if (width === undefined) {
    width = draw.measureText("The weather in Paris is 21 degrees, sunny").width / 41;
    LETTERS.set(font, width);
  }
  return width;
}

/** How wide texts are in the font that is set, known from the second time on. */
function widths(draw, font) {
  draw.font = font;
  let known = WIDTHS.get(font);
  if (!known || known.size > WIDTHS_KEPT) WIDTHS.set(font, known = new Map());
  return (text) => {
    let wide = known.get(text);
    if (wide === undefined) known.set(text, wide = draw.measureText(text).width);
    return wide;
  };
}

/** A text at a place, which lines leave out; on a ground of its own where something may lie under it. */
function written({ draw, ink, boxes }, text, x, y, wide, { fill, ground = false }) {
  if (ground) {
    draw.fillStyle = ink.bg;
    draw.fillRect(x - 2, y - 7, wide + 4, 14);
  }
  draw.fillStyle = fill;
  draw.fillText(text, x, y);
  boxes.push([x - 3, y - 8, x + wide + 3, y + 8]);
}

function captions(pen) {
  const { draw, place, ink, engine } = pen;
  for (const [index, { lanes, title }] of place.places.entries()) {
    const run = engine.runs[index];
    if (title >= 0) {
      const font = `600 13px ${ink.font}`;
      const text = shortened(run.head.label || `Run ${index + 1}`, place.width - 8, letterOf(draw, font));
      written(pen, text, 2, title, widths(draw, font)(text), { fill: ink.fg, ground: true });
    }
    const font = `${FONT_PX}px ${ink.font}`;
    const widthOf = widths(draw, font);
    for (const { top, height, name, caption, rows, rowPx } of Object.values(lanes)) {
      draw.fillStyle = ink.line;
      draw.fillRect(place.left, top + height + 1.5, place.inner + 8, 1);
      if (!rows.length || caption) {
        draw.font = font;
        written(pen, name, 2, caption ? top - caption / 2 : top + height / 2, widthOf(name), { fill: caption ? ink.muted : ink.fg, ground: Boolean(caption) });
      }
      if (rows.length) families(pen, run, top, rows, rowPx);
    }
  }
}

/** In the gutter beside its row, or above it where there is none. */
function families(pen, run, top, rows, rowPx) {
  const { draw, ink, place } = pen;
  const font = `${place.left ? 11 : 10}px ${ink.font}`;
  const widthOf = widths(draw, font);
  for (const [row, family] of rows.entries()) {
    const y = top + 4 + row * rowPx + (place.left ? ROW_PX / 2 - 1 : 4);
    written(pen, run.families[family].name, 2, y, widthOf(run.families[family].name), { fill: ink.muted, ground: !place.left });
  }
}

function axis({ draw, place, view, ink, xOf }) {
  draw.font = `${FONT_PX}px ${ink.font}`;
  draw.textAlign = "center";
  for (const { at, text } of ticks(view, place.inner, 110)) {
    const x = xOf(at);
    draw.fillStyle = ink.line;
    draw.globalAlpha = 0.6;
    const from = place.above < 0 ? 0 : AXIS_PX - 6;
    draw.fillRect(Math.round(x), from, 1, place.axis - from);
    draw.globalAlpha = 1;
    draw.fillStyle = ink.muted;
    draw.textAlign = x < place.left + 24 ? "left" : x > place.left + place.inner - 20 ? "right" : "center";
    draw.fillText(text, x, place.axis + AXIS_PX / 2 + 1);
    if (place.above >= 0) draw.fillText(text, x, place.above);
  }
  draw.textAlign = "left";
}

/** Ticks of events, a row a family; deltas are a line with their number until they are asked for. */
function events(pen, run, lane) {
  const { draw, place, view, ink, engine, xOf } = pen;
  const width = Math.round(place.inner);
  draw.font = `10px ${ink.font}`;
  for (const [row, family] of lane.rows.entries()) {
    const y = lane.top + 4 + (row + 1) * lane.rowPx - ROW_PX;
    const group = run.groups[family];
    if (!group) continue;
    draw.fillStyle = ink[run.families[family].tone] || ink.muted;
    if (engine.shown.deltas) ticksOf(pen, group.delta, y + 3, ROW_PX - 8, width, 0.55);
    else bursts(pen, run.bursts[family], y, width);
    ticksOf(pen, group.plain, y, ROW_PX - 3, width, 1);
  }
  draw.globalAlpha = 1;
}

function ticksOf({ draw, place, view }, { t }, y, tall, width, alpha) {
  if (!t.length) return;
  draw.globalAlpha = alpha;
  const found = columnsOf(t.values, t.length, view, width);
  draw.beginPath();
  for (let k = 0; k < found.length; k += 2) draw.rect(place.left + found[k], y, Math.max(1.5, found[k + 1]), tall);
  draw.fill();
}

function bursts({ draw, place, view, ink, scale, xOf }, all, y, width) {
  if (!all.length) return;
  const first = firstAt((i) => all[i].start, all.length, view.start);
  const tone = draw.fillStyle;
  const labels = [];
  draw.globalAlpha = 0.45;
  draw.beginPath();
  let x1 = -Infinity;
  let last = null;
  // One that began before the view may reach into it.
  for (let i = Math.max(0, first - 4); i < all.length && all[i].start <= view.end; i++) {
    const each = all[i];
    if (each.end < view.start) continue;
    const [from, to] = [xOf(each.start), Math.max(xOf(each.start) + 2, xOf(each.end))];
    if (to <= x1 + 0.75) {
      if (last) last.count += each.count;
      continue;
    }
    draw.rect(Math.max(from, x1), y + 3.5, to - Math.max(from, x1), 4);
    if (last) last.until = from;
    last = { x: to, count: each.count, until: place.left + place.inner + 4 };
    labels.push(last);
    x1 = to;
  }
  draw.fill();
  draw.globalAlpha = 1;
  draw.fillStyle = ink.muted;
  for (const { x, count, until } of labels) {
    const text = `×${count}`;
    if (count > 1 && until - x > 12 + 6 * text.length) draw.fillText(text, x + 8, y + ROW_PX / 2 - 1);
  }
  draw.fillStyle = tone;
}

/** Which turn begins where. */
function turns(pen, run, { numbers }) {
  if (numbers < 0) return;
  const { draw, view, ink, xOf } = pen;
  const table = run.tables.turns;
  const [first, behind] = table.touching(view);
  const font = `600 11px ${ink.font}`;
  const xs = [];
  const told = [];
  for (let i = first; i < behind; i++) {
    xs.push(xOf(table.start[i]));
    told.push(table.number[i]);
  }
  const widthOf = widths(draw, font);
  for (const [x, text] of turnTexts(xs, told, letterOf(draw, font))) {
    draw.font = font;
    written(pen, text, x, numbers, widthOf(text), { fill: ink.muted });
  }
}

/** What concerns all lanes, such as a barge-in: a line through them around their texts, and its text above. */
function tall(pen, run, lanes, { top, said, bottom }) {
  const { draw, place, view, ink, xOf, boxes } = pen;
  const table = run.tables.marks;
  if (said < 0 || !Object.keys(lanes).length) return;
  const [first, behind] = table.touching({ start: view.start - 300 / pen.scale, end: view.end });
  const font = `${FONT_PX}px ${ink.font}`;
  const widthOf = widths(draw, font);
  const edge = place.left + place.inner + 6;
  const shown = [];
  for (let i = first; i < behind; i++) {
    if (!table.tall[i]) continue;
    const x = xOf(table.start[i]);
    if (shown.length && x < shown[shown.length - 1].x + 2) continue;
    shown.push({ i, x });
  }
  let free = place.left;
  for (const [k, { i, x }] of shown.entries()) {
    const fill = ink[TONES[table.tone[i]]];
    draw.font = font;
    const until = k + 1 < shown.length ? shown[k + 1].x - 6 : edge;
    let text = x + 5 >= free ? wordsFor(table.text[i], until - x - 5, widthOf) : "";
    let at = x + 5;
    const wide = widthOf(table.text[i]);
    // At the end of the picture it stands before its line.
    if (text !== table.text[i] && x - 5 - wide >= free && x <= edge) [text, at] = [table.text[i], x - 5 - wide];
    if (text) {
      written(pen, text, at, said, widthOf(text), { fill });
      free = Math.max(at + widthOf(text), x) + 12;
    }
  }
  draw.setLineDash([4, 3]);
  for (const { i, x } of shown) {
    draw.strokeStyle = ink[TONES[table.tone[i]]];
    draw.beginPath();
    for (const [from, to] of around(x, top + 2, bottom, boxes)) {
      draw.moveTo(x, from);
      draw.lineTo(x, to);
    }
    draw.stroke();
  }
  draw.setLineDash([]);
}

/** Where the search found something. */
function found({ draw, place, view, ink, engine, xOf }, run, index, lanes) {
  const seqs = engine.found.get(index);
  const lane = lanes.events;
  if (!seqs || !seqs.length || !lane) return;
  const width = Math.round(place.inner);
  const times = seqs.times;
  draw.fillStyle = ink.mark;
  draw.globalAlpha = 0.9;
  draw.beginPath();
  const columns = columnsOf(times, times.length, view, width);
  for (let k = 0; k < columns.length; k += 2) draw.rect(place.left + columns[k] - 0.5, lane.top - 4, Math.max(2, columns[k + 1]), 6);
  draw.fill();
  draw.globalAlpha = 0.25;
  if (columns.length < 200) for (let k = 0; k < columns.length; k += 2) draw.fillRect(place.left + columns[k] - 0.5, lane.top, Math.max(2, columns[k + 1]), lane.height);
  draw.globalAlpha = 1;
}

function chosen({ draw, place, ink, engine, xOf }, run, index, lanes) {
  const { selected } = engine;
  if (!selected || selected.run !== index) return;
  const lane = lanes[selected.lane] || lanes.events;
  if (!lane) return;
  const table = run.tables[selected.what];
  const at = run.t.values[selected.seq] ?? 0;
  const [start, end] = table && selected.index < table.count
    ? [table.start[selected.index], (table.end ?? table.start)[selected.index]] : [at, at];
  const x0 = xOf(start) - 3;
  const x1 = Math.max(xOf(end), xOf(start)) + 3;
  const [top, high] = rowOf(run, lane, selected, lanes[selected.lane] ? selected.lane : "events");
  draw.strokeStyle = ink.fg;
  draw.lineWidth = 2;
  draw.strokeRect(x0, top, x1 - x0, high);
  draw.lineWidth = 1;
}
