// Hands on the timeline: wheel, drag, two fingers, keys. `ground()` gives where the picture has its parts.

const DRAG_PX = 4;

function timelineHands(engine, { stage, canvas, bar, ground, search, hovered }) {
  const undo = [];
  const on = (element, name, does, options) => {
    element.addEventListener(name, does, options);
    undo.push(() => element.removeEventListener(name, does, options));
  };
  const secondsAt = (x) => {
    const place = ground();
    return engine.view.start + ((x - place.left) / place.inner) * (engine.view.end - engine.view.start);
  };
  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const fingers = new Map();
  let drag = null;
  let pinch = 0;

  on(stage, "wheel", (event) => {
    const [x] = placeOf(event);
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      engine.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.01), secondsAt(x));
      return;
    }
    const by = event.deltaX || (event.shiftKey ? event.deltaY : 0);
    if (!by || Math.abs(by) < Math.abs(event.deltaY) / 2) return;
    event.preventDefault();
    engine.look(slid(engine.view, (by / ground().inner) * (engine.view.end - engine.view.start), engine.all));
  }, { passive: false });

  on(stage, "pointerdown", (event) => {
    if (event.button !== 0) return;
    const [x, y] = placeOf(event);
    fingers.set(event.pointerId, x);
    stage.setPointerCapture(event.pointerId);
    drag = { x, y, view: engine.view, far: false };
    pinch = fingers.size === 2 ? Math.abs([...fingers.values()][0] - [...fingers.values()][1]) : 0;
    stage.focus({ preventScroll: true });
  });
  on(stage, "pointermove", (event) => {
    const [x, y] = placeOf(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, x);
    if (fingers.size === 2) {
      const [one, other] = [...fingers.values()];
      const wide = Math.abs(one - other);
      if (pinch > 8 && wide > 8) engine.zoom(pinch / wide, secondsAt((one + other) / 2));
      pinch = wide;
      drag = null;
      return;
    }
    if (drag && fingers.has(event.pointerId)) {
      if (!drag.far && Math.abs(x - drag.x) < DRAG_PX) return;
      drag.far = true;
      hovered(null);
      stage.dataset.dragging = "true";
      const wide = drag.view.end - drag.view.start;
      engine.look(slid(drag.view, ((drag.x - x) / ground().inner) * wide, engine.all));
      return;
    }
    hovered({ x, y, at: secondsAt(x), found: hit(x, y, ground(), engine.runs, engine.view, engine.shown) });
  });
  const up = (event) => {
    fingers.delete(event.pointerId);
    delete stage.dataset.dragging;
    if (!drag || event.type === "pointercancel") {
      drag = null;
      return;
    }
    const { far } = drag;
    drag = null;
    if (far) return;
    const [x, y] = placeOf(event);
    const found = hit(x, y, ground(), engine.runs, engine.view, engine.shown);
    if (!found?.what) {
      engine.choose(null);
      return;
    }
    const same = engine.selected && engine.selected.what === found.what && engine.selected.index === found.index && engine.selected.run === found.run;
    engine.choose(found);
    if (engine.playing) engine.stop();
    if (!same || engine.slice(found)) if (engine.slice(found)) engine.play(found);
  };
  on(stage, "pointerup", up);
  on(stage, "pointercancel", up);
  on(stage, "pointerleave", () => hovered(null));
  on(stage, "dblclick", (event) => {
    const [x, y] = placeOf(event);
    const found = hit(x, y, ground(), engine.runs, engine.view, engine.shown);
    const table = found && engine.runs[found.run].tables[found.what];
    if (!table?.end || !(table.end[found.index] > table.start[found.index])) {
      engine.zoom(1 / (ZOOM * ZOOM), secondsAt(x));
      return;
    }
    const lasts = table.end[found.index] - table.start[found.index];
    engine.look({ start: table.start[found.index] - 0.1 * lasts, end: table.end[found.index] + 0.1 * lasts });
  });

  on(stage, "keydown", (event) => {
    const means = keyMeans(event);
    if (!means) return;
    event.preventDefault();
    event.stopPropagation();
    const wide = engine.view.end - engine.view.start;
    const by = (share) => engine.look(slid(engine.view, share * wide, engine.all));
    if (means.endsWith("left")) by(means.startsWith("far") ? -0.9 : -0.15);
    else if (means.endsWith("right")) by(means.startsWith("far") ? 0.9 : 0.15);
    else if (means === "nearer") engine.zoom(1 / ZOOM);
    else if (means === "farther") engine.zoom(ZOOM);
    else if (means === "whole") engine.whole();
    else if (means === "start") engine.look({ start: engine.all.start, end: engine.all.start + wide });
    else if (means === "end") engine.look({ start: engine.durationS - wide, end: engine.durationS });
    else if (means === "next") engine.walk(1);
    else if (means === "previous") engine.walk(-1);
    else if (means === "play") engine.play();
    else if (means === "search") search.focus();
    else if (means === "open" && !engine.selected) engine.walk(1);
    else if (means === "follow") engine.look({ start: engine.durationS - wide, end: engine.durationS });
    else if (means === "close") {
      if (engine.playing) engine.stop();
      else engine.choose(null);
    }
  });

  const slide = (event) => {
    const box = bar.getBoundingClientRect();
    const wide = engine.view.end - engine.view.start;
    const { all } = engine;
    const at = all.start + ((event.clientX - box.left) / box.width) * (all.end - all.start);
    engine.look({ start: at - wide / 2, end: at + wide / 2 });
  };
  on(bar, "pointerdown", (event) => { bar.setPointerCapture(event.pointerId); slide(event); });
  on(bar, "pointermove", (event) => { if (bar.hasPointerCapture(event.pointerId)) slide(event); });

  return () => undo.forEach((each) => each());
}
