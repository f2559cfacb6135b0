// What lies in the lanes of the timeline's picture: bars, sound, latencies, cost, marks. Joined behind timeline_paint.js.

/** What stands in one lane, in rows where it is at the same time, and its texts where there is room. */
function bars(pen, run, lane, number) {
  const { draw, place, view, ink } = pen;
  const table = run.tables.bars;
  const name = LANES[number].key;
  const said = name === "transcripts";
  const count = said ? 2 : run.barRows(number);
  const pitch = said ? lane.height / 2 : count > 1 ? BAR_PX : lane.height - 2;
  for (let row = 0; row < count; row++) {
    const drawn = [];
    merged(table, view, place.inner, (i) => table.lane[i] === number && (count === 1 || table.row[i] === row), (first, last, x0, x1) => {
      drawn.push({ i: first, last, x0: place.left + x0, x1: place.left + Math.max(x0 + 2, x1) });
    });
    const top = lane.top + row * pitch + (said ? 0 : 2);
    const high = said ? pitch : pitch - 2;
    for (const { i, last, x0, x1 } of drawn) {
      draw.fillStyle = ink[TONES[table.tone[i]]];
      if (said) {
        draw.globalAlpha = 0.55;
        draw.fillRect(x0, top + high - 3, x1 - x0, 2);
      } else if (last > i) {
        draw.globalAlpha = 0.5;
        draw.fillRect(x0, top, x1 - x0, high);
        ending(pen, worst(table, number, i, last), top, high, x0, x1);
      } else if (name === "detection") speech(pen, table, i, top, high, x0, x1);
      else {
        halves(pen, table, i, top, high, x0, x1);
        ending(pen, table.ends[i], top, high, x0, x1);
      }
      draw.globalAlpha = 1;
    }
    if (said) sayings(pen, table, drawn, top + high / 2 - 1);
    else texts(pen, table, drawn, top + high / 2);
  }
}

function worst(table, number, first, last) {
  let most = 0;
  for (let i = first; i <= last; i++) if (table.lane[i] === number) most = Math.max(most, table.ends[i]);
  return most;
}

/** How it ended, told by shapes as well as colours: a block, half a block, or one with a cross. */
function ending({ draw, ink }, ends, top, high, x0, x1) {
  if (!ends) return;
  const wide = Math.max(4, Math.min(10, (x1 - x0) / 3));
  const how = ENDS[ends];
  draw.globalAlpha = 1;
  draw.fillStyle = how === "failed" ? ink.err : ink.mark;
  draw.fillRect(x1 - wide, how === "incomplete" ? top + high / 2 : top, wide, how === "incomplete" ? high / 2 : high);
  if (how !== "failed" || wide < 7) return;
  draw.strokeStyle = ink.bg;
  draw.lineWidth = 1.5;
  draw.beginPath();
  const [x, y] = [x1 - wide / 2, top + high / 2];
  draw.moveTo(x - 3, y - 3), draw.lineTo(x + 3, y + 3), draw.moveTo(x + 3, y - 3), draw.lineTo(x - 3, y + 3);
  draw.stroke();
  draw.lineWidth = 1;
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

/** The first part waits for what the second one brings. */
function halves({ draw, xOf }, table, i, top, tall, x0, x1) {
  const mid = Number.isNaN(table.mid[i]) ? x0 : Math.min(x1, Math.max(x0, xOf(table.mid[i])));
  draw.globalAlpha = 0.15;
  draw.fillRect(x0, top, mid - x0, tall);
  draw.globalAlpha = 0.32;
  draw.fillRect(mid, top, x1 - mid, tall);
  draw.globalAlpha = 0.9;
  draw.fillRect(x0, top, 2, tall);
}

/** Within its bar where that is long enough, behind it where that is free; shorter words where the long ones fit nowhere. */
function texts(pen, table, drawn, y) {
  const { draw, place, ink } = pen;
  const widthOf = widths(draw, `${FONT_PX}px ${ink.font}`);
  const edge = place.left + place.inner + 6;
  let free = place.left;
  let reach = -Infinity;
  for (const [k, { i, last, x0, x1 }] of drawn.entries()) {
    if (last > i) {
      reach = Math.max(reach, x1);
      continue;
    }
    const until = Math.min(edge, k + 1 < drawn.length ? drawn[k + 1].x0 - 5 : edge);
    const inside = Math.max(x0, place.left) + 6;
    const cap = table.ends[i] ? Math.max(4, Math.min(10, (x1 - x0) / 3)) : 0;
    const behind = Math.max(x1, place.left) + 5;
    // Bars of one row may overlap: words stand on their own bar or on none.
    const next = k + 1 < drawn.length ? drawn[k + 1].x0 - 3 : edge;
    const under = reach > behind - 3;
    reach = Math.max(reach, x1);
    if (x1 - inside < 8 && until - behind < 8) continue;
    for (const text of table.text[i].split("\n")) {
      const wide = widthOf(text);
      const at = inside + wide <= Math.min(x1 - cap - 3, edge, next) ? inside : !under && behind + wide <= until ? behind : -1;
      if (at < 0 || at < free) continue;
      written(pen, text, at, y, wide, { fill: ink.fg });
      free = at + wide + 6;
      break;
    }
  }
}

/** Sentences go on behind what is said as far as there is room. */
function sayings(pen, table, drawn, y) {
  const { draw, place, ink } = pen;
  const widthOf = widths(draw, `${FONT_PX}px ${ink.font}`);
  const edge = place.left + place.inner + 6;
  for (const [k, { i, last, x0 }] of drawn.entries()) {
    if (last > i) continue;
    const from = Math.max(x0, place.left) + 1;
    const until = Math.min(edge, k + 1 < drawn.length ? drawn[k + 1].x0 - 6 : edge);
    const text = wordsFor(table.text[i], until - from, widthOf);
    if (text) written(pen, text, from, y, widthOf(text), { fill: ink[TONES[table.tone[i]]] });
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
  const { draw, place, view, ink, xOf } = pen;
  const table = run.tables.brackets;
  const rows = lane.stack;
  const plain = `${FONT_PX - 1}px ${ink.font}`;
  const strong = `600 ${plain}`;
  const [first, behind] = table.touching(view);
  const busy = new Array(ALL_ROWS).fill(-Infinity);
  const ahead = new Array(ALL_ROWS).fill(null);
  const queue = [];
  const edge = place.left + place.inner + 6;
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
    const made = { i, row, x0, x1, y, until: edge };
    if (ahead[row]) ahead[row].until = x0 - 6;
    ahead[row] = made;
    queue.push(made);
  }
  draw.fill();
  const [bold, light] = [widths(draw, strong), widths(draw, plain)];
  const free = new Array(ALL_ROWS).fill(place.left);
  for (const { i, row, x0, x1, y, until } of queue) {
    if (until - x1 < 40 && x1 - x0 < 40 && x0 - free[row] < 40) continue;
    const text = bracketText(table.text[i]);
    const cut = text.search(/ (?!(?:s|ms|×|reckoned)(?: |$))/);
    const [number, rest] = cut > 0 ? [text.slice(0, cut), text.slice(cut)] : [text, ""];
    draw.font = strong;
    const head = bold(number);
    draw.font = plain;
    const long = head + light(rest);
    // Within its two ends where it fits there, else behind them, else before them.
    const [from, to] = [Math.max(x0, place.left), Math.min(x1, edge)];
    const inside = long + 16 < to - from;
    let x = inside ? from + (to - from - long) / 2 : Math.max(x1, place.left) + 5;
    if (!inside && x + long > until) x = x0 - 5 - long;
    if (x < free[row]) {
      free[row] = Math.max(free[row], x1 + 6);
      continue;
    }
    free[row] = Math.max(x + long, x1) + 6;
    draw.font = strong;
    written(pen, number, x, y + 6, long, { fill: ink.fg, ground: true });
    draw.font = plain;
    draw.fillStyle = ink.muted;
    draw.fillText(rest, x + head, y + 6);
  }
}

function costs(pen, run, lane) {
  const { draw, place, view, ink, xOf } = pen;
  const table = run.tables.costs;
  const [first, behind] = table.touching({ start: view.start - 120 / pen.scale, end: view.end });
  let most = 0;
  for (let i = first; i < behind; i++) most = Math.max(most, table.usd[i] || 0);
  const widthOf = widths(draw, `${FONT_PX}px ${ink.font}`);
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
    const text = [`${usd(table.usd[i])} · ${usd(table.total[i])} in all${hit}`, usd(table.usd[i])].find((each) => widthOf(each) < x + room - at - 6);
    if (text) written(pen, text, at + 5, lane.top + lane.height / 2, widthOf(text), { fill: ink.muted });
    free = at + 1;
  }
}

function marks(pen, run, lane, number) {
  const { draw, place, view, ink, xOf } = pen;
  const table = run.tables.marks;
  const [first, behind] = table.touching(view);
  const font = `${FONT_PX}px ${ink.font}`;
  const widthOf = widths(draw, font);
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
    if (LANES[number].key === "you") continue;
    const text = wordsFor(table.text[i], until - x - 8, widthOf);
    if (text) written(pen, text, x + 8, y, widthOf(text), { fill: draw.fillStyle });
  }
}
