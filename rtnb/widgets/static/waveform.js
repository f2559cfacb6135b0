// The page of a waveform: what is where, and what fingers and keys do. Joined behind waveform_paint.js.

/** By the mark of the view's picture: its beginning and each view of it have a proxy of the model of their own. */
const waveEngines = new Map();

function initialize({ model }) {
  const name = model.get("settings").still;
  const engine = new WaveEngine(model);
  waveEngines.set(name, engine);
  return () => {
    engine.dispose();
    if (waveEngines.get(name) === engine) waveEngines.delete(name);
  };
}

function render({ model, el }) {
  const name = model.get("settings").still;
  if (!waveEngines.has(name)) waveEngines.set(name, new WaveEngine(model));
  const engine = waveEngines.get(name);
  const title = engine.wire.settings.title || "";
  const root = make("div", "rtnb-live rtnb-waveform", { role: "group", "aria-label": title || "Waveform" });

  const play = button("▶ Play", () => engine.toggle(), { "data-verb": "play" }, "rtnb-first");
  const part = button("▶ Selection", () => engine.playSelection(), { "data-verb": "selection" });
  const nearer = button("+", () => engine.zoom(0.5), { "aria-label": "Zoom in", title: "Zoom in (+, or wheel with Ctrl)" });
  const farther = button("−", () => engine.zoom(2), { "aria-label": "Zoom out", title: "Zoom out (−)" });
  const whole = button("Whole", () => engine.show({ ...engine.whole }), { title: "Show everything (0)" });
  const close = button("To selection", () => {
    const { start, end } = engine.selection;
    engine.show(kept(start - 0.05 * (end - start), end + 0.05 * (end - start), engine.whole, engine.leastS));
  });
  const picture = button("Spectrogram", () => engine.setSpectrogram(!engine.spectrogram), {
    "aria-pressed": "false", title: "25 ms Hann windows, −90 to −10 dBFS (S)",
  }, "rtnb-chip");
  const fit = button("Fit height", () => engine.setFit(!engine.fit), {
    "aria-pressed": "false", title: "As high as the loudest in view (F)",
  }, "rtnb-chip");
  const chips = make("span", "rtnb-row rtnb-waveform-tracks", { role: "group", "aria-label": "Tracks that are played" });
  const clock = make("span", "rtnb-waveform-clock", { "aria-hidden": "true" });
  const verbs = make("div", "rtnb-row", {}, play, part, nearer, farther, whole, close, make("span", "rtnb-grow"), chips, fit, picture);

  const stage = make("div", "rtnb-waveform-stage", {
    tabindex: "0", role: "application",
    "aria-label": "Waveform. Arrows left and right scroll, up and down zoom, Space plays, comma and full stop move the playhead, square brackets mark a selection at the playhead, Enter plays it, Escape clears it, S shows the spectrogram, F fits the height.",
  });
  const canvas = make("canvas", "", { "aria-hidden": "true" });
  const nothing = make("div", "rtnb-waveform-nothing rtnb-muted");
  stage.append(canvas, nothing);
  const bar = make("div", "rtnb-waveform-bar", { "aria-hidden": "true" }, make("div", "rtnb-waveform-thumb"));
  const thumb = bar.firstChild;

  const told = make("span", "rtnb-waveform-told");
  const code = make("code", "rtnb-waveform-code");
  const copy = button("Copy as code", () => copyCode(engine), { title: "Python that gives this selection as a Clip" });
  const clear = button("Clear", () => engine.select(null), { "aria-label": "Clear the selection" });
  const chosenRow = make("div", "rtnb-row rtnb-waveform-chosen", {}, told, copy, clear, code);
  const says = make("span", "rtnb-says", { role: "status", "aria-live": "polite" });
  const beneath = make("div", "rtnb-row rtnb-waveform-foot", {}, says, make("span", "rtnb-grow"), clock);
  if (title) root.append(make("div", "rtnb-waveform-title", {}, title));
  root.append(verbs, stage, bar, chosenRow, beneath);
  el.append(root);

  let place = null;
  let pending = false;
  let listed = "";

  function drawChips() {
    const tracks = engine.sheet?.tracks || [];
    const names_ = JSON.stringify(tracks.map((each) => each.name));
    if (names_ !== listed) {
      listed = names_;
      chips.replaceChildren(...(tracks.length < 2 ? [] : tracks.map((each, index) => button(each.name, () => engine.mute(index), { "data-track": index, title: "Heard or not when it plays" }, `rtnb-chip rtnb-waveform-${each.who}`))));
    }
    for (const each of chips.children) each.setAttribute("aria-pressed", String(!engine.muted.has(Number(each.dataset.track))));
  }

  function draw() {
    const closed = Boolean(engine.closed);
    root.toggleAttribute("data-gone", engine.wire.gone);
    hideStill(engine.wire.settings.still, engine.views.size > 0 && !engine.wire.gone);
    put(says, engine.closed || engine.note.text || (engine.sheet === null ? "Loading…" : engine.sheet.live ? "Live: it grows while the session is open." : ""));
    says.dataset.kind = engine.note.kind;
    const some = engine.playable;
    for (const each of [nearer, farther, whole, fit, picture]) each.disabled = !some;
    play.disabled = !some || closed;
    part.hidden = close.hidden = chosenRow.hidden = engine.selection === null;
    part.disabled = copy.disabled = closed;
    put(play, engine.player.playing ? "■ Stop" : "▶ Play");
    picture.setAttribute("aria-pressed", String(engine.spectrogram));
    fit.setAttribute("aria-pressed", String(engine.fit));
    drawChips();
    // Not laid out at present; what watches its size will say when it is.
    if (stage.clientWidth === 0 || engine.sheet === null) return;
    const { sheet, view } = engine;
    nothing.hidden = !sheet.empty;
    put(nothing, sheet.empty ? sheet.note : "");
    place = groundOf(engine, Math.max(200, stage.clientWidth));
    engine.width = Math.round(place.inner);
    stage.style.height = `${place.height}px`;
    paintWave(canvas, place, engine, inksOf(root), darkIs(root));
    const all = Math.max(1e-9, engine.whole.end - engine.whole.start);
    const share = Math.min(1, (view.end - view.start) / all);
    bar.hidden = share > 0.999 || !some;
    thumb.style.left = `${(100 * (view.start - engine.whole.start)) / all}%`;
    thumb.style.width = `${100 * share}%`;
    bar.style.marginLeft = `${place.left}px`;
    nearer.disabled ||= view.end - view.start <= engine.leastS * 1.0001;
    farther.disabled ||= share > 0.999;
    whole.disabled ||= share > 0.999;
    if (engine.selection !== null) {
      const { start, end } = engine.selection;
      const fine = Math.max(1e-5, Math.min(0.01, (end - start) / 100));
      const step = 10 ** Math.floor(Math.log10(fine) + 1e-9);
      const tell = (at) => (engine.whole.end < SHORT_S ? momentText(at, engine.whole.end, step) : timeText(at, step));
      put(told, `Selected ${tell(start)} to ${tell(end)}, ${lengthText(end - start)}`);
    }
    put(code, engine.code);
    const pixel = (view.end - view.start) / place.inner;
    const rate = Math.max(...sheet.tracks.map((each) => each.rate_hz));
    const grain = pixel * rate >= 1 ? `1 pixel = ${lengthText(pixel)}` : `${(1 / (pixel * rate)).toFixed(pixel * rate < 0.1 ? 0 : 1)} pixels a sample`;
    const at = engine.at ?? engine.cursor;
    put(clock, some ? `${momentText(at, engine.whole.end)} of ${momentText(engine.whole.end, engine.whole.end)} · ${grain}` : "");
    engine.need();
  }

  const schedule = () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      draw();
    });
  };

  const letGo = waveHands(engine, { root, stage, bar, ground: () => place });
  const resized = new ResizeObserver(schedule);
  resized.observe(stage);
  const themed = watchTheme(schedule);
  engine.views.add(schedule);
  engine.shown();
  draw();
  schedule();
  return () => {
    engine.views.delete(schedule);
    letGo();
    themed();
    resized.disconnect();
    hideStill(engine.wire.settings.still, engine.views.size > 0 && !engine.wire.gone);
    if (engine.views.size === 0) {
      engine.player.stop();
      engine.bye();
    }
  };
}

/** Whether the ground is dark, whatever the theme is called. */
function darkIs(element) {
  const found = /(\d+)[, ]+(\d+)[, ]+(\d+)/.exec(getComputedStyle(element).backgroundColor);
  return found ? Number(found[1]) + Number(found[2]) + Number(found[3]) < 384 : false;
}

function copyCode(engine) {
  const fail = () => engine.say("problem", "The browser does not let this page copy: the line is beside the button.");
  if (!navigator.clipboard) return fail();
  navigator.clipboard.writeText(engine.code).then(() => engine.say("done", "Copied."), fail);
}

/** What fingers and keys do. */
function waveHands(engine, { root, stage, bar, ground }) {
  const secondsAt = (x) => {
    const place = ground();
    return engine.view.start + ((x - place.left) / place.inner) * (engine.view.end - engine.view.start);
  };
  const perPixel = () => (engine.view.end - engine.view.start) / ground().inner;
  const ready = () => ground() !== null && engine.playable;
  const local = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  stage.addEventListener("wheel", (event) => {
    if (!ready()) return;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      engine.zoom(Math.exp(event.deltaY * 0.003), secondsAt(local(event).x));
    } else if (sideways || event.shiftKey) {
      event.preventDefault();
      engine.scroll((sideways ? event.deltaX : event.deltaY) * perPixel());
    }
  }, { passive: false });

  const fingers = new Map();
  let drag = null;
  const NEAR = 6;

  /** What is under a finger: an edge of the selection, the axis, or the sound. */
  function grab({ x, y }) {
    const { selection } = engine;
    const place = ground();
    const xOf = (at) => place.left + ((at - engine.view.start) / (engine.view.end - engine.view.start)) * place.inner;
    if (y >= place.axis) return { kind: "scroll", view: engine.view, x };
    if (selection !== null && Math.abs(x - xOf(selection.start)) <= NEAR) return { kind: "select", fixed: selection.end, x, wide: true };
    if (selection !== null && Math.abs(x - xOf(selection.end)) <= NEAR) return { kind: "select", fixed: selection.start, x, wide: true };
    return { kind: "select", fixed: secondsAt(x), x, wide: false };
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !ready()) return;
    fingers.set(event.pointerId, local(event));
    if (fingers.size === 2) {
      const [one, other] = [...fingers.values()];
      drag = { kind: "pinch", view: engine.view, apart: Math.max(20, Math.abs(one.x - other.x)), at: secondsAt((one.x + other.x) / 2) };
      return;
    }
    drag = event.shiftKey && engine.selection !== null
      ? { kind: "select", fixed: secondsAt(local(event).x) > engine.selection.start ? engine.selection.start : engine.selection.end, x: -99, wide: true }
      : grab(local(event));
    stage.setPointerCapture(event.pointerId);
    stage.focus({ preventScroll: true });
    event.preventDefault();
  });

  stage.addEventListener("pointermove", (event) => {
    if (!ready()) return;
    const now = local(event);
    if (!fingers.has(event.pointerId) || drag === null) {
      const under = grab(now);
      stage.style.cursor = under.kind === "scroll" ? "grab" : under.wide ? "ew-resize" : "text";
      // All of a transcript that had too little room.
      const said = ground().told.find((each) => Math.abs(now.y - each.y) < 10 && now.x >= each.x && now.x <= each.x + each.width);
      if (stage.title !== (said?.text || "")) stage.title = said?.text || "";
      return;
    }
    fingers.set(event.pointerId, now);
    if (drag.kind === "pinch") {
      const [one, other] = [...fingers.values()];
      engine.show(zoomedAt(drag.view, drag.apart / Math.max(20, Math.abs(one.x - other.x)), drag.at, engine.whole, engine.leastS));
    } else if (drag.kind === "scroll") {
      const by = (drag.x - now.x) * perPixel();
      engine.show(kept(drag.view.start + by, drag.view.end + by, engine.whole, engine.view.end - engine.view.start));
    } else if (drag.wide || Math.abs(now.x - drag.x) > 3) {
      drag.wide = true;
      engine.select(selected(drag.fixed, secondsAt(now.x), engine.whole), false);
    }
  });

  function release(event) {
    if (!fingers.delete(event.pointerId)) return;
    const done = drag;
    drag = null;
    if (done === null || done.kind !== "select") return;
    if (done.wide) {
      engine.select(engine.selection);
      if (engine.selection !== null && !engine.player.playing) engine.cursor = engine.selection.start;
      engine.draw();
    } else if (event.type === "pointerup") {
      // A press moves the playhead, and the sound with it.
      engine.cursor = Math.min(engine.whole.end, Math.max(engine.whole.start, done.fixed));
      if (engine.player.playing) engine.play(engine.cursor, engine.whole.end);
      else engine.draw();
    }
  }
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);

  const verbs = {
    left: () => engine.scroll(-0.1 * (engine.view.end - engine.view.start)),
    right: () => engine.scroll(0.1 * (engine.view.end - engine.view.start)),
    back: () => engine.scroll(-0.9 * (engine.view.end - engine.view.start)),
    on: () => engine.scroll(0.9 * (engine.view.end - engine.view.start)),
    nearer: () => engine.zoom(0.5),
    farther: () => engine.zoom(2),
    home: () => { engine.cursor = engine.whole.start; engine.scroll(-1e9); },
    end: () => engine.scroll(1e9),
    whole: () => engine.show({ ...engine.whole }),
    play: () => engine.toggle(),
    playSelection: () => engine.playSelection(),
    spectrogram: () => engine.setSpectrogram(!engine.spectrogram),
    fit: () => engine.setFit(!engine.fit),
    none: () => engine.select(null),
    all: () => engine.select({ ...engine.whole }),
    from: () => mark("start"),
    until: () => mark("end"),
    earlier: () => step(-0.01),
    later: () => step(0.01),
    grow: () => widen(0.01),
    shrink: () => widen(-0.01),
  };

  /** One end of the selection goes to the playhead. */
  function mark(which) {
    const at = engine.at ?? engine.cursor;
    const { selection, whole } = engine;
    const other = which === "start" ? (selection && selection.end > at ? selection.end : whole.end) : (selection && selection.start < at ? selection.start : whole.start);
    engine.select(selected(at, other, whole));
  }

  /** The playhead goes on by a share of the view, which follows it. */
  function step(share) {
    const { view, whole } = engine;
    const from = engine.cursor >= view.start && engine.cursor <= view.end ? engine.cursor : view.start;
    engine.cursor = Math.min(whole.end, Math.max(whole.start, from + share * (view.end - view.start)));
    engine.turnPage(engine.cursor);
    engine.draw();
  }

  function widen(share) {
    const { selection, view, whole } = engine;
    const from = selection?.start ?? engine.cursor;
    const until = (selection?.end ?? engine.cursor) + share * (view.end - view.start);
    engine.select(until > from ? selected(from, until, whole) : null);
  }

  stage.addEventListener("keydown", (event) => {
    const verb = keyed(event);
    if (verb === null || !ready()) return;
    verbs[verb]();
    event.preventDefault();
    event.stopPropagation();
  });

  const scrollTo = (event) => {
    const box = bar.getBoundingClientRect();
    const wide = engine.view.end - engine.view.start;
    const at = engine.whole.start + ((event.clientX - box.left) / box.width) * (engine.whole.end - engine.whole.start);
    engine.show(kept(at - wide / 2, at + wide / 2, engine.whole, wide));
  };
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    scrollTo(event);
  });
  bar.addEventListener("pointermove", (event) => { if (bar.hasPointerCapture(event.pointerId)) scrollTo(event); });

  // JupyterLab takes keys of what lies in its cells: plain letters are commands of a notebook, and some delete cells.
  const mine = (event) => keyed(event) !== null || (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) || event.key === "Delete" || event.key === "Backspace";
  return ownKeys(root, mine);
}

export default { initialize, render };
