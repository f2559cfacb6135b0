// The timeline in a cell. Joined behind live.js and its parts.

function timelineView(engine, el) {
  const root = make("div", "rtnb-live rtnb-timeline", { role: "group", "aria-label": "Timeline" });

  // Above the picture
  const chips = make("div", "rtnb-row rtnb-tl-chips", { role: "group", "aria-label": "Kinds of events" });
  const deltas = button("", () => { engine.shown.deltas = !engine.shown.deltas; engine.draw(); }, { title: "Show every delta, or a line with their number" }, "rtnb-chip");
  const latencies = button("all latencies", () => { engine.shown.latencies = !engine.shown.latencies; engine.draw(); }, { title: "Every latency that can be measured, or the main ones" }, "rtnb-chip");
  const search = make("input", "rtnb-tl-search", { type: "search", placeholder: "Search events", "aria-label": "Search events", spellcheck: "false" });
  const back = button("‹", () => engine.goFound(-1), { "aria-label": "Previous find", title: "Previous find (Shift+Enter)" });
  const on = button("›", () => engine.goFound(1), { "aria-label": "Next find", title: "Next find (Enter)" });
  const finds = make("span", "rtnb-muted rtnb-tl-finds", { role: "status" });
  const files = make("div", "rtnb-row rtnb-tl-files", { role: "group", "aria-label": "Export" });
  const menu = button("Export", () => { files.hidden = !files.hidden; menu.setAttribute("aria-expanded", String(!files.hidden)); }, { "aria-expanded": "false" });
  files.hidden = true;
  for (const [what, text, told] of [
    ["png", "PNG", "A picture of all of it"], ["view", "PNG of this view", "What the canvas shows"], ["html", "HTML", "A page without scripts"],
    ["jsonl", "JSONL", "One event a line, audio left out; of two runs, each line has the number of its run"],
    ["perfetto", "Perfetto trace", "For ui.perfetto.dev and chrome://tracing; two runs are two processes"],
  ]) files.append(button(text, () => (what === "view" ? picture() : engine.ask(what)), { title: told, "data-file": what }));
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => engine.find(search.value), 120);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (search.value.trim() !== engine.wanted) engine.find(search.value);
      engine.goFound(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      search.value = "";
      engine.find("");
      stage.focus({ preventScroll: true });
    }
  });
  const searching = make("div", "rtnb-row rtnb-tl-searching", {}, finds, search, back, on, menu);

  // The picture
  const stage = make("div", "rtnb-tl-stage", {
    tabindex: "0", role: "application", "aria-roledescription": "timeline",
    "aria-label": "Lanes over time. Left and right scroll, up and down zoom, n and p go through events, Space plays, slash searches, 0 shows all.",
  });
  const canvas = make("canvas", "", { "aria-hidden": "true" });
  const tip = make("div", "rtnb-tl-tip", { "aria-hidden": "true" }, make("b"), make("span"));
  tip.hidden = true;
  stage.append(canvas, tip);
  const thumb = make("div", "rtnb-tl-thumb");
  const bar = make("div", "rtnb-tl-bar", { "aria-hidden": "true" }, thumb);

  // Beside it
  const farther = button("−", () => engine.zoom(ZOOM), { "aria-label": "Zoom out", title: "Zoom out (Ctrl and wheel, or ↓)" });
  const nearer = button("+", () => engine.zoom(1 / ZOOM), { "aria-label": "Zoom in", title: "Zoom in (Ctrl and wheel, or ↑)" });
  const whole = button("All", () => engine.whole(), { "aria-label": "Show all of it", title: "Show all of it (0)" });
  const left = button("◂", () => engine.look(slid(engine.view, -0.5 * (engine.view.end - engine.view.start), engine.all)), { "aria-label": "Earlier" });
  const right = button("▸", () => engine.look(slid(engine.view, 0.5 * (engine.view.end - engine.view.start), engine.all)), { "aria-label": "Later" });
  const align = make("select", "", { "aria-label": "How the two runs are aligned" });
  align.addEventListener("change", () => engine.wire.send({ type: "align", align: align.selectedOptions[0]?.dataset.turn === undefined ? align.value : Number(align.value) }));
  const reading = make("span", "rtnb-muted rtnb-tl-reading");
  const moving = make("div", "rtnb-row rtnb-tl-moving", { role: "group", "aria-label": "Zoom and scroll" }, left, right, farther, nearer, whole, align);
  const tools = make("div", "rtnb-row rtnb-tl-tools", {}, moving, make("span", "rtnb-grow"), searching);
  const says = make("div", "rtnb-says", { role: "status", "aria-live": "polite" });
  const below = make("div", "rtnb-row rtnb-tl-below", {}, says, make("span", "rtnb-grow"), reading);
  const detail = detailPanel(engine);
  const legend = legendOf();
  const comparison = comparisonOf();
  root.append(chips, tools, files, stage, bar, legend.line, comparison.panel, below, detail.panel);
  el.append(root);

  let place = layout(900, [], engine.shown, engine.view);
  let pending = false;
  let explained = -1;
  let ink = null;
  const known = new Map();

  function hovered(under) {
    if (!under || !engine.runs.length) {
      tip.hidden = true;
      put(reading, "");
      return;
    }
    const run = engine.runs[under.found?.run ?? 0];
    put(reading, clockTexts(run, under.at).join(" · "));
    const told = under.found?.what ? hint(engine, under.found, true) : null;
    tip.hidden = !told;
    stage.dataset.over = told ? "thing" : "";
    if (!told) return;
    put(tip.children[0], told[0]);
    put(tip.children[1], told[1]);
    const wide = Math.min(360, place.width - 12);
    tip.style.maxWidth = `${wide}px`;
    tip.style.left = `${Math.max(4, Math.min(under.x + 12, place.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.min(under.y + 16, place.height - tip.offsetHeight)}px`;
  }

  function drawChips() {
    const made = chipsOf(engine.runs);
    for (const { name, count, deltas: within_, tone } of made) {
      let chip = known.get(name);
      if (!chip) {
        chip = button("", () => engine.toggle(name), { "data-family": name }, "rtnb-chip");
        chip.append(make("i"), make("span"));
        known.set(name, chip);
        chips.append(chip);
      }
      chip.hidden = count + within_ === 0;
      chip.style.setProperty("--tone", `var(--${tone})`);
      put(chip.lastChild, count ? `${name} ${count.toLocaleString("en-GB")}` : name);
      chip.setAttribute("aria-pressed", String(!engine.shown.hidden.has(name)));
    }
    if (chips.lastChild !== latencies) chips.append(deltas, latencies);
    latencies.hidden = !engine.runs.some((run) => run.tables.brackets.count);
    latencies.setAttribute("aria-pressed", String(engine.shown.latencies));
    const count = deltasOf(engine.runs);
    deltas.hidden = count === 0;
    put(deltas, `deltas ×${count.toLocaleString("en-GB")}`);
    deltas.setAttribute("aria-pressed", String(engine.shown.deltas));
  }

  function drawAlign() {
    const { both } = engine;
    align.hidden = engine.runs.length < 2 || !both;
    if (align.hidden) return;
    const options = both.ways.map((way) => [String(way), wayText(way, both), typeof way === "number"]);
    const key = JSON.stringify(options);
    if (align.dataset.drawn !== key) {
      align.dataset.drawn = key;
      align.replaceChildren(...options.map(([value, text, turn]) => make("option", "", turn ? { value, "data-turn": "" } : { value }, text)));
    }
    // What was refused is not shown as chosen.
    if (document.activeElement !== align) align.value = String(both.align);
  }

  function words() {
    if (engine.wire.closed) return engine.wire.closed;
    if (engine.note.text) return engine.note.text;
    if (!engine.runs.length) return "The kernel packs the events …";
    const count = engine.runs.reduce((sum, run) => sum + run.count, 0);
    if (!count) return "No events yet.";
    const told = `${counted(count, "event")} in ${lasting(engine.all.end - engine.all.start)}${engine.live ? ", live" : ""}.`;
    if (engine.runs.length < 2 || !engine.both) return told;
    return `${told} ${engine.both.lacks || `Two runs, ${wayText(engine.both.align, engine.both)}.`}`;
  }

  function draw() {
    hideStill(engine.wire.settings.still, engine.views.size > 0 && !engine.wire.gone);
    root.toggleAttribute("data-gone", engine.wire.gone);
    if (stage.clientWidth === 0) return;
    place = layout(Math.max(240, stage.clientWidth), engine.runs, engine.shown, engine.view);
    ink ??= inksOf(root);
    paintTimeline(fitted(canvas, place.width, place.height), place, engine, ink);
    const { all: bounds } = engine;
    const share = Math.min(1, (engine.view.end - engine.view.start) / (bounds.end - bounds.start));
    thumb.style.left = `${(100 * (engine.view.start - bounds.start)) / (bounds.end - bounds.start)}%`;
    thumb.style.width = `${100 * share}%`;
    bar.style.visibility = share > 0.999 ? "hidden" : "visible";
    farther.disabled = whole.disabled = left.disabled = right.disabled = share > 0.999;
    drawAlign();
    if (explained !== engine.version) {
      explained = engine.version;
      legend.draw(engine.runs);
    }
    comparison.draw(engine.both, engine.runs);
    for (const each of files.children) each.disabled = Boolean(engine.wire.closed) && each.dataset.file !== "view";
    drawChips();
    const { all, place: at } = engine.finding;
    put(finds, engine.wanted ? (all ? `${at || "–"} of ${all.toLocaleString("en-GB")}` : "nothing") : "");
    back.disabled = on.disabled = all === 0;
    put(says, words());
    says.dataset.kind = engine.note.kind;
    detail.draw();
  }

  /** What the canvas shows, on the ground of the page, with twice its points. */
  function picture() {
    const copy = document.createElement("canvas");
    copy.width = 2 * place.width;
    copy.height = 2 * place.height;
    const pen = copy.getContext("2d");
    pen.scale(2, 2);
    paintTimeline(pen, place, engine, ink);
    pen.globalCompositeOperation = "destination-over";
    pen.fillStyle = ink.bg;
    pen.fillRect(0, 0, place.width, place.height);
    copy.toBlob((blob) => { if (blob) offer(blob, "timeline.png"); });
  }

  const schedule = () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => { pending = false; draw(); });
  };
  const letGo = timelineHands(engine, { stage, canvas, bar, ground: () => place, search, hovered });
  const resized = new ResizeObserver(schedule);
  resized.observe(stage);
  const keysBack = ownKeys(root, (event) => isOurKey(event) || (event.target === stage && Boolean(keyMeans(event))));
  const themed = watchTheme(() => { ink = null; schedule(); });
  engine.views.add(schedule);
  schedule();
  return () => {
    engine.views.delete(schedule);
    clearTimeout(typing);
    letGo();
    keysBack();
    resized.disconnect();
    themed();
    hideStill(engine.wire.settings.still, engine.views.size > 0 && !engine.wire.gone);
    if (engine.views.size === 0) engine.stop();
  };
}

/** By the mark of the view's picture: each view of a model, and its beginning, has a proxy of the model of its own. */
const timelines = new Map();

function initialize({ model }) {
  const name = model.get("settings").still;
  const engine = new TimelineEngine(model);
  timelines.set(name, engine);
  return () => {
    engine.dispose();
    if (timelines.get(name) === engine) timelines.delete(name);
  };
}

function render({ model, el }) {
  const name = model.get("settings").still;
  if (!timelines.has(name)) timelines.set(name, new TimelineEngine(model));
  return timelineView(timelines.get(name), el);
}

export default { initialize, render };
