// The meter's two pictures: tokens of each turn, and the cost so far. Plain SVG, so that themes recolour it by themselves.

/** The parser knows the name of the namespace; a module here names no address. */
const SVG_NAME = Object.assign(document.createElement("template"), { innerHTML: "<svg></svg>" }).content.firstChild.namespaceURI;
const METER_HIGH = 196;
const METER_LEFT = 54;
const METER_FOOT = 24;
const METER_TOP = 12;
const LEAST_PITCH = 7;
const WIDEST_BAR = 44;

function svg(kind, attributes = {}, ...children) {
  const made = document.createElementNS(SVG_NAME, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

const partClass = (name) => `rtnb-um-${name.replace(/[^a-z]/g, "-")}`;
let metersMade = 0;

/** What came from the cache: grey, with stripes in the colour of what it was. */
function cachePatterns(id) {
  return svg("defs", {}, ...["text", "audio", "image", "other"].map((what) => svg("pattern", {
    id: `${id}-${what}`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
  }, svg("rect", { width: 6, height: 6, class: "rtnb-um-stored" }), svg("rect", { width: 2, height: 6, class: `rtnb-um-${what}-in` }))));
}

function meterCharts(engine, { chosen }) {
  metersMade += 1;
  const id = `rtnb-um-${Math.random().toString(36).slice(2)}-${metersMade}`;
  const tokensTitle = make("div", "rtnb-um-title", {}, "Tokens of each turn");
  const costTitle = make("div", "rtnb-um-title", {}, "Cost so far");
  const stage = make("div", "rtnb-um-stage", {
    tabindex: "0", role: "application", "aria-roledescription": "bar chart",
    "aria-label": "Tokens of each turn. Left and right go through the turns, Home and End to the first and last, Escape leaves.",
  });
  const costStage = make("div", "rtnb-um-stage", { role: "img" });
  const key = make("ul", "rtnb-um-key", { "aria-label": "Colours" });
  const empty = make("div", "rtnb-muted rtnb-um-empty", {}, "Bars and the cost line appear with the first response.");
  const left = make("div", "rtnb-um-chart", {}, tokensTitle, stage);
  const right = make("div", "rtnb-um-chart", {}, costTitle, costStage);
  const pair = make("div", "rtnb-um-charts", {}, left, right);
  const panel = make("div", "", {}, empty, pair, key);

  let bars = [];
  let held = null;
  let hovered = null;
  let pitch = 1;
  let shownKey = "";

  const at = () => hovered ?? held;

  function partFill(part) {
    const name = engine.parts[part];
    return name.startsWith("cached ") ? { fill: `url(#${id}-${name.slice(7)})` } : { class: partClass(name) };
  }

  function rule(y, text, wide) {
    return [
      svg("line", { x1: METER_LEFT, x2: wide, y1: y, y2: y, class: "rtnb-um-rule" }),
      svg("text", { x: METER_LEFT - 7, y: y + 4, "text-anchor": "end", class: "rtnb-um-small" }, text),
    ];
  }

  function drawBars() {
    const wide = Math.max(160, Math.floor(stage.clientWidth));
    const room = wide - METER_LEFT - 4;
    bars = barsOf(engine.turns, Math.floor(room / LEAST_PITCH));
    if (held !== null && held >= bars.length) held = null;
    pitch = Math.min(room / Math.max(1, bars.length), WIDEST_BAR * 1.5);
    const thick = Math.max(2, Math.min(WIDEST_BAR, pitch * 0.72));
    const most = Math.max(1, ...bars.map((bar) => sum(bar.counts)));
    const foot = METER_HIGH - METER_FOOT;
    const y = (count) => foot - (count / most) * (foot - METER_TOP);
    const made = evenTicks(most, 3, 1).flatMap((count) => rule(y(count), shortTokens(count), wide));
    const every = labelEvery(pitch, 34);
    const together = bars.length ? bars[0].last + 1 : 1;
    put(tokensTitle, together > 1 ? `Tokens, ${together} turns a bar` : "Tokens of each turn");
    bars.forEach((bar, place) => {
      const middle = METER_LEFT + 4 + (place + 0.5) * pitch;
      const group = svg("g", { class: "rtnb-um-turn", "data-turn": place });
      if (at() === place) group.append(svg("rect", { x: middle - pitch / 2, y: 1, width: pitch, height: foot, class: "rtnb-um-chosen" }));
      for (const [part, from, to] of stackOf(bar.counts)) {
        const [top, low] = [y(to), y(from)];
        // A hair of the ground between parts, for those who see their colours alike.
        const high = Math.max(0.75, low - top - (low - top > 3 ? 1 : 0));
        group.append(svg("rect", { x: middle - thick / 2, y: low - high, width: thick, height: high, ...partFill(part) }));
      }
      if (bar.unsure || (bar.running && !sum(bar.counts))) {
        group.append(svg("text", { x: middle, y: y(sum(bar.counts)) - 3, "text-anchor": "middle", class: bar.unsure ? "rtnb-um-unsure" : "rtnb-um-small" }, bar.unsure ? "?" : "…"));
      }
      const first = engine.turns[bar.first];
      const word = first.turn < 0 ? "beside" : String(first.turn + 1);
      if (place % every === 0 && (first.turn >= 0 || pitch >= 40)) group.append(svg("text", { x: middle, y: METER_HIGH - 7, "text-anchor": "middle", class: "rtnb-um-small" }, word));
      made.push(group);
    });
    stage.replaceChildren(svg("svg", { width: wide, height: METER_HIGH, viewBox: `0 0 ${wide} ${METER_HIGH}`, "aria-hidden": "true" }, cachePatterns(id), ...made));
  }

  function drawCost() {
    const wide = Math.max(160, Math.floor(costStage.clientWidth));
    const { points } = engine;
    const end = Math.max(1, ...points.map(([time]) => time)) * 1.02;
    const most = points.length ? points[points.length - 1][1] : 0;
    const foot = METER_HIGH - METER_FOOT;
    put(costTitle, `Cost so far, by time (${end >= 3600 ? "h:mm:ss" : "m:ss"})`);
    const x = (time) => METER_LEFT + 4 + (Math.max(0, time) / end) * (wide - METER_LEFT - 14);
    const y = (usd) => foot - (most > 0 ? usd / most : 0) * (foot - METER_TOP);
    const made = evenTicks(most, 3).flatMap((usd) => rule(y(usd), shortDollars(usd), wide));
    for (const time of timeTicks(end, Math.max(2, Math.floor(wide / 80)))) {
      made.push(svg("text", { x: x(time), y: METER_HIGH - 7, "text-anchor": "middle", class: "rtnb-um-small" }, clock(time)));
    }
    made.push(svg("path", { d: stepPath(points, x, y), class: "rtnb-um-line" }));
    const spot = at() === null ? null : engine.turns[bars[at()]?.last];
    const dot = spot && points.filter(([, , turn]) => turn === spot.turn).pop();
    if (dot) made.push(svg("circle", { cx: x(dot[0]), cy: y(dot[1]), r: 5, class: "rtnb-um-dot" }));
    else if (points.length) made.push(svg("circle", { cx: x(points[points.length - 1][0]), cy: y(most), r: 3, class: "rtnb-um-end" }));
    costStage.setAttribute("aria-label", `Cost so far: ${engine.head.total || "nothing"} after ${clock(end / 1.02)} min.`);
    costStage.replaceChildren(svg("svg", { width: wide, height: METER_HIGH, viewBox: `0 0 ${wide} ${METER_HIGH}`, "aria-hidden": "true" }, ...made));
  }

  function drawKey() {
    const parts = partsIn(engine.head.counts);
    if (parts.join() === shownKey) return;
    shownKey = parts.join();
    key.replaceChildren(...parts.map((part) => make("li", "", {},
      svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, svg("rect", { width: 14, height: 14, rx: 2, ...partFill(part) })), engine.parts[part])));
  }

  function draw() {
    const some = engine.turns.length > 0;
    empty.hidden = some;
    pair.hidden = key.hidden = !some;
    if (!some) return chosen("");
    drawKey();
    drawBars();
    drawCost();
    const bar = bars[at() ?? bars.length - 1];
    chosen(bar ? barText(bar, engine.turns, engine.parts) : "");
  }

  const placed = (event) => {
    const place = Math.floor((event.clientX - stage.getBoundingClientRect().left - METER_LEFT - 4) / pitch);
    return place >= 0 && place < bars.length ? place : null;
  };
  stage.addEventListener("pointermove", (event) => {
    const place = placed(event);
    if (place !== hovered) { hovered = place; draw(); }
  });
  stage.addEventListener("pointerleave", () => { if (hovered !== null) { hovered = null; draw(); } });
  stage.addEventListener("click", (event) => { held = placed(event); draw(); });
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const after = barAfter(event.key, held, bars.length);
    if (after === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    hovered = null;
    held = after;
    draw();
  });
  return { panel, draw };
}
