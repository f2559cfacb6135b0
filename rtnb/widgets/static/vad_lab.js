// The page of the VAD lab: what is where, and what fingers and keys do. Joined behind the other vad_*.js.

/** A theme's colours and widths come some time after its name. */
const LATER_MS = [300, 1000];

function render({ model, el }) {
  const engine = engineOf(model);
  const root = make("div", "rtnb-vad rtnb-live", { role: "group", "aria-label": "VAD lab" });

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
  const speaker = make("input", "", { type: "text", "aria-label": "Speaker of the selected label", autocomplete: "off", maxlength: "80" });
  const named = make("label", "rtnb-vad-key rtnb-vad-speaker", {}, "speaker", speaker);
  speaker.addEventListener("change", () => {
    const label = engine.labels[engine.selected];
    if (label && label.speaker !== speaker.value.trim()) engine.edit("name", engine.selected, speaker.value.trim());
  });
  speaker.addEventListener("keydown", (event) => { if (event.key === "Enter") speaker.blur(); });
  const pin = button("Pin this setting", () => engine.send({ type: "pin" }));
  const apply = button("Apply to session", () => engine.ask({ type: "apply" }), { "data-verb": "apply" }, "rtnb-vad-first");
  const trial = button("Run on server", () => engine.ask({ type: "trial", start_s: engine.view.start, end_s: engine.view.end }), { "data-verb": "trial" });
  const sweep = button("Sweep", () => engine.send({ type: "sweep" }), { "data-verb": "sweep" });
  const cancel = button("Cancel", () => engine.send({ type: "cancel" }), { "data-verb": "cancel" });
  const progress = make("progress", "", { max: "1", "aria-label": "How much is done" });
  const verbs = make("div", "rtnb-vad-row", {}, play, nearer, farther, whole, make("span", "rtnb-vad-grow"), progress, cancel, sweep, trial, apply);
  const says = make("div", "rtnb-vad-says", { role: "status", "aria-live": "polite" });

  const asking = make("div", "rtnb-vad-ask", { role: "group", "aria-label": "Before it runs" });

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

  const key = make("div", "rtnb-vad-row rtnb-vad-tools");
  for (const [alpha, text] of [[0.18, "prefix"], [0.34, "speech"], [0.7, "silence"]]) {
    const swatch = make("i");
    swatch.style.opacity = alpha;
    key.append(make("span", "rtnb-vad-key", {}, swatch, text));
  }
  key.append(
    make("span", "rtnb-vad-key", { title: "Where speech_started would be known" }, make("b", "", {}, "▶"), "start known"),
    make("span", "rtnb-vad-key", { title: "Where speech_stopped would be known; hollow where only silence after the clip ends the turn" }, make("b", "", {}, "■"), "stop known"),
    make("span", "rtnb-vad-grow"), named, add, remove, undo,
  );

  const beneath = lists(engine, pin);
  root.append(knobs, verbs, says, asking, stage, bar, key, ...beneath.elements);
  el.append(root);

  let place = layout(800, { labelled: false, served: false });
  let pending = false;
  let asked = null;

  function drawLabels() {
    const { start, end } = engine.view;
    lane.style.left = `${place.left}px`;
    lane.style.right = `${place.width - place.left - place.inner}px`;
    lane.style.top = `${place.tops.labels}px`;
    lane.style.height = `${place.heights.labels}px`;
    // Labels of several speakers overlap, so ends need not rise: all are looked at.
    let wanted = [];
    engine.labels.forEach((label, index) => { if (label.end > start && label.start < end) wanted.push(index); });
    place.crowded = wanted.length > place.inner / LABEL_PX;
    if (place.crowded) wanted = wanted.filter((index) => index === engine.selected);
    const had = new Map([...lane.children].map((each) => [Number(each.dataset.index), each]));
    const tab = wanted.includes(engine.selected) ? engine.selected : wanted[0];
    let reached = -Infinity;
    for (const [place_, index] of wanted.entries()) {
      let made = had.get(index);
      had.delete(index);
      if (made === undefined) {
        made = make("div", "rtnb-vad-label", { role: "button", "data-index": index });
        lane.append(made);
      }
      const label = engine.held?.index === index ? engine.held.now : engine.labels[index];
      made.style.left = `${((label.start - start) / (end - start)) * place.inner}px`;
      made.style.width = `${Math.max(3, ((label.end - label.start) / (end - start)) * place.inner)}px`;
      const who = engine.labels[index].speaker;
      // Names are told apart only where no other label lies upon them.
      const next = wanted[place_ + 1];
      const free = Math.min(label.end, next === undefined ? Infinity : engine.labels[next].start) - label.start;
      const fits = (free / (end - start)) * place.inner >= 9 * Math.min(8, who.length) + 8 && reached <= label.start;
      reached = Math.max(reached, label.end);
      const name = fits ? who : "";
      if (made.textContent !== name) made.replaceChildren(...(name ? [make("span", "", {}, name)] : []));
      const says_ = `Label ${index + 1}, ${label.start.toFixed(2)} to ${label.end.toFixed(2)} s${who ? `, ${who}` : ""}`;
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

  /** What has to be answered before a server hears the clip. */
  function drawQuestion() {
    asking.hidden = !engine.question;
    if (asked === engine.question) return;
    asked = engine.question;
    if (!asked) return asking.replaceChildren();
    const answer = (content) => {
      engine.question = null;
      if (content) engine.ask(content);
      engine.draw();
    };
    const choices = asked.choices.map((each, index) => button(each.title, () => {
      answer({ type: "trial", sure: true, start_s: each.start_s, end_s: each.end_s });
    }, {}, index === 0 ? "rtnb-vad-first" : ""));
    asking.replaceChildren(make("span", "", {}, asked.text), ...choices, button("Not now", () => answer(null)));
    choices[0].focus({ preventScroll: true });
  }

  function draw() {
    const result = engine.result;
    const closed = Boolean(engine.closed);
    root.toggleAttribute("data-gone", engine.gone);
    hide(engine);
    if (engine.gone) put(says, engine.closed);
    // Not laid out at present; what watches its size will say when it is.
    if (stage.clientWidth === 0) return;
    place = layout(Math.max(180, stage.clientWidth), {
      labelled: Boolean(result?.labelled.turns), served: Boolean(engine.trial),
    });
    stage.style.height = `${place.height}px`;
    drawLabels();
    // Read each time: a theme's colours come when they come.
    paint(canvas, place, engine, inks(root), engine.knobsNow.threshold);
    const top = place.tops.probability + 6 + (1 - engine.knobsNow.threshold) * (place.heights.probability - 12);
    handle.style.top = `${top}px`;
    const share = (engine.view.end - engine.view.start) / engine.durationS;
    bar.hidden = share > 0.999;
    thumb.style.left = `${(100 * engine.view.start) / engine.durationS}%`;
    thumb.style.width = `${100 * share}%`;
    for (const each of [...sliders, ...beneath.knobs]) each.draw();
    put(play, engine.player.playing ? "■ Stop" : "▶ Play");
    play.disabled = Boolean(engine.recording?.silent);
    nearer.disabled = engine.view.end - engine.view.start <= engine.leastS + 1e-9;
    farther.disabled = whole.disabled = share > 0.999;
    undo.disabled = closed || !result?.can_undo;
    add.disabled = closed;
    const chosen = engine.labels[engine.selected];
    remove.disabled = speaker.disabled = closed || !chosen;
    if (document.activeElement !== speaker) speaker.value = chosen?.speaker ?? "";
    for (const each of [apply, trial, sweep, pin]) each.disabled = closed;
    trial.disabled ||= Boolean(engine.job);
    sweep.disabled ||= Boolean(engine.job);
    progress.hidden = cancel.hidden = !engine.job;
    if (engine.job) {
      if (engine.job.part === null) progress.removeAttribute("value");
      else progress.value = engine.job.part;
    }
    const empty = emptiness(engine);
    put(says, engine.closed || engine.note.text || empty || (engine.count === 1 ? "1 turn." : `${engine.count} turns.`));
    says.dataset.kind = engine.note.kind;
    drawQuestion();
    beneath.draw();
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

  const letGo = hands(engine, { root, stage, canvas, lane, handle, bar, ground: () => place, zoom, play });
  const resized = new ResizeObserver(schedule);
  resized.observe(stage);
  const later = () => { for (const ms of LATER_MS) setTimeout(schedule, ms); };
  const themed = new MutationObserver(() => {
    schedule();
    later();
  });
  themed.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
  engine.views.add(schedule);
  schedule();
  later();
  return () => {
    engine.views.delete(schedule);
    beneath.end();
    letGo();
    hide(engine);
    resized.disconnect();
    themed.disconnect();
    if (engine.views.size === 0) engine.player.stop();
  };
}

const engines = new Map();

/** One of a lab of the kernel: what hosts give as its model is another object each time, its mark is not. */
function engineOf(model) {
  const key = model.get("settings")?.still || model;
  if (!engines.has(key)) engines.set(key, new Engine(model));
  return engines.get(key);
}

/** The picture that is stored beneath a view is hidden while the view lives, wherever a page puts it. */
function hide(engine) {
  const mark = engine.settings.still;
  if (!mark) return;
  const known = document.getElementById(mark);
  const live = engine.views.size > 0 && !engine.gone;
  if (!live) known?.remove();
  else if (!known) {
    const rule = `.${mark}, .jp-OutputArea-child:has(.${mark}) { display: none !important; }`;
    document.head.append(make("style", "", { id: mark }, rule));
  }
}

function initialize({ model }) {
  const engine = engineOf(model);
  return () => {
    engine.dispose();
    for (const [key, each] of engines) if (each === engine) engines.delete(key);
  };
}

export default { initialize, render };
