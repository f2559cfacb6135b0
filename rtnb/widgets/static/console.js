// The console in a cell: status, settings, conversation, what one talks with. Joined behind the other console_*.js.

const desks = new Map();
const CLOCK_MS = 500;

/** One of a view of the kernel: what hosts give as its model is another object each time, its mark is not. */
function deskOf(model) {
  const key = model.get("settings")?.still || model;
  if (!desks.has(key)) desks.set(key, new Desk(model));
  return desks.get(key);
}

function initialize({ model }) {
  const desk = deskOf(model);
  return () => {
    desk.dispose();
    for (const [key, each] of desks) if (each === desk) desks.delete(key);
  };
}

/** Endpoint, model, voice, time left, context, cost and budget. */
function statusLine(desk, toggle) {
  const lamp = make("span", "rtnb-console-lamp", { "aria-hidden": "true" });
  const who = make("span", "rtnb-console-place");
  const left = make("span", "rtnb-console-pill");
  const bar = make("span", "rtnb-console-fill");
  const gauge = make("span", "rtnb-console-gauge", { role: "meter", "aria-label": "Context window used", "aria-valuemin": "0", "aria-valuemax": "100" }, bar);
  const context = make("span");
  const money = make("span", "rtnb-console-pills");
  const settings = button("Settings", toggle, { "aria-expanded": "false" });
  const place = make("span", "rtnb-console-at", {}, lamp, who);
  const facts = make("div", "rtnb-row rtnb-console-facts", {}, left, make("span", "rtnb-console-context", {}, gauge, context), money);
  const line = make("div", "rtnb-console-status", {}, place, facts, settings);
  const problems = make("div", "rtnb-console-problems");
  const way = make("div", "rtnb-console-way", { role: "alert" });
  const box = make("div", "", {}, line, problems, way);
  let shown = "";
  let shownWay = "";

  function draw() {
    const { status } = desk;
    const known = desk.book.status !== null;
    lamp.dataset.state = desk.closed ? "closed" : status.state || "";
    const turns = desk.book.settings === null ? "" : TURNS[desk.form.effect.turn_detection.value] || "";
    const state = { reconnecting: "reconnecting …", closed: "closed", lost: "connection lost" }[status.state] || "";
    put(who, known ? [status.endpoint, status.model, status.voice, turns, state].filter(Boolean).join(" · ") : "");
    clock();
    const used = contextOf(status.context?.used, status.context?.window);
    gauge.hidden = !used;
    context.hidden = !used && !status.context?.used;
    put(context, used ? used.text : `${tokensText(status.context?.used ?? 0)} tokens of context`);
    if (used) {
      bar.style.width = `${100 * used.part}%`;
      gauge.dataset.kind = used.kind;
      gauge.setAttribute("aria-valuenow", String(Math.round(100 * used.part)));
      gauge.title = `${tokensText(status.context.used)} of ${tokensText(status.context.window)} tokens`;
    }
    const limits = status.limits || [];
    const now = JSON.stringify([status.cost, limits, Boolean(desk.closed)]);
    if (now !== shown) {
      shown = now;
      const budget = limits.find((each) => each.name === "budget_usd");
      const pills = limits.map((each) => make("span", "rtnb-console-pill", { "data-kind": each.exceeded ? "full" : each.near ? "much" : "", title: LIMITS[each.name] || each.name }, each.text));
      if (!budget && status.cost) {
        const free = status.cost.unpriced || "Cost so far";
        pills.unshift(make("span", "rtnb-console-pill", { title: free }, status.cost.text));
      }
      money.replaceChildren(...pills);
      const lines = (status.problems || []).map((text) => make("p", "rtnb-muted", {}, text));
      lines.push(...limits.filter((each) => each.near || each.exceeded).map((each) => raising(desk, each)));
      problems.replaceChildren(...lines);
    }
    const told = JSON.stringify([status.way_on, desk.closed]);
    if (told !== shownWay) {
      shownWay = told;
      way.hidden = !status.way_on;
      way.dataset.state = status.state || "";
      way.replaceChildren(...(status.way_on ? wayOn(status.way_on) : []));
    }
    settings.disabled = desk.book.settings === null;
  }

  /** Runs down by the page's clock. */
  function clock() {
    const { expires_s: ends, now, state } = desk.status;
    left.hidden = ends === null || ends === undefined || state !== "open" || Boolean(desk.closed);
    if (left.hidden) return;
    const rest = ends - now - (performance.now() - desk.toldMs) / 1000;
    put(left, `${clockText(rest)} left`);
    left.dataset.kind = rest < 60 ? "full" : rest < 300 ? "much" : "";
    left.title = "Until the server ends this connection";
  }
  return { box, draw, clock, settings };
}

const TURNS = { server_vad: "server VAD", semantic_vad: "semantic VAD", none: "turns by hand" };
const LIMITS = { budget_usd: "Cost so far, of the budget", budget_tokens: "Tokens so far, of the budget", max_minutes: "Minutes so far, of those allowed" };
const RAISES = { budget_usd: "usd", budget_tokens: "tokens", max_minutes: "minutes" };

/** A limit that is near: a new one. */
function raising(desk, limit) {
  const field = make("input", "rtnb-console-raise", { type: "text", inputmode: "decimal", "aria-label": `New limit in ${limit.unit}`, value: String(Number((limit.allowed * 2).toPrecision(3))) });
  keysHere(field);
  const raise = () => {
    const value = Number(field.value.trim().replace(",", "."));
    if (!(value > 0)) return desk.say("problem", `“${field.value}” is no limit; a number above 0 is one.`);
    desk.tell("raise_budget", { [RAISES[limit.name]]: value });
  };
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); raise(); } });
  const press = button("Raise", raise, {}, "rtnb-chip");
  press.disabled = field.disabled = Boolean(desk.closed);
  return make("div", "rtnb-row rtnb-console-limit", { "data-kind": limit.exceeded ? "full" : "much" },
    make("span", "", {}, `${limit.exceeded ? "The limit is reached" : "The limit is near"}: ${limit.text}. New limit in ${limit.unit}:`), field, press);
}

function wayOn({ text, code }) {
  const out = [make("p", "", {}, text)];
  if (!code) return out;
  const shown = make("code", "", {}, code);
  out.push(make("div", "rtnb-row", {}, shown, copyButton(shown, "Copy the code")));
  return out;
}

function render({ model, el }) {
  const desk = deskOf(model);
  const root = make("div", "rtnb-live rtnb-console", { role: "group", "aria-label": "Console" });
  const toggle = (shown = panel.box.hidden) => {
    panel.box.hidden = !shown;
    status.settings.setAttribute("aria-expanded", String(shown));
    schedule();
    if (shown) panel.box.querySelector("textarea, input, select")?.focus({ preventScroll: true });
    else status.settings.focus({ preventScroll: true });
  };
  const panel = settingsPanel(desk, () => toggle(false));
  panel.box.hidden = true;
  const status = statusLine(desk, () => toggle());
  status.settings.setAttribute("aria-controls", panel.box.id);
  const talk = conversation(desk);
  const bar = talkBar(desk);
  const drop = make("div", "rtnb-console-drop", { "aria-hidden": "true" }, "Drop an audio file or an image");
  drop.hidden = true;
  root.append(status.box, panel.box, talk.box, bar.box, drop);
  el.append(root);
  const letKeys = ownKeys(root);

  // Files over the view
  let over = 0;
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const show = (depth) => { over = depth; drop.hidden = over <= 0; };
  root.addEventListener("dragenter", (event) => { if (carries(event)) { event.preventDefault(); event.stopPropagation(); show(over + 1); } });
  root.addEventListener("dragover", (event) => { if (carries(event)) { event.preventDefault(); event.stopPropagation(); event.dataTransfer.dropEffect = "copy"; } });
  root.addEventListener("dragleave", (event) => { if (carries(event)) show(over - 1); });
  root.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.stopPropagation();
    show(0);
    if (desk.can.send) desk.take([...event.dataTransfer.files]);
    else desk.say("problem", desk.closed || "Nothing can be sent now.");
  });

  let pending = false;
  let alive = true;
  function draw() {
    pending = false;
    if (!alive) return;
    const gone = desk.wire.gone || (Boolean(desk.closed) && desk.book.status === null);
    root.toggleAttribute("data-gone", gone);
    root.toggleAttribute("data-closed", Boolean(desk.closed));
    root.dataset.busy = desk.status.busy || "";
    hideStill(desk.settings.still, !gone);
    status.draw();
    panel.draw();
    talk.draw();
    bar.draw();
    bar.paintLevel();
  }
  const schedule = () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(draw);
  };
  const beat = setInterval(() => {
    // Where nothing moves, nothing is painted.
    const still = !desk.listening && !desk.mic.sounding && desk.calm > TRAIL_SIZE;
    desk.calm = desk.listening || desk.mic.sounding ? 0 : desk.calm + 1;
    if (still || document.hidden) return;
    desk.sample();
    bar.paintLevel();
  }, TRAIL_MS);
  const ticking = setInterval(() => status.clock(), CLOCK_MS);
  const unwatch = watchTheme(schedule);
  const resized = new ResizeObserver(() => talk.settle());
  resized.observe(talk.log);
  desk.views.add(schedule);
  desk.shown();
  draw();
  return () => {
    alive = false;
    desk.views.delete(schedule);
    talk.dispose();
    letKeys();
    clearInterval(beat);
    clearInterval(ticking);
    unwatch();
    resized.disconnect();
    if (desk.views.size === 0) {
      hideStill(desk.settings.still, false);
      desk.sound.stop();
      // The output was cleared: nobody could switch it off any more.
      desk.open = false;
      desk.talk.drop();
      desk.mic.stop("hidden");
      desk.bye();
    }
  };
}

export default { initialize, render };
