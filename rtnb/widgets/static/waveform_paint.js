// The picture of a waveform: one canvas, of which only the columns in view are worked out. Joined behind waveform_engine.js.

const WIDE_PX = 620;
const FADED = 0.34;

/** Where everything is, for a width in pixels. */
function groundOf(engine, width) {
  const sheet = engine.sheet;
  const longest = Math.max(0, ...(sheet?.tracks || []).map((each) => each.name.length));
  const left = width < WIDE_PX ? 8 : Math.min(width > 780 ? 168 : 112, Math.max(108, 8 * longest + 14));
  const inner = Math.max(40, width - left - 10);
  const entries = engine.entries;
  const has = (name) => entries.some((each) => each[name]?.length);
  const lanes = [];
  let y = has("marks") || entries.some((each) => each.number) ? 20 : 6;
  const heads = y;
  const tracks = sheet ? sheet.tracks : [];
  const alone = tracks.length === 1;
  const paired = tracks.some((each) => each.side !== "both");
  tracks.forEach((track, index) => {
    const both = track.side === "both";
    const tall = both ? (alone ? 132 : 96) : 74;
    const axis = both ? y + tall / 2 : track.side === "above" ? y + tall : y;
    lanes.push({ index, track, top: y, tall, axis, up: both ? tall / 2 - 4 : track.side === "above" ? tall - 6 : 0, down: both ? tall / 2 - 4 : track.side === "below" ? tall - 6 : 0 });
    y += tall + (both && index + 1 < tracks.length ? 6 : 0);
  });
  const bottom = y;
  const brackets = has("latencies") ? y + 2 : 0;
  if (brackets) y += 34;
  const texts = {};
  for (const who of ["user", "assistant"]) {
    if (entries.some((each) => each.texts?.some((text) => text[0] === who))) {
      texts[who] = y;
      y += 20;
    }
  }
  const pictures = [];
  if (engine.spectrogram && !sheet?.empty) {
    for (const { index, track } of lanes) {
      pictures.push({ index, track, top: y + 4, tall: alone ? 120 : 84 });
      y += (alone ? 120 : 84) + 8;
    }
  }
  return { left, inner, width, heads, lanes, paired, bottom, brackets, texts, pictures, axis: y, height: y + 24, told: [] };
}

function paintWave(canvas, place, engine, ink, dark) {
  const draw = fitted(canvas, place.width, place.height);
  draw.clearRect(0, 0, place.width, place.height);
  draw.font = `12px ${ink.font}`;
  draw.textBaseline = "middle";
  const { view } = engine;
  const xOf = (at) => place.left + ((at - view.start) / Math.max(1e-9, view.end - view.start)) * place.inner;
  const scene = { draw, place, engine, ink, xOf, view, pixel: (view.end - view.start) / place.inner, dark };
  names(scene);
  draw.save();
  draw.beginPath();
  draw.rect(place.left, 0, place.inner, place.height);
  draw.clip();
  spans(scene);
  chosen(scene);
  for (const lane of place.lanes) soundOf(scene, lane);
  for (const each of place.pictures) pictureOf(scene, each);
  heads(scene);
  if (place.brackets) bracketsOf(scene);
  words(scene);
  edges(scene);
  const at = engine.at ?? engine.cursor;
  if (engine.playable && at >= view.start && at <= view.end) {
    draw.fillStyle = ink.fg;
    draw.globalAlpha = engine.at === null ? 0.55 : 1;
    draw.fillRect(xOf(at) - 0.75, 0, 1.5, place.axis);
    draw.globalAlpha = 1;
  }
  draw.restore();
  axisOf(scene);
  return scene;
}

const inkOf = (ink, who) => (who === "assistant" ? ink.asst : ink.user);

function names({ draw, place, engine, ink }) {
  if (place.left < 40) return;
  draw.textAlign = "left";
  for (const { track, index, top, tall, axis } of place.lanes) {
    const middle = track.side === "both" ? axis : top + tall / 2;
    draw.fillStyle = inkOf(ink, track.who);
    draw.font = `600 12px ${ink.font}`;
    draw.fillText(clipped(track.name, place.left - 10, (text) => draw.measureText(text).width), 0, middle - 8);
    draw.font = `11px ${ink.font}`;
    draw.fillStyle = ink.muted;
    const peak = engine.peaks[index];
    const level = engine.fit ? "fitted to view" : !track.seconds ? "no sound" : track.silent || !peak ? "silent" : `peak ${(20 * Math.log10(peak / 32768)).toFixed(1).replace("-", "−")} dBFS`;
    draw.fillText(level, 0, middle + 8);
  }
  draw.font = `12px ${ink.font}`;
  draw.fillStyle = ink.muted;
  if (place.brackets) draw.fillText("latency", 0, place.brackets + 8);
  if (place.texts.user) draw.fillText("You said", 0, place.texts.user + 10);
  if (place.texts.assistant) draw.fillText("It said", 0, place.texts.assistant + 10);
  for (const { track, top, tall } of place.pictures) {
    draw.fillText(clipped(place.pictures.length > 1 ? track.name : "spectrum", place.left - 14, (text) => draw.measureText(text).width), 0, top + tall / 2);
  }
}

/** What turn detection heard: prefix palest, speech, and the silence that ends it darkest. */
function spans({ draw, place, engine, ink, xOf, view }) {
  const top = place.heads;
  const shared = place.lanes.find(({ track }) => track.side === "above");
  const bottom = shared ? shared.axis : place.bottom;
  for (const entry of engine.entries) {
    for (const [start, onset, stop, end] of entry.speech || []) {
      const until = end ?? Math.max(start, engine.whole.end);
      if (until < view.start || start > view.end) continue;
      draw.fillStyle = ink.vad;
      for (const [from, to, alpha] of [[start, onset, 0.12], [onset, stop ?? until, 0.25], [stop ?? until, until, 0.5]]) {
        if (to <= from) continue;
        draw.globalAlpha = alpha;
        draw.fillRect(xOf(from), top, Math.max(0.5, xOf(to) - xOf(from)), bottom - top);
      }
      draw.globalAlpha = 1;
    }
  }
}

function soundOf(scene, lane) {
  const { draw, place, engine, ink, view } = scene;
  draw.fillStyle = ink.line;
  draw.fillRect(place.left, lane.axis - 0.5, place.inner, 1);
  if (engine.sheet.empty) return;
  const runs = engine.samples(lane.index);
  const found = runs === null ? columnsOf(engine.outlines(lane.index), view, Math.round(place.inner)) : null;
  const here = found === null ? loudest(runs, view) : peakOf(found);
  // A hundredth of full scale at least: what is all but silent is to look so, unless it is asked to be fitted.
  const full = engine.fit ? Math.max(here, 8) : Math.max(engine.peaks[lane.index], 330);
  draw.save();
  draw.beginPath();
  draw.rect(place.left, lane.track.side === "below" ? lane.axis : lane.top, place.inner, lane.tall);
  draw.clip();
  const faint = lane.track.faded.filter(([from, until]) => until > view.start && from < view.end);
  const paintAll = runs === null ? () => columnsIn(scene, lane, full, found) : () => samplesIn(scene, lane, runs, full);
  draw.fillStyle = draw.strokeStyle = inkOf(ink, lane.track.who);
  if (!faint.length) paintAll();
  else {
    const parts = (alpha, rects) => {
      draw.save();
      draw.beginPath();
      for (const [x, wide] of rects) draw.rect(x, lane.top - 2, wide, lane.tall + 4);
      draw.clip();
      draw.globalAlpha = alpha;
      paintAll();
      draw.restore();
    };
    const dim = faint.map(([from, until]) => [scene.xOf(from), scene.xOf(until) - scene.xOf(from)]);
    const clear = [];
    let x = place.left;
    for (const [from, wide] of [...dim].sort((one, other) => one[0] - other[0])) {
      if (from > x) clear.push([x, from - x]);
      x = Math.max(x, from + wide);
    }
    clear.push([x, place.left + place.inner - x]);
    parts(FADED, dim);
    parts(1, clear.filter(([, wide]) => wide > 0));
  }
  draw.restore();
}

/** Above the axis only what rises, below only what falls; a track of its own has both. */
function columnsIn({ draw, place }, lane, full, found) {
  const columns = found.length / 2;
  const [one, both] = [lane.track.side, lane.track.side === "both"];
  draw.beginPath();
  for (let x = 0; x < columns; x++) {
    const least = found[2 * x];
    const most = found[2 * x + 1];
    if (least > most) continue;
    const size = Math.max(Math.abs(least), Math.abs(most)) / full;
    let top = lane.axis - (most / full) * lane.up;
    let bottom = lane.axis - (least / full) * lane.down;
    if (!both) {
      top = one === "above" ? lane.axis - size * lane.up : lane.axis;
      bottom = one === "above" ? lane.axis : lane.axis + size * lane.down;
    }
    draw.rect(place.left + x, Math.min(top, lane.axis - 0.5), 1, Math.max(1, bottom - Math.min(top, lane.axis - 0.5)));
  }
  draw.fill();
}

/** Few samples: a line through them, and dots where they are far apart. Half a lane shows them around its middle. */
function samplesIn({ draw, xOf, pixel, view }, lane, runs, full) {
  const half = lane.track.side !== "both";
  const middle = half ? lane.top + lane.tall / 2 : lane.axis;
  const reach = half ? lane.tall / 2 - 5 : lane.up;
  const yOf = (value) => middle - (value / full) * reach;
  for (const { start, rate, samples } of runs) {
    const first = Math.max(0, Math.floor((view.start - start) * rate) - 1);
    const last = Math.min(samples.length, Math.ceil((view.end - start) * rate) + 2);
    if (last <= first) continue;
    draw.lineWidth = 1.4;
    draw.lineJoin = "round";
    draw.beginPath();
    for (let i = first; i < last; i++) draw.lineTo(xOf(start + i / rate), yOf(samples[i]));
    draw.stroke();
    if (!dotted(rate, pixel)) continue;
    draw.beginPath();
    for (let i = first; i < last; i++) {
      const x = xOf(start + i / rate);
      draw.moveTo(x + 2.6, yOf(samples[i]));
      draw.arc(x, yOf(samples[i]), 2.6, 0, 7);
    }
    draw.fill();
  }
}

/** Numbers of turns, and what happened when, as far as there is room. */
function heads({ draw, place, engine, ink, xOf, view }) {
  const marks = [];
  const shared = place.lanes.at(-1);
  const foot = shared ? shared.top + shared.tall : place.bottom;
  for (const entry of engine.entries) {
    for (const [at, label] of entry.marks || []) {
      if (at < view.start || at > view.end) continue;
      marks.push({ at, label });
    }
  }
  const crowded = marks.length > place.inner / 16;
  if (!crowded) {
    draw.strokeStyle = ink.mark;
    draw.setLineDash([3, 3]);
    for (const { at, label } of marks) {
      draw.strokeStyle = label.startsWith("interrupted") ? ink.err : ink.mark;
      draw.beginPath();
      draw.moveTo(xOf(at), place.heads - 2);
      draw.lineTo(xOf(at), foot);
      draw.stroke();
    }
    draw.setLineDash([]);
  }
  const texts = [];
  for (const entry of engine.entries) {
    if (entry.number && entry.number[0] >= view.start - 1 && entry.number[0] <= view.end) {
      texts.push({ at: entry.number[0], text: entry.number[1], weight: 1 });
    }
  }
  if (!crowded) marks.forEach(({ at, label }) => texts.push({ at, text: label, weight: 0 }));
  draw.textAlign = "left";
  const edge = place.left + place.inner - 1;
  const wide = texts.map((each) => ({ ...each, x: Math.max(place.left + 2, xOf(each.at) + 3) })).sort((one, other) => one.x - other.x);
  draw.font = `600 12px ${ink.font}`;
  // Numbers first: the words give way.
  const numbers = numbered(wide.filter((each) => each.weight), edge, (text) => draw.measureText(text).width);
  const taken = numbers.map((each) => ({ ...each, weight: 1 }));
  draw.font = `400 12px ${ink.font}`;
  for (const each of wide.filter((other) => !other.weight)) {
    each.width = draw.measureText(each.text).width;
    each.x = Math.min(each.x, edge - each.width);
    const free = taken.every((other) => each.x + each.width + 6 <= other.x || each.x >= other.x + other.width + 6);
    if (free) taken.push(each);
  }
  for (const { text, x, weight } of taken) {
    draw.font = `${weight ? 600 : 400} 12px ${ink.font}`;
    draw.fillStyle = weight ? ink.fg : text.startsWith("interrupted") ? ink.err : ink.muted;
    draw.fillText(text, x, 9);
  }
  draw.font = `12px ${ink.font}`;
}

/** Latencies: a bracket from one end to the other, with both ends named where there is room. */
function bracketsOf({ draw, place, engine, ink, xOf, view }) {
  const y = place.brackets + 7;
  const found = [];
  for (const entry of engine.entries) {
    for (const [start, end, from, to, text] of entry.latencies || []) {
      if (end >= view.start && start <= view.end) found.push({ from: xOf(start), until: xOf(end), text, ends: `${from} → ${to}` });
    }
  }
  draw.strokeStyle = draw.fillStyle = ink.fg;
  draw.lineWidth = 1.3;
  for (const { from, until } of found) {
    draw.beginPath();
    draw.moveTo(from, y - 5);
    draw.lineTo(from, y);
    draw.lineTo(Math.max(until, from + 1), y);
    draw.lineTo(Math.max(until, from + 1), y - 5);
    draw.stroke();
  }
  draw.textAlign = "left";
  let free = -Infinity;
  found.sort((one, other) => one.from - other.from).forEach(({ from, until, text, ends }, index) => {
    draw.font = `600 12px ${ink.font}`;
    const wide = draw.measureText(text).width;
    draw.font = `12px ${ink.font}`;
    const both = wide + 6 + draw.measureText(ends).width;
    const next = index + 1 < found.length ? found[index + 1].from - 8 : place.left + place.inner;
    const edge = place.left + place.inner;
    const x = Math.min(Math.max(place.left + 2, from, free), edge - wide);
    if (x < free || x > Math.max(until, from) + 60) return;
    draw.font = `600 12px ${ink.font}`;
    draw.fillStyle = ink.fg;
    draw.fillText(text, x, y + 14);
    draw.font = `12px ${ink.font}`;
    const full = x + both <= Math.max(next, x + wide) && x + both <= edge;
    if (full) {
      draw.fillStyle = ink.muted;
      draw.fillText(ends, x + wide + 6, y + 14);
    }
    free = x + (full ? both : wide) + 8;
  });
}

function words({ draw, place, engine, ink, xOf, view }) {
  draw.textAlign = "left";
  const measure = (text) => draw.measureText(text).width;
  for (const who of ["user", "assistant"]) {
    if (!place.texts[who]) continue;
    const y = place.texts[who] + 10;
    const all = engine.entries.flatMap((entry) => (entry.texts || []).filter((text) => text[0] === who));
    const near = all.filter(([, start, end]) => end >= view.start && start <= view.end).sort((one, other) => one[1] - other[1]);
    const found = near.map(([, start, , text]) => ({ x: Math.max(place.left + 1, xOf(start)), text, width: measure(text) }));
    const rooms = captions(found, place.left + place.inner);
    draw.fillStyle = inkOf(ink, who);
    found.forEach(({ text }, index) => {
      if (!rooms[index]) return;
      const told = clipped(text, rooms[index].room, measure);
      draw.fillText(told, rooms[index].x, y);
      place.told.push({ text, x: rooms[index].x, width: measure(told), y });
    });
  }
}

function chosen({ draw, place, engine, ink, xOf, view }) {
  const { selection } = engine;
  if (selection === null || selection.end < view.start || selection.start > view.end) return;
  const from = xOf(selection.start);
  const until = xOf(selection.end);
  draw.fillStyle = ink.fg;
  draw.globalAlpha = 0.11;
  draw.fillRect(from, 0, Math.max(1, until - from), place.axis);
  draw.globalAlpha = 1;
}

function edges({ draw, place, engine, ink, xOf, view }) {
  const { selection } = engine;
  if (selection === null) return;
  draw.fillStyle = ink.user;
  for (const at of [selection.start, selection.end]) {
    if (at >= view.start && at <= view.end) draw.fillRect(xOf(at) - 1, 0, 2, place.axis);
  }
}

/** One track's spectrogram: as the kernel made it, stretched to where it belongs. */
function pictureOf({ draw, place, engine, ink, xOf, dark }, { index, track, top, tall }) {
  draw.fillStyle = ink.soft;
  draw.fillRect(place.left, top, place.inner, tall);
  const found = engine.picture();
  if (!found) return;
  const key = `${index}-${dark}`;
  let made = found.made.get(key);
  if (made === undefined) {
    const scale = scaleOf(rgbOf(inkOf(ink, track.who)), dark);
    made = document.createElement("canvas");
    made.width = found.columns;
    made.height = found.rows;
    const image = new ImageData(found.columns, found.rows);
    const cells = found.cells[index];
    for (let row = 0; row < found.rows; row++) {
      // Row 0 of a picture is its top, the highest frequency.
      const source = (found.rows - 1 - row) * found.columns;
      for (let column = 0; column < found.columns; column++) {
        const level = 4 * cells[source + column];
        const at = 4 * (row * found.columns + column);
        for (let i = 0; i < 4; i++) image.data[at + i] = scale[level + i];
      }
    }
    made.getContext("2d").putImageData(image, 0, 0);
    found.made.set(key, made);
  }
  draw.imageSmoothingEnabled = true;
  draw.drawImage(made, xOf(found.start), top, xOf(found.end) - xOf(found.start), tall);
  draw.fillStyle = ink.muted;
  draw.font = `11px ${ink.font}`;
  draw.textAlign = "right";
  for (const share of [1, 0.5]) {
    const text = `${((found.top_hz * share) / 1000).toFixed(share === 1 && found.top_hz % 1000 ? 2 : 1).replace(/\.0$/, "")} kHz`;
    const y = top + (1 - share) * tall + 8;
    const wide = draw.measureText(text).width;
    draw.globalAlpha = 0.8;
    draw.fillStyle = ink.bg;
    draw.fillRect(place.left + place.inner - wide - 8, y - 7, wide + 8, 14);
    draw.globalAlpha = 1;
    draw.fillStyle = ink.muted;
    draw.fillText(text, place.left + place.inner - 4, y);
  }
  draw.font = `12px ${ink.font}`;
}

function axisOf({ draw, place, ink, xOf, view }) {
  draw.fillStyle = ink.line;
  draw.fillRect(place.left, place.axis, place.inner, 1);
  draw.fillStyle = ink.muted;
  draw.textAlign = "center";
  for (const { at, text } of marksOf(view, place.inner)) {
    const x = xOf(at);
    if (x < place.left - 1 || x > place.left + place.inner + 1) continue;
    draw.fillRect(x - 0.5, place.axis, 1, 4);
    const half = draw.measureText(text).width / 2;
    draw.fillText(text, Math.min(Math.max(x, place.left < 40 ? half : place.left), place.width - half), place.axis + 14);
  }
}
