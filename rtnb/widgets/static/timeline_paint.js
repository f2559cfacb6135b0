// The picture of the timeline: one canvas, of which only what is in view is worked out. Joined behind timeline_view.mjs.

const FONT_PX = 12;
const LETTERS = new Map();
const LABEL_LEAST_PX = 30;

/** Everything, or the part of it that a still leaves out: nothing here reads the page. */
function paintTimeline(draw, place, engine, ink) {
  const { view, runs } = engine;
  draw.clearRect(0, 0, place.width, place.height);
  draw.textBaseline = "middle";
  draw.lineWidth = 1;
  const scale = place.inner / (view.end - view.start);
  const pen = { draw, place, view, ink, engine, scale, xOf: (at) => place.left + (at - view.start) * scale };
  captions(pen);
  draw.save();
  draw.beginPath();
  draw.rect(place.left, 0, place.inner + 8, place.height);
  draw.clip();
  axis(pen);
  for (const [index, run] of runs.entries()) {
    const { lanes } = place.places[index] ?? { lanes: {} };
    for (const [key, lane] of Object.entries(lanes)) {
      const number = LANES.findIndex((each) => each.key === key);
      if (key === "events") events(pen, run, lane);
      else if (key === "cost") costs(pen, run, lane);
      else if (key === "latency") brackets(pen, run, lane);
      else if (key === "you" || key === "assistant") waves(pen, run, lane, number);
      else bars(pen, run, lane, number);
      marks(pen, run, lane, number);
    }
    found(pen, run, index, lanes);
    chosen(pen, run, index, lanes);
    tall(pen, run, lanes, place.places[index]);
  }
  if (engine.playing && engine.playing.at !== null) {
    draw.fillStyle = ink.fg;
    draw.fillRect(pen.xOf(engine.playing.at) - 0.75, HEAD_PX - 4, 1.5, place.axis - HEAD_PX + 4);
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

function captions({ draw, place, ink, engine }) {
  for (const [index, { lanes, title }] of place.places.entries()) {
    const run = engine.runs[index];
    const tops = Object.values(lanes);
    if (title >= 0 && tops.length) {
      draw.font = `600 13px ${ink.font}`;
      draw.fillStyle = ink.fg;
      draw.fillText(shortened(run.head.label || `Run ${index + 1}`, place.width - 8, letterOf(draw, draw.font)), 2, tops[0].top - tops[0].caption - TITLE_PX / 2 + 2);
    }
    draw.font = `${FONT_PX}px ${ink.font}`;
    for (const { top, height, name, caption, rows } of tops) {
      draw.fillStyle = caption ? ink.muted : ink.fg;
      if (rows.length && !caption) families(draw, run, top, rows, ink);
      else draw.fillText(name, 2, caption ? top - caption / 2 : top + height / 2);
      draw.font = `${FONT_PX}px ${ink.font}`;
      draw.fillStyle = ink.line;
      draw.fillRect(place.left ? place.left : 0, top + height + 1.5, place.inner + 8, 1);
    }
  }
}

function families(draw, run, top, rows, ink) {
  draw.font = `11px ${ink.font}`;
  draw.fillStyle = ink.muted;
  for (const [row, family] of rows.entries()) draw.fillText(run.families[family].name, 2, top + 4 + (row + 0.5) * ROW_PX - 1);
}

function axis({ draw, place, view, ink, xOf }) {
  draw.font = `${FONT_PX}px ${ink.font}`;
  draw.textAlign = "center";
  for (const { at, text } of ticks(view, place.inner, 110)) {
    const x = xOf(at);
    draw.fillStyle = ink.line;
    draw.globalAlpha = 0.6;
    draw.fillRect(Math.round(x), HEAD_PX, 1, place.axis - HEAD_PX);
    draw.globalAlpha = 1;
    draw.fillStyle = ink.muted;
    draw.textAlign = x < place.left + 24 ? "left" : x > place.left + place.inner - 20 ? "right" : "center";
    draw.fillText(text, x, place.axis + AXIS_PX / 2 + 1);
  }
  draw.textAlign = "left";
}

/** What stands in one lane, and its texts where there is room until the next one. */
function bars(pen, run, lane, number) {
  const { draw, place, view, ink } = pen;
  const table = run.tables.bars;
  const name = LANES[number].key;
  const said = name === "transcripts";
  const rows = said ? [[], []] : [[]];
  for (const [row, drawn] of rows.entries()) merged(table, view, place.inner, (i) => table.lane[i] === number && (!said || (table.tone[i] === 1) === (row === 1)), (first, last, x0, x1) => {
    drawn.push({ i: first, many: last - first + 1, x0: place.left + x0, x1: place.left + Math.max(x0 + 2, x1) });
  });
  const tall = said ? lane.height / 2 : lane.height - 4;
  for (const [row, drawn] of rows.entries()) {
    const top = lane.top + (said ? row * tall : 2);
    for (const { i, x0, x1, many } of drawn) {
      const tone = ink[TONES[table.tone[i]]];
      draw.fillStyle = tone;
      if (said) {
        draw.globalAlpha = 0.55;
        draw.fillRect(x0, top + tall - 3, x1 - x0, 2);
      } else if (many > 1) {
        draw.globalAlpha = 0.5;
        draw.fillRect(x0, top, x1 - x0, tall);
      } else if (name === "detection") speech(pen, table, i, top, tall, x0, x1);
      else halves(pen, table, i, top, tall, x0, x1);
      draw.globalAlpha = 1;
    }
    texts(pen, table, drawn, top, tall, said);
  }
}

/** Prefix, speech and silence differ in strength. */
function speech({ draw, xOf }, table, i, top, tall, x0, x1) {
  const onset = Number.isNaN(table.mid[i]) ? x0 : Math.min(x1, Math.max(x0, xOf(table.mid[i])));
  const end = Number.isNaN(table.heard[i]) ? x1 : Math.min(x1, Math.max(onset, xOf(table.heard[i])));
  for (const [from, to, alpha] of [[x0, onset, 0.2], [onset, end, 0.38], [end, x1, 0.75]]) {
    draw.globalAlpha = alpha;
    draw.fillRect(from, top, to - from, tall);
  }
}

/** The first part waits for what the second one brings; what ended badly ends in the colour of errors. */
function halves({ draw, xOf, ink }, table, i, top, tall, x0, x1) {
  const mid = Number.isNaN(table.mid[i]) ? x0 : Math.min(x1, Math.max(x0, xOf(table.mid[i])));
  draw.globalAlpha = 0.15;
  draw.fillRect(x0, top, mid - x0, tall);
  draw.globalAlpha = 0.32;
  draw.fillRect(mid, top, x1 - mid, tall);
  draw.globalAlpha = 0.9;
  draw.fillRect(x0, top, 2, tall);
  if (Number.isNaN(table.heard[i])) return;
  draw.globalAlpha = 0.75;
  draw.fillStyle = ink.err;
  draw.fillRect(Math.max(x0, x1 - 8), top, Math.min(8, x1 - x0), tall);
}

function texts({ draw, place, ink }, table, drawn, top, tall, said) {
  const font = `${FONT_PX}px ${ink.font}`;
  const letter = letterOf(draw, font);
  draw.font = font;
  const edge = place.left + place.inner + 4;
  for (const [k, { i, x0, x1, many }] of drawn.entries()) {
    const until = Math.min(edge, k + 1 < drawn.length ? drawn[k + 1].x0 - 4 : edge);
    const from = Math.max(x0, place.left) + (said ? 1 : 6);
    if (until - from < LABEL_LEAST_PX) continue;
    const whole = many > 1 ? `${many} in ${Math.round(x1 - x0)} px` : table.text[i];
    if (many > 1) continue;
    const text = shortened(whole, until - from, letter);
    if (!text) continue;
    draw.fillStyle = said ? ink[TONES[table.tone[i]]] : ink.fg;
    draw.fillText(text, from, top + tall / 2 - (said ? 1 : 0));
  }
}

function waves(pen, run, lane, number) {
  const { draw, place, view, ink, xOf } = pen;
  const table = run.tables.waves;
  const width = Math.round(place.inner);
  const [first, behind] = table.touching(view);
  const up = LANES[number].key === "you";
  const base = up ? lane.top + lane.height : lane.top;
  draw.fillStyle = up ? ink.user : ink.asst;
  const cover = new Uint8Array(width);
  const loudest = run.loudest(number);
  for (let i = first; i < behind; i++) {
    if (table.lane[i] !== number) continue;
    const { x0, made } = peaksAt(run.peaks[i], table.start[i], table.end[i], view, width);
    const heard = Number.isNaN(table.heard[i]) ? Infinity : xOf(table.heard[i]) - place.left;
    for (const faded of [false, true]) {
      draw.globalAlpha = faded ? 0.25 : 1;
      draw.beginPath();
      let any = false;
      for (let k = 0; k < made.length; k++) {
        const x = x0 + k;
        if ((x >= heard) !== faded || made[k] <= cover[x]) continue;
        const high = Math.max(1, (made[k] / loudest) * (lane.height - 2));
        draw.rect(place.left + x, up ? base - high : base, 1, high);
        if (!faded) cover[x] = made[k];
        any = true;
      }
      if (any) draw.fill();
    }
  }
  draw.globalAlpha = 1;
}

function brackets(pen, run, lane) {
  const { draw, place, view, ink, engine, xOf } = pen;
  const table = run.tables.brackets;
  const rows = run.bracketRows(engine.shown.latencies);
  const font = `${FONT_PX - 1}px ${ink.font}`;
  const letter = letterOf(draw, font);
  draw.font = font;
  const [first, behind] = table.touching(view);
  const busy = new Array(ALL_ROWS).fill(-Infinity);
  const ahead = new Array(ALL_ROWS).fill(null);
  const queue = [];
  draw.fillStyle = ink.muted;
  draw.beginPath();
  for (let i = first; i < behind; i++) {
    const row = rows[i];
    if (row === NO_ROW) continue;
    const x0 = xOf(table.start[i]);
    const x1 = Math.max(x0 + 1.5, xOf(table.end[i]));
    if (x1 < busy[row] + 1) continue;
    busy[row] = x1;
    const y = lane.top + 4 + row * BRACKET_PX;
    draw.rect(x0, y + 5, x1 - x0, 1);
    draw.rect(x0, y, 1, 10);
    draw.rect(x1 - 1, y, 1, 10);
    const made = { i, x0, x1, y, until: place.left + place.inner + 4 };
    if (ahead[row]) ahead[row].until = x0 - 6;
    ahead[row] = made;
    queue.push(made);
  }
  draw.fill();
  for (const { i, x0, x1, y, until } of queue) {
    const text = bracketText(table.text[i]);
    const long = text.length * letter;
    const wide = x1 - x0;
    // Within its two ends where it fits there, behind them otherwise.
    const inside = long + 14 < wide;
    const from = inside ? Math.max(x0, place.left) + (Math.min(x1, until) - Math.max(x0, place.left) - long) / 2 : Math.max(x1, place.left) + 5;
    const room = (inside ? x1 : until) - from;
    if (room < LABEL_LEAST_PX) continue;
    const shown = shortened(text, room, letter);
    if (!shown) continue;
    if (inside) {
      draw.fillStyle = ink.bg;
      draw.fillRect(from - 4, y - 1, long + 8, 13);
    }
    const number = shown.indexOf(" ·") > 0 ? shown.slice(0, shown.indexOf(" ·")) : "";
    draw.fillStyle = ink.fg;
    draw.font = `600 ${FONT_PX - 1}px ${ink.font}`;
    draw.fillText(number, from, y + 6);
    const bold = number ? draw.measureText(number).width : 0;
    draw.font = font;
    draw.fillStyle = ink.muted;
    draw.fillText(shown.slice(number.length), from + bold, y + 6);
  }
}

function costs(pen, run, lane) {
  const { draw, place, view, ink, xOf } = pen;
  const table = run.tables.costs;
  const [first, behind] = table.touching({ start: view.start - 120 / pen.scale, end: view.end });
  let most = 0;
  for (let i = first; i < behind; i++) most = Math.max(most, table.usd[i] || 0);
  draw.font = `${FONT_PX}px ${ink.font}`;
  const letter = letterOf(draw, draw.font);
  let free = -Infinity;
  for (let i = first; i < behind; i++) {
    const x = xOf(table.start[i]);
    if (x < free) continue;
    const nextX = i + 1 < behind ? xOf(table.start[i + 1]) : place.left + place.inner + 4;
    const room = nextX - x - 4;
    const wide = Math.max(3, Math.min(48, room * 0.5) * (most ? (table.usd[i] || 0) / most : 0));
    let at = x;
    const sum = table.fresh[i] + table.cached[i] + table.out[i] || 1;
    for (const [part, tone] of [["fresh", ink.user], ["cached", ink.stored], ["out", ink.asst]]) {
      const long = (wide * table[part][i]) / sum;
      draw.fillStyle = tone;
      draw.fillRect(at, lane.top + 7, long, lane.height - 14);
      at += long;
    }
    const hit = table.hit[i] > 0 ? ` · ${Math.round(100 * table.hit[i])} % cached` : "";
    const [long, short] = [`${usd(table.usd[i])} · ${usd(table.total[i])} in all${hit}`, usd(table.usd[i])];
    const text = [long, short].find((each) => each.length * letter < x + room - at - 6);
    if (text) {
      draw.fillStyle = ink.muted;
      draw.fillText(text, at + 5, lane.top + lane.height / 2);
    }
    free = at + 1;
  }
}

/** Ticks of events, a row a family; deltas are a line with their number until they are asked for. */
function events(pen, run, lane) {
  const { draw, place, view, ink, engine, xOf } = pen;
  const width = Math.round(place.inner);
  draw.font = `10px ${ink.font}`;
  for (const [row, family] of lane.rows.entries()) {
    const y = lane.top + 4 + row * ROW_PX;
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
    if (count > 1 && until - x > 8 + 6 * text.length) draw.fillText(text, x + 4, y + ROW_PX / 2 - 1);
  }
  draw.fillStyle = tone;
}

function marks({ draw, place, view, ink, xOf }, run, lane, number) {
  const table = run.tables.marks;
  const [first, behind] = table.touching(view);
  const font = `${FONT_PX}px ${ink.font}`;
  const letter = letterOf(draw, font);
  draw.font = font;
  const drawn = [];
  let free = -Infinity;
  for (let i = first; i < behind; i++) {
    if (table.lane[i] !== number || table.tall[i]) continue;
    const x = xOf(table.start[i]);
    if (x < free) continue;
    free = x + 2;
    if (drawn.length) drawn[drawn.length - 1].until = x - 8;
    drawn.push({ i, x, until: place.left + place.inner + 4 });
  }
  const y = lane.top + lane.height / 2;
  for (const { i, x, until } of drawn) {
    draw.fillStyle = ink[TONES[table.tone[i]]];
    draw.beginPath();
    // Shapes differ as well as colours.
    if (TONES[table.tone[i]] === "err") draw.moveTo(x - 5, y + 5), draw.lineTo(x, y - 5), draw.lineTo(x + 5, y + 5);
    else if (LANES[number].key === "you") draw.rect(x - 0.75, lane.top, 1.5, lane.height);
    else draw.moveTo(x - 4, y), draw.lineTo(x, y - 5), draw.lineTo(x + 4, y), draw.lineTo(x, y + 5);
    draw.fill();
    const quiet = LANES[number].key === "you";
    const text = quiet ? "" : shortened(table.text[i], until - x - 8, letter);
    if (!text) continue;
    draw.fillText(text, x + 8, y);
  }
}

/** What concerns all lanes, such as a barge-in: a line through them, and its text above. */
function tall({ draw, place, view, ink, xOf }, run, lanes, { bottom }) {
  const table = run.tables.marks;
  const tops = Object.values(lanes);
  if (!tops.length) return;
  const [first, behind] = table.touching({ start: view.start - 300 / (place.inner / (view.end - view.start)), end: view.end });
  const font = `${FONT_PX}px ${ink.font}`;
  const letter = letterOf(draw, font);
  draw.font = font;
  const top = tops[0].top - tops[0].caption;
  let free = -Infinity;
  let drawnAt = -Infinity;
  for (let i = first; i < behind; i++) {
    if (!table.tall[i]) continue;
    const x = xOf(table.start[i]);
    if (x < drawnAt + 2) continue;
    drawnAt = x;
    draw.strokeStyle = draw.fillStyle = ink[TONES[table.tone[i]]];
    draw.setLineDash([4, 3]);
    draw.beginPath();
    draw.moveTo(x, top - 12);
    draw.lineTo(x, bottom);
    draw.stroke();
    draw.setLineDash([]);
    const text = shortened(table.text[i], place.left + place.inner - x - 6, letter);
    const fits = text && x + 6 > free;
    if (!fits) continue;
    draw.fillText(text, x + 5, top - 9);
    free = x + 16 + text.length * letter;
  }
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
  draw.strokeStyle = ink.fg;
  draw.lineWidth = 2;
  draw.strokeRect(x0, lane.top + 1, x1 - x0, lane.height - 1);
  draw.lineWidth = 1;
}
