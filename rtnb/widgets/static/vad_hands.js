// What fingers and keys do in the picture of the VAD lab. Joined behind vad_parts.js.

/** `ground()` gives what is where at present. */
function hands(engine, { root, stage, canvas, lane, handle, bar, ground, zoom, play }) {
  const secondsAt = (x) => {
    const place = ground();
    return engine.view.start + ((x - place.left) / place.inner) * (engine.view.end - engine.view.start);
  };
  const perPixel = () => (engine.view.end - engine.view.start) / ground().inner;

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
    if (engine.closed && event.target !== canvas) return;
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
      const share = (now.y - ground().tops.probability - 6) / (ground().heights.probability - 12);
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
      engine.labels[done.index] = { ...engine.labels[done.index], start, end };
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
    const place = ground();
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
    if (!label || engine.closed) return false;
    const step = nudge(event);
    if (step) {
      const now = dragged(label, step.mode, step.byS, engine.durationS);
      engine.labels[index] = { ...label, ...now };
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

  // JupyterLab takes keys of what lies in its cells: it is to leave those that the lab has a use for, and no others.
  const told = (event) => ours(event, {
    typing: event.target.matches("input[type='text'], textarea"),
    label: event.target.classList.contains("rtnb-vad-label"),
  });
  const before = (event) => {
    if (root.contains(event.target)) root.toggleAttribute("data-lm-suppress-shortcuts", told(event));
  };
  // It listens at the document, on the way down.
  window.addEventListener("keydown", before, true);
  root.addEventListener("keydown", (event) => { if (told(event)) event.stopPropagation(); });
  return () => window.removeEventListener("keydown", before, true);
}
