// The picture of the VAD lab: one canvas, of which only the columns in view are worked out. Joined behind vad_view.mjs.

const LANES = { turns: 20, wave: 96, events: 16, labels: 24, probability: 92, mistakes: 22, server: 0, axis: 22 };
const CAPTIONS = { turns: "turns", wave: "waveform", events: "events", labels: "labels", probability: "probability", mistakes: "mistakes", server: "server" };
const NAMES = {
  false_start: "false start", missed: "missed", clipped: "clipped onset", cut_off: "cut-off", merged: "merged", late: "late",
};
const WIDE = 560;
const DENSE = 8;
const TURN_PX = 22;
const LABEL_PX = 6;

/** Where everything is, for a width in pixels. */
function layout(width, { labelled, served }) {
  const left = width >= WIDE ? 82 : 4;
  const right = 42;
  const heights = { ...LANES, mistakes: labelled ? LANES.mistakes : 0, server: served ? 34 : 0 };
  const tops = {};
  let y = 0;
  for (const [name, height] of Object.entries(heights)) {
    tops[name] = y;
    y += height;
  }
  return { left, right, width, inner: Math.max(40, width - left - right), height: y, tops, heights };
}

function inks(element) {
  const style = getComputedStyle(element);
  const ink = (name) => style.getPropertyValue(name).trim();
  return {
    user: ink("--user"), vad: ink("--vad"), mark: ink("--mark"), err: ink("--err"), fg: ink("--fg"), muted: ink("--muted"),
    line: ink("--line"), bg: ink("--bg"), asst: ink("--asst"), font: style.fontFamily,
  };
}

function paint(canvas, place, engine, ink, threshold) {
  const ratio = window.devicePixelRatio || 1;
  const [pixelsWide, pixelsHigh] = [Math.round(place.width * ratio), Math.round(place.height * ratio)];
  if (canvas.width !== pixelsWide || canvas.height !== pixelsHigh) {
    canvas.width = pixelsWide;
    canvas.height = pixelsHigh;
    canvas.style.width = `${place.width}px`;
    canvas.style.height = `${place.height}px`;
  }
  const draw = canvas.getContext("2d");
  draw.setTransform(ratio, 0, 0, ratio, 0, 0);
  draw.clearRect(0, 0, place.width, place.height);
  const { view } = engine;
  const xOf = (at) => place.left + ((at - view.start) / (view.end - view.start)) * place.inner;
  draw.font = `12px ${ink.font}`;
  draw.textBaseline = "middle";
  lanes(draw, place, ink, dense(engine, place) ? { probability: "share above" } : {});
  draw.save();
  draw.beginPath();
  draw.rect(place.left, 0, place.inner, place.height);
  draw.clip();
  shading(draw, place, engine, ink, xOf);
  wave(draw, place, engine, ink);
  events(draw, place, engine, ink, xOf);
  probability(draw, place, engine, ink, threshold);
  if (place.heights.mistakes) mistakes(draw, place, engine, ink, xOf);
  if (place.heights.server) server(draw, place, engine, ink, xOf);
  if (place.crowded) {
    const shares = covering(engine.labels, view, Math.round(place.inner));
    draw.fillStyle = ink.user;
    shares.forEach((share, x) => {
      const tall = Math.min(1, share) * (place.heights.labels - 6);
      draw.fillRect(place.left + x, place.tops.labels + place.heights.labels - 3 - tall, 1, tall);
    });
  }
  if (engine.labels.length === 0 && engine.held === null) {
    draw.fillStyle = ink.muted;
    draw.textAlign = "center";
    draw.fillText("drag here to draw a label", place.left + place.inner / 2, place.tops.labels + place.heights.labels / 2);
  }
  if (engine.at !== null) {
    draw.fillStyle = ink.fg;
    draw.fillRect(xOf(engine.at) - 0.75, 0, 1.5, place.tops.axis);
  }
  draw.restore();
  axis(draw, place, engine, ink, xOf);
}

/** Whether a pixel holds so many frames that a line through them would fill the lane. */
function dense(engine, place) {
  return Boolean(engine.hopS) && (engine.view.end - engine.view.start) / place.inner > DENSE * engine.hopS;
}

function lanes(draw, place, ink, others) {
  draw.textAlign = "left";
  for (const [name, caption] of Object.entries(CAPTIONS)) {
    if (!place.heights[name]) continue;
    draw.fillStyle = ink.muted;
    if (place.left > 40) draw.fillText(others[name] || caption, 0, place.tops[name] + place.heights[name] / 2);
    if (name === "turns" || name === "events") continue;
    draw.fillStyle = ink.line;
    draw.fillRect(place.left, place.tops[name] + place.heights[name] - 0.5, place.inner, 1);
  }
}

/** Turns in view: prefix palest, speech, and the silence that ends it darkest. */
function shading(draw, place, engine, ink, xOf) {
  const { turns, count, view } = engine;
  const [first, last] = touching(count, (i) => turns[7 * i + 2], (i) => turns[7 * i + 3], view);
  const { tops, heights } = place;
  const bottom = tops.events;
  const numbers = [];
  for (let i = first; i < last; i++) {
    const [onset, end, from, until] = turns.subarray(7 * i, 7 * i + 4);
    draw.fillStyle = ink.vad;
    for (const [start, stop, alpha] of [[from, onset, 0.11], [onset, end, 0.24], [end, until, 0.5]]) {
      if (stop <= start) continue;
      draw.globalAlpha = alpha;
      draw.fillRect(xOf(start), tops.wave, Math.max(0.5, xOf(stop) - xOf(start)), bottom - tops.wave);
    }
    draw.globalAlpha = 1;
    const text = String(i + 1);
    numbers.push({ i, text, x: Math.max(place.left, xOf(onset)), width: draw.measureText(text).width });
  }
  draw.textAlign = "left";
  // The last turn may begin at the very edge.
  for (const each of numbers) each.x = Math.min(each.x, place.left + place.inner - each.width);
  const shown = spaced(numbers, place.left + place.inner);
  numbers.forEach(({ i, text, x }, place_) => {
    if (!shown[place_]) return;
    draw.fillStyle = engine.chosen === i ? ink.user : ink.fg;
    draw.fillText(text, x, tops.turns + heights.turns / 2);
  });
  engine.numbers = numbers.filter((_, index) => shown[index]);
}

function wave(draw, place, engine, ink) {
  if (!engine.levels) return;
  const columns = Math.round(place.inner);
  const shown = outline(engine.levels, engine.columnS, engine.view, columns);
  const middle = place.tops.wave + place.heights.wave / 2;
  const scale = (place.heights.wave / 2 - 3) / 127;
  draw.fillStyle = ink.user;
  draw.beginPath();
  for (let x = 0; x < columns; x++) {
    const top = middle - shown[2 * x + 1] * scale;
    draw.rect(place.left + x, top, 1, Math.max(1, middle - shown[2 * x] * scale - top));
  }
  draw.fill();
}

/** speech_started and speech_stopped, where enough had been heard to know them. */
function events(draw, place, engine, ink, xOf) {
  const { turns, count, view } = engine;
  const wide = { start: view.start - 5, end: view.end + 5 };
  const [first, last] = touching(count, (i) => turns[7 * i], (i) => turns[7 * i + 5], wide);
  const y = place.tops.events + place.heights.events / 2;
  if (last - first > place.inner / TURN_PX) {
    draw.fillStyle = ink.muted;
    draw.textAlign = "left";
    draw.fillText(place.inner > 300 ? "too many to tell apart: zoom in" : "zoom in", place.left + 2, y);
    return;
  }
  for (let i = first; i < last; i++) {
    const started = xOf(turns[7 * i + 4]);
    const stopped = xOf(turns[7 * i + 5]);
    draw.fillStyle = ink.mark;
    draw.beginPath();
    draw.moveTo(started, y - 5);
    draw.lineTo(started + 7, y);
    draw.lineTo(started, y + 5);
    draw.fill();
    if (turns[7 * i + 6]) draw.fillRect(stopped - 4, y - 4, 8, 8);
    else {
      draw.strokeStyle = ink.mark;
      draw.lineWidth = 1.5;
      draw.strokeRect(stopped - 4, y - 4, 8, 8);
    }
  }
}

function probability(draw, place, engine, ink, threshold) {
  const top = place.tops.probability + 6;
  const tall = place.heights.probability - 12;
  const yOf = (p) => top + (1 - p) * tall;
  if (engine.p && dense(engine, place)) {
    const columns = Math.round(place.inner);
    const shares = passing(engine.p, engine.hopS, engine.view, columns, threshold);
    draw.fillStyle = ink.mark;
    draw.globalAlpha = 0.75;
    draw.beginPath();
    for (let x = 0; x < columns; x++) {
      if (shares[x] > 0) draw.rect(place.left + x, yOf(shares[x]), 1, shares[x] * tall);
    }
    draw.fill();
    draw.globalAlpha = 1;
  } else if (engine.p) {
    const columns = Math.round(place.inner);
    const shown = track(engine.p, engine.hopS, engine.view, columns);
    draw.strokeStyle = ink.mark;
    draw.lineWidth = 1.6;
    draw.lineJoin = "round";
    draw.beginPath();
    let begun = false;
    for (let x = 0; x < columns; x++) {
      const least = shown[2 * x];
      if (Number.isNaN(least)) continue;
      const most = shown[2 * x + 1];
      const at = place.left + x + 0.5;
      if (begun) draw.lineTo(at, yOf(most));
      else draw.moveTo(at, yOf(most));
      if (least !== most) draw.lineTo(at, yOf(least));
      begun = true;
    }
    draw.stroke();
  }
  // The line is where the finger is; the exit follows at the distance that the kernel last said.
  const asked = engine.knobs.threshold;
  const exit = Math.max(0, engine.exit + (threshold - asked) - (engine.knobsNow.hysteresis - engine.knobs.hysteresis));
  const line = (p, dash, alpha, width) => {
    draw.strokeStyle = ink.err;
    draw.globalAlpha = alpha;
    draw.lineWidth = width;
    draw.setLineDash(dash);
    draw.beginPath();
    draw.moveTo(place.left, yOf(p));
    draw.lineTo(place.left + place.inner, yOf(p));
    draw.stroke();
    draw.setLineDash([]);
    draw.globalAlpha = 1;
  };
  line(exit, [2, 4], 0.75, 1);
  line(threshold, [7, 4], 1, 1.8);
  draw.restore();
  draw.save();
  draw.fillStyle = ink.err;
  draw.textAlign = "left";
  const edge = place.left + place.inner;
  draw.beginPath();
  draw.arc(edge, yOf(threshold), 5.5, 0, 7);
  draw.fill();
  draw.font = `600 12px ${ink.font}`;
  draw.fillText(threshold.toFixed(2), edge + 9, yOf(threshold));
  draw.font = `12px ${ink.font}`;
  if (yOf(exit) - yOf(threshold) >= 13) {
    draw.fillStyle = ink.muted;
    draw.fillText(exit.toFixed(2), edge + 9, yOf(exit));
  }
  draw.beginPath();
  draw.rect(place.left, 0, place.inner, place.height);
  draw.clip();
  return yOf;
}

function mistakes(draw, place, engine, ink, xOf) {
  const y = place.tops.mistakes + place.heights.mistakes / 2;
  const near = engine.mistakes.filter((each) => each.end_s >= engine.view.start && each.start_s <= engine.view.end);
  const texts = near.map((each) => {
    const text = `▲ ${NAMES[each.kind]}`;
    return { text, x: Math.max(place.left + 1, xOf(each.start_s)), width: draw.measureText(text).width };
  });
  const shown = spaced(texts, place.left + place.inner);
  draw.fillStyle = ink.err;
  draw.textAlign = "left";
  texts.forEach(({ text, x }, index) => { if (shown[index]) draw.fillText(text, x, y); });
  for (const each of near) {
    const from = xOf(each.start_s);
    draw.fillRect(from, place.tops.mistakes, Math.max(2, xOf(each.end_s) - from), 2);
  }
}

/** What a server said of the same sound, with its distance from the prediction. */
function server(draw, place, engine, ink, xOf) {
  const top = place.tops.server;
  const texts = [];
  for (const { heard, start_ms: start, end_ms: end } of engine.trial.pairs) {
    if (!heard) continue;
    const from = xOf(heard[0]);
    const until = xOf(heard[1] ?? engine.trial.end_s ?? engine.durationS);
    draw.globalAlpha = engine.outdated ? 0.18 : 0.5;
    draw.fillStyle = ink.asst;
    draw.fillRect(from, top + 3, Math.max(2, until - from), 11);
    draw.globalAlpha = 1;
    const words = [start, end].filter((each) => each !== null).map((each) => signed(each, "ms").replace("\u00a0ms", "")).join(" / ");
    const text = words ? `${words} ms` : "not predicted";
    texts.push({ text, x: Math.max(place.left, from), width: draw.measureText(text).width });
  }
  const shown = spaced(texts, place.left + place.inner);
  draw.textAlign = "left";
  draw.fillStyle = ink.fg;
  texts.forEach(({ text, x }, index) => { if (shown[index]) draw.fillText(text, x, top + 24); });
}

function axis(draw, place, engine, ink, xOf) {
  const y = place.tops.axis + place.heights.axis / 2 + 2;
  draw.fillStyle = ink.muted;
  draw.textAlign = "center";
  for (const { at, text } of ticks(engine.view, place.inner)) {
    const x = xOf(at);
    draw.fillRect(x - 0.5, place.tops.axis, 1, 4);
    const half = draw.measureText(text).width / 2;
    draw.fillText(text, Math.min(Math.max(x, place.left + (place.left < 40 ? half : 0)), place.width - half), y);
  }
}
