// The page of the VAD lab: what is where, and what fingers and keys do. Joined behind the other vad_*.js.

const REST_MS = 120;

function render({ model, el }) {
  const engine = engines.get(model) || new Engine(model);
  engines.set(model, engine);
  const root = make("div", "rtnb-vad", { role: "group", "aria-label": "VAD lab" });

  // Sliders
  const knobs = make("div", "rtnb-vad-knobs");
  const sliders = Object.entries(engine.settings.ranges).map(([name, range]) => knob(engine, name, range));
  knobs.append(...sliders.map((each) => each.box));

  // Verbs
  const play = button("▶ Play", () => (engine.player.playing ? engine.player.stop() : engine.play(engine.cursor >= engine.durationS - 0.05 ? 0 : engine.cursor, engine.durationS)), { "data-verb": "play" });
  const zoom = (factor) => {
    const { start, end } = engine.view;
    const at = engine.at ?? (engine.cursor >= start && engine.cursor <= end ? engine.cursor : (start + end) / 2);
    engine.show(zoomed(engine.view, factor, at, engine.durationS, engine.leastS));
  };
  const nearer = button("+", () => zoom(0.5), { "aria-label": "Zoom in", title: "Zoom in (wheel with Ctrl, or +)" });
  const farther = button("−", () => zoom(2), { "aria-label": "Zoom out", title: "Zoom out (−)" });
  const whole = button("Whole clip", () => engine.show({ start: 0, end: engine.durationS }));
  const undo = button("Undo", () => engine.edit("undo"), { "aria-label": "Undo the last change of labels" });
  const add = button("Add label", () => {
    const start = Math.min(engine.at ?? engine.cursor, Math.max(0, engine.durationS - 0.1));
    engine.edit("add", start, Math.min(engine.durationS, start + Math.max(0.1, (engine.view.end - engine.view.start) / 20)));
    engine.focusSelected = true;
  }, { title: "At the playhead; or draw one in the lane of labels" });
  const remove = button("Delete label", () => engine.edit("remove", engine.selected));
  const pin = button("Pin this setting", () => engine.send({ type: "pin" }));
  const apply = button("Apply to session", () => engine.ask({ type: "apply" }), { "data-verb": "apply" }, "rtnb-vad-first");
  const trial = button("Run on server", () => engine.send({ type: "trial" }), { "data-verb": "trial" });
  const sweep = button("Sweep", () => engine.send({ type: "sweep" }), { "data-verb": "sweep" });
  const cancel = button("Cancel", () => engine.send({ type: "cancel" }), { "data-verb": "cancel" });
  const progress = make("progress", "", { max: "1", "aria-label": "How much is done" });
  const verbs = make("div", "rtnb-vad-row", {}, play, nearer, farther, whole, make("span", "rtnb-vad-grow"), progress, cancel, sweep, trial, apply);
  const says = make("div", "rtnb-vad-says", { role: "status", "aria-live": "polite" });

  // The picture
  const stage = make("div", "rtnb-vad-stage", {
    tabindex: "0", role: "application",
    "aria-label": "Waveform, turns and probability. Arrows scroll, plus and minus zoom, Space plays, L goes to the labels.",
  });
  const canvas = make("canvas", "", { "aria-hidden": "true" });
  const lane = make("div", "rtnb-vad-labels", { role: "group", "aria-label": "Labels" });
  const handle = make("div", "rtnb-vad-handle", { "aria-hidden": "true", title: "Drag the threshold" });
  stage.append(canvas, lane, handle);
  const bar = make("div", "rtnb-vad-bar", { "aria-hidden": "true" }, make("div", "rtnb-vad-thumb"));
  const thumb = bar.firstChild;

  const key = make("div", "rtnb-vad-row");
  for (const [alpha, text] of [[0.18, "prefix padding"], [0.34, "speech"], [0.7, "silence"]]) {
    const swatch = make("i");
    swatch.style.opacity = alpha;
    key.append(make("span", "rtnb-vad-key", {}, swatch, text));
  }
  key.append(
    make("span", "rtnb-vad-key", { title: "Where speech_started would be known" }, make("b", "", {}, "▶"), "start known"),
    make("span", "rtnb-vad-key", { title: "Where speech_stopped would be known; hollow where only silence after the clip ends the turn" }, make("b", "", {}, "■"), "stop known"),
    make("span", "rtnb-vad-grow"), add, remove, undo,
  );

  // Figures and lists
  const score = make("div", "rtnb-vad-wide");
  const scoreNote = make("div", "rtnb-vad-row");
  const gap = knob(engine, "turn_gap_s", { label: "turn gap", unit: "s", least: 0, most: 3, step: 0.05, digits: 2 });
  gap.box.title = "Labelled speech with shorter pauses than this is one turn. It decides every score.";
  const wrongs = make("div");
  const found = make("div");
  const server = make("div", "rtnb-vad-wide");
  const turns = make("details");
  const turnsTitle = make("summary");
  const turnsTable = make("div", "rtnb-vad-wide");
  turnsTable.style.maxHeight = "220px";
  turns.append(turnsTitle, turnsTable);
  turns.addEventListener("toggle", () => { listedTurns = null; engine.draw(); });
  const copies = make("details", "", { "data-part": "copy" }, make("summary", "", {}, "Copy this setting"));
  const python = copyable("Python", 1);
  const json = copyable("session.update", 8);
  copies.append(python.box, json.box);
  const foot = make("div", "rtnb-vad-foot");
  root.append(knobs, verbs, says, stage, bar, key, score, scoreNote, wrongs, found, server, turns, copies, foot);
  el.append(root);

  let place = layout(800, { labelled: false, served: false });
  let ink = inks(root);
  let seen = null;
  let seenSweep = null;
  let seenTrial = null;
  let listedTurns = null;
  let pending = false;
  let listing = 0;

  const secondsAt = (x) => engine.view.start + ((x - place.left) / place.inner) * (engine.view.end - engine.view.start);
  const perPixel = () => (engine.view.end - engine.view.start) / place.inner;

  function drawLabels() {
    const { start, end } = engine.view;
    lane.style.left = `${place.left}px`;
    lane.style.right = `${place.width - place.left - place.inner}px`;
    lane.style.top = `${place.tops.labels}px`;
    lane.style.height = `${place.heights.labels}px`;
    // Labels of several speakers overlap, so ends need not rise: all are looked at.
    const wanted = [];
    engine.labels.forEach((label, index) => { if (label.end > start && label.start < end) wanted.push(index); });
    const had = new Map([...lane.children].map((each) => [Number(each.dataset.index), each]));
    const tab = wanted.includes(engine.selected) ? engine.selected : wanted[0];
    for (const index of wanted) {
      let made = had.get(index);
      had.delete(index);
      if (made === undefined) {
        made = make("div", "rtnb-vad-label", { role: "button", "data-index": index });
        lane.append(made);
      }
      const label = engine.held?.index === index ? engine.held.now : engine.labels[index];
      made.style.left = `${((label.start - start) / (end - start)) * place.inner}px`;
      made.style.width = `${Math.max(3, ((label.end - label.start) / (end - start)) * place.inner)}px`;
      const says_ = `Label ${index + 1}, ${label.start.toFixed(2)} to ${label.end.toFixed(2)} s`;
      if (made.getAttribute("aria-label") !== says_) {
        made.setAttribute("aria-label", says_);
        made.title = `${says_}\nDrag to move, drag an edge to resize, Delete removes, Enter plays`;
      }
      made.setAttribute("aria-pressed", String(index === engine.selected));
      made.tabIndex = index === tab ? 0 : -1;
    }
    for (const each of had.values()) each.remove();
    if (engine.held?.index === -1) {
      const { now } = engine.held;
      const ghost = make("div", "rtnb-vad-label", { "data-index": -1, "aria-hidden": "true" });
      ghost.style.left = `${((now.start - start) / (end - start)) * place.inner}px`;
      ghost.style.width = `${Math.max(3, ((now.end - now.start) / (end - start)) * place.inner)}px`;
      lane.append(ghost);
    }
    if (engine.focusSelected) {
      const made = [...lane.children].find((each) => Number(each.dataset.index) === engine.selected);
      if (made) {
        made.focus();
        engine.focusSelected = false;
      }
    }
  }

  function drawLists(result) {
    const { labelled } = result;
    score.replaceChildren(scores(engine, engine.rows, { current: engine.rows.length - 1 }));
    // The note stays: the field in it may be under a finger.
    if (!scoreNote.firstChild) scoreNote.append(make("span"), make("span", "rtnb-vad-grow"), gap.box, pin);
    put(scoreNote.firstChild, labelled.turns
      ? `${labelled.turns} labelled turns from ${labelled.segments} labels`
      : "No labels yet: draw the turns in the lane of labels, and mistakes and latencies are counted here.");
    gap.box.hidden = !labelled.turns;
    // A list of hundreds is for reading: it follows when the slider rests.
    clearTimeout(listing);
    listing = setTimeout(() => drawWrongs(result), seen === null ? 0 : REST_MS);
    python.area.value = result.python;
    json.area.value = result.session_update;
    json.area.rows = result.session_update.split("\n").length;
    const idle = engine.knobs.idle_timeout_ms !== null
      ? "idle timeout: it counts from the end of an answer's playback, so a recording alone cannot show it" : "";
    foot.replaceChildren(...[result.prediction, `${engine.recording?.engine ?? ""}`, idle, `computed in ${result.took_ms.toFixed(1)} ms`]
      .filter(Boolean).map((text) => make("span", "", {}, text)));
  }

  function drawWrongs(result) {
    const { labelled } = result;
    const items = engine.mistakes.map((each) => make("li", "", {}, button("", () => engine.play(Math.max(0, each.start_s - 1), each.end_s + 1), {
      title: "Play it, with a second before and after", "data-kind": each.kind,
    }, "rtnb-vad-link")));
    items.forEach((item, index) => {
      const each = engine.mistakes[index];
      item.firstChild.append(make("b", "", {}, NAMES[each.kind]), ` ${clock(each.start_s, 0.1)} · ${each.detail}`);
    });
    const more = result.mistakes_in_all - engine.mistakes.length;
    if (more > 0) items.push(make("li", "", {}, `and ${more} more: lab.mistakes has them all`));
    const title = result.mistakes_in_all === 1 ? "1 mistake" : `${result.mistakes_in_all} mistakes`;
    wrongs.replaceChildren(...(labelled.turns
      ? [make("h4", "", {}, items.length ? `${title}: press to hear` : "No mistakes on these labels."), ...(items.length ? [make("ul", "rtnb-vad-list", {}, ...items)] : [])]
      : []));
  }

  function drawTurns() {
    put(turnsTitle, engine.count === 1 ? "1 turn" : `${engine.count} turns`);
    if (!turns.open || listedTurns === engine.turns) return;
    listedTurns = engine.turns;
    const table = make("table", "rtnb-vad-table");
    const heads = ["turn", "speech", "to", "audio_start_ms", "audio_end_ms", "start known", "stop known"];
    table.append(make("thead", "", {}, make("tr", "", {}, ...heads.map((text) => make("th", "", { scope: "col" }, text)))));
    const body = make("tbody");
    for (let i = 0; i < Math.min(engine.count, 500); i++) {
      const [onset, end, from, until, started, stopped, closed] = engine.turns.subarray(7 * i, 7 * i + 7);
      const texts = [figure(onset, "s", 2), figure(end, "s", 2), figure(1000 * from), figure(1000 * until), figure(started, "s", 2),
        closed ? figure(stopped, "s", 2) : "after the clip"];
      body.append(make("tr", "", {}, make("td", "", {}, button(`▶ ${i + 1}`, () => engine.playTurn(i), { "aria-label": `Play turn ${i + 1}` }, "rtnb-vad-link")),
        ...texts.map((text) => make("td", "", {}, text))));
    }
    table.append(body);
    turnsTable.replaceChildren(table);
  }

  function drawSweep() {
    if (seenSweep === engine.sweep) return;
    seenSweep = engine.sweep;
    if (!engine.sweep) return found.replaceChildren();
    const box = make("div", "rtnb-vad-wide", {}, scores(engine, engine.sweep.rows, { first: "best and Pareto front" }));
    box.style.maxHeight = "230px";
    found.replaceChildren(make("h4", "", {}, engine.sweep.title), box);
  }

  function drawTrial() {
    if (!engine.trial) return;
    const title = `${engine.trial.title}${engine.outdated ? " (another setting than that of the sliders)" : ""}`;
    if (seenTrial === title) return;
    seenTrial = title;
    const words = `${engine.trial.summary} Below each turn: by how much its start / end differs from the prediction.`;
    server.replaceChildren(make("h4", "", {}, title), make("div", "rtnb-vad-unit", {}, words));
  }

  function draw() {
    const result = engine.result;
    const closed = Boolean(engine.settings.closed);
    // Not laid out at present; what watches its size will say when it is.
    if (stage.clientWidth === 0) return;
    place = layout(Math.max(180, stage.clientWidth), {
      labelled: Boolean(result?.labelled.turns), served: Boolean(engine.trial),
    });
    stage.style.height = `${place.height}px`;
    paint(canvas, place, engine, ink, engine.knobsNow.threshold);
    const top = place.tops.probability + 6 + (1 - engine.knobsNow.threshold) * (place.heights.probability - 12);
    handle.style.top = `${top}px`;
    const share = (engine.view.end - engine.view.start) / engine.durationS;
    bar.hidden = share > 0.999;
    thumb.style.left = `${(100 * engine.view.start) / engine.durationS}%`;
    thumb.style.width = `${100 * share}%`;
    for (const each of [...sliders, gap]) each.draw();
    put(play, engine.player.playing ? "■ Stop" : "▶ Play");
    play.disabled = Boolean(engine.recording?.silent);
    nearer.disabled = engine.view.end - engine.view.start <= engine.leastS + 1e-9;
    farther.disabled = whole.disabled = share > 0.999;
    undo.disabled = closed || !result?.can_undo;
    add.disabled = closed;
    remove.disabled = closed || engine.selected < 0;
    for (const each of [apply, trial, sweep, pin]) each.disabled = closed;
    trial.disabled ||= Boolean(engine.job);
    sweep.disabled ||= Boolean(engine.job);
    progress.hidden = cancel.hidden = !engine.job;
    if (engine.job) {
      if (engine.job.part === null) progress.removeAttribute("value");
      else progress.value = engine.job.part;
    }
    const empty = emptiness(engine);
    put(says, engine.settings.closed || engine.note.text || empty || (engine.count === 1 ? "1 turn." : `${engine.count} turns.`));
    says.dataset.kind = engine.note.kind;
    drawLabels();
    if (result && seen !== result) {
      drawLists(result);
      seen = result;
    }
    drawTurns();
    drawSweep();
    drawTrial();
    // Lists that grew may have brought a scroll bar.
    if (stage.clientWidth !== 0 && Math.max(180, stage.clientWidth) !== place.width) schedule();
  }

  const schedule = () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      draw();
    });
  };

  // Wheel, fingers, keys
  stage.addEventListener("wheel", (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const at = secondsAt(event.clientX - stage.getBoundingClientRect().left);
      engine.show(zoomed(engine.view, Math.exp(event.deltaY * 0.003), at, engine.durationS, engine.leastS));
    } else if (sideways || event.shiftKey) {
      event.preventDefault();
      engine.show(moved(engine.view, (sideways ? event.deltaX : event.deltaY) * perPixel(), engine.durationS));
    }
  }, { passive: false });

  const fingers = new Map();
  let drag = null;
  const local = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  function grab(event) {
    const { x, y } = local(event);
    if (event.target === handle) return { kind: "threshold" };
    if (event.target.classList.contains("rtnb-vad-label")) {
      const index = Number(event.target.dataset.index);
      const box = event.target.getBoundingClientRect();
      const edge = Math.min(7, box.width * 0.3);
      const mode = event.clientX - box.left < edge ? "start" : box.right - event.clientX < edge ? "end" : "move";
      engine.selected = index;
      event.target.focus({ preventScroll: true });
      return { kind: "label", index, mode, from: engine.labels[index], x };
    }
    if (event.target === lane) return { kind: "new", at: Math.max(0, secondsAt(x)), x };
    return { kind: "scroll", view: engine.view, x, y, wide: false };
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, local(event));
    if (fingers.size === 2) {
      const [one, other] = [...fingers.values()];
      drag = { kind: "pinch", view: engine.view, apart: Math.max(20, Math.abs(one.x - other.x)), at: secondsAt((one.x + other.x) / 2) };
      engine.held = null;
      return;
    }
    if (engine.settings.closed && event.target !== canvas) return;
    drag = grab(event);
    stage.setPointerCapture(event.pointerId);
    if (drag.kind !== "label") stage.focus({ preventScroll: true });
    event.preventDefault();
  });

  stage.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId) || drag === null) return;
    const now = local(event);
    fingers.set(event.pointerId, now);
    if (drag.kind === "pinch") {
      const [one, other] = [...fingers.values()];
      engine.show(zoomed(drag.view, drag.apart / Math.max(20, Math.abs(one.x - other.x)), drag.at, engine.durationS, engine.leastS));
    } else if (drag.kind === "threshold") {
      const share = (now.y - place.tops.probability - 6) / (place.heights.probability - 12);
      engine.want({ threshold: Math.round(100 * Math.min(1, Math.max(0, 1 - share))) / 100 });
    } else if (drag.kind === "label") {
      if (!drag.wide && Math.abs(now.x - drag.x) < 3) return;
      drag.wide = true;
      engine.held = { index: drag.index, now: dragged(drag.from, drag.mode, (now.x - drag.x) * perPixel(), engine.durationS) };
      engine.draw();
    } else if (drag.kind === "new") {
      const at = Math.min(engine.durationS, Math.max(0, secondsAt(now.x)));
      if (Math.abs(now.x - drag.x) < 4) engine.held = null;
      else engine.held = { index: -1, now: { start: Math.min(at, drag.at), end: Math.max(at, drag.at) } };
      engine.draw();
    } else if (Math.abs(now.x - drag.x) > 3 || drag.wide) {
      drag.wide = true;
      engine.show(moved(drag.view, (drag.x - now.x) * perPixel(), engine.durationS));
    }
  });

  function release(event) {
    fingers.delete(event.pointerId);
    const done = drag;
    drag = null;
    if (done === null) return;
    if (done.kind === "label" && engine.held) {
      const { start, end } = engine.held.now;
      engine.labels[done.index] = { start, end };
      engine.edit("move", done.index, start, end);
    } else if (done.kind === "new" && engine.held) {
      const { start, end } = engine.held.now;
      engine.edit("add", start, end);
      engine.focusSelected = true;
    } else if (done.kind === "scroll" && !done.wide && event.type === "pointerup") {
      click(done);
    }
    engine.held = null;
    engine.draw();
  }
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);

  /** A press plays: a turn's number the turn, a mistake the mistake, anything else from there. */
  function click({ x, y }) {
    if (y < place.tops.wave) {
      const hit = engine.numbers.find((each) => x >= each.x - 4 && x <= each.x + each.width + 4);
      if (hit) return engine.playTurn(hit.i);
    }
    const at = Math.min(engine.durationS, Math.max(0, secondsAt(x)));
    if (place.heights.mistakes && y >= place.tops.mistakes && y < place.tops.mistakes + place.heights.mistakes) {
      const near = engine.mistakes.filter((each) => at >= each.start_s - 8 * perPixel() && at <= each.end_s + 60 * perPixel());
      const hit = near.at(-1);
      if (hit) return engine.play(Math.max(0, hit.start_s - 1), hit.end_s + 1);
    }
    engine.cursor = at;
    engine.play(at, engine.durationS);
  }

  stage.addEventListener("keydown", (event) => {
    const index = Number(event.target.dataset?.index ?? -1);
    if (event.target.classList.contains("rtnb-vad-label") && labelKey(event, index)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") engine.edit(event.shiftKey ? "redo" : "undo");
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      engine.show(moved(engine.view, (event.key === "ArrowLeft" ? -0.1 : 0.1) * (engine.view.end - engine.view.start), engine.durationS));
    } else if (event.key === "Home") engine.show(within(0, engine.view.end - engine.view.start, engine.durationS, engine.leastS));
    else if (event.key === "End") engine.show(moved(engine.view, engine.durationS, engine.durationS));
    else if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (event.key === " ") play.click();
    else if (event.key.toLowerCase() === "l") lane.querySelector("[tabindex='0']")?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function labelKey(event, index) {
    const label = engine.labels[index];
    if (!label) return false;
    const step = nudge(event);
    if (step) {
      const now = dragged(label, step.mode, step.byS, engine.durationS);
      engine.labels[index] = now;
      engine.edit("move", index, now.start, now.end);
      engine.focusSelected = true;
      engine.draw();
      return true;
    }
    if (event.key === "Delete" || event.key === "Backspace") {
      engine.edit("remove", index);
      engine.focusSelected = true;
    } else if (event.key === "Enter") engine.play(label.start, label.end);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      engine.selected = Math.min(engine.labels.length - 1, Math.max(0, index + (event.key === "ArrowDown" ? 1 : -1)));
      const next = engine.labels[engine.selected];
      engine.view = holding(engine.view, next.start, next.end, engine.durationS, engine.leastS);
      engine.focusSelected = true;
      engine.draw();
    } else return false;
    return true;
  }

  lane.addEventListener("focusin", (event) => {
    engine.selected = Number(event.target.dataset.index);
    engine.draw();
  });

  const scrollTo = (event) => {
    const box = bar.getBoundingClientRect();
    const width = engine.view.end - engine.view.start;
    const at = ((event.clientX - box.left) / box.width) * engine.durationS;
    engine.show(within(at - width / 2, at + width / 2, engine.durationS, engine.leastS));
  };
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    scrollTo(event);
  });
  bar.addEventListener("pointermove", (event) => { if (bar.hasPointerCapture(event.pointerId)) scrollTo(event); });

  // JupyterLab takes keys and context from what is typed here otherwise.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  root.setAttribute("data-lm-suppress-shortcuts", "true");

  const resized = new ResizeObserver(schedule);
  resized.observe(stage);
  const themed = new MutationObserver(() => {
    ink = inks(root);
    schedule();
  });
  themed.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
  engine.views.add(schedule);
  schedule();
  // A theme's variables may come after the first picture.
  setTimeout(() => { ink = inks(root); schedule(); }, 300);
  return () => {
    engine.views.delete(schedule);
    clearTimeout(listing);
    resized.disconnect();
    themed.disconnect();
    if (engine.views.size === 0) engine.player.stop();
  };
}

const engines = new WeakMap();

function initialize({ model }) {
  const engine = new Engine(model);
  engines.set(model, engine);
  return () => {
    engine.dispose();
    engines.delete(model);
  };
}

export default { initialize, render };
