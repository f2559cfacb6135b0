// The usage meter in a cell. Joined behind live.js and its parts.

class MeterEngine {
  constructor(model) {
    this.views = new Set();
    this.turns = [];
    this.points = [];
    this.parts = [];
    this.models = [];
    this.head = null;
    this.whatIf = {};
    this.asked = null;
    this.greeting = true;
    this.note = { text: "", kind: "" };
    this.away = false;
    this.wire = new Wire(model, { hear: (content) => this.hear(content), redraw: () => this.draw() });
    this.leaving = () => this.bye();
    this.returning = () => { if (this.views.size) this.back(); };
    window.addEventListener("pagehide", this.leaving);
    window.addEventListener("pageshow", this.returning);
    this.hello();
  }

  /** Nobody sees it any more: the kernel need not follow for this page. */
  bye() {
    if (this.away) return;
    this.away = true;
    this.wire.send({ type: "bye" });
  }

  back() {
    if (!this.away) return;
    this.away = false;
    this.hello();
  }

  hello() {
    this.greeting = true;
    this.wire.send({ type: "hello" });
  }

  draw() {
    for (const redraw of this.views) redraw();
  }

  hear(content) {
    if (content.type === "usage") this.take(content);
    else if (content.type === "say") {
      this.note = { text: content.text, kind: content.kind || "" };
      this.asked = null;
    }
    this.draw();
  }

  take(content) {
    if (content.parts) {
      this.parts = content.parts;
      this.models = content.models;
      this.greeting = false;
    }
    const turns = spliced(this.turns, content.from[0], content.turns);
    const points = spliced(this.points, content.from[1], content.points);
    if (!this.parts.length || !turns || !points) {
      // Something was lost on the way: all of it once more.
      if (!this.greeting) this.hello();
      return;
    }
    [this.turns, this.points, this.head, this.whatIf] = [turns, points, content.head, content.what_if];
    if ((this.whatIf.model || "") === this.asked) this.asked = null;
  }

  choose(model) {
    this.note = { text: "", kind: "" };
    this.asked = model;
    this.wire.send({ type: "what_if", model });
    this.draw();
  }

  dispose() {
    window.removeEventListener("pagehide", this.leaving);
    window.removeEventListener("pageshow", this.returning);
    this.wire.dispose();
  }
}

const ANOTHER = "another";

function meterView(engine, el) {
  const root = make("div", "rtnb-live rtnb-meter", { role: "group", "aria-label": "Usage meter" });
  const total = make("b", "rtnb-um-total");
  const span = make("span", "rtnb-muted rtnb-um-span");
  const state = make("span", "rtnb-muted rtnb-um-state");
  const headline = make("div", "rtnb-row rtnb-um-head", {}, total, span, make("span", "rtnb-grow"), state);
  const bill = make("div", "rtnb-muted rtnb-um-bill");
  const gauges = make("div", "rtnb-um-gauges", { role: "group", "aria-label": "Context, cache and limits" });
  const charts = meterCharts(engine, { chosen: (text) => put(detail, text) });
  const detail = make("div", "rtnb-um-detail", { role: "status", "aria-live": "polite" });

  // What if
  const select = make("select", "", { "aria-label": "What if: the same talk on another model" });
  const named = make("input", "", { type: "text", placeholder: "name of a model, Enter", "aria-label": "Name of the other model", spellcheck: "false" });
  named.hidden = true;
  const answer = make("span", "rtnb-um-answer", { role: "status", "aria-live": "polite" });
  const reasons = make("div", "rtnb-muted rtnb-um-reasons");
  const whatIf = make("div", "rtnb-row rtnb-um-whatif", { role: "group", "aria-label": "What if" }, make("span", "rtnb-um-name", {}, "What if"), select, named, answer);
  select.addEventListener("change", () => {
    named.hidden = select.value !== ANOTHER;
    if (named.hidden) engine.choose(select.value.slice(2));
    else named.focus({ preventScroll: true });
  });
  named.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && named.value.trim()) {
      event.preventDefault();
      engine.choose(named.value.trim());
    } else if (event.key === "Escape") {
      named.hidden = true;
      offered = "";
      schedule();
      select.focus({ preventScroll: true });
    }
  });

  // The same as a table
  const table = meterTable(engine);
  const opens = button("Table", () => {
    table.region.hidden = !table.region.hidden;
    opens.setAttribute("aria-expanded", String(!table.region.hidden));
    schedule();
  }, { "aria-expanded": "false", title: "The same numbers as a table" });
  const says = make("div", "rtnb-says rtnb-um-says", { role: "status", "aria-live": "polite" });
  const notes = make("ul", "rtnb-muted rtnb-um-notes", { "aria-label": "Notes" });
  root.append(headline, bill, gauges, charts.panel, detail, whatIf, reasons, make("div", "rtnb-row", {}, opens, make("span", "rtnb-grow"), says), table.region, notes);
  el.append(root);

  let pending = false;
  let offered = "";

  function drawGauges(list) {
    list.forEach((gauge, place) => {
      let row = gauges.children[place];
      if (!row) {
        const bar = make("span", "rtnb-um-bar", {}, make("i"));
        row = make("div", "rtnb-um-gauge", {}, make("span", "rtnb-um-name"), bar, make("span", "rtnb-um-words"));
        gauges.append(row);
      }
      const [name, bar, words] = row.children;
      put(name, gauge.name);
      put(words, gauge.text);
      row.dataset.tone = gauge.tone || "fine";
      const known = gauge.share !== null && gauge.share !== undefined;
      bar.style.visibility = known ? "" : "hidden";
      if (!known) return bar.removeAttribute("role");
      bar.firstChild.style.width = `${filled(gauge.share)}%`;
      for (const [key, value] of Object.entries({
        role: "meter", "aria-label": gauge.name, "aria-valuemin": 0, "aria-valuemax": 100,
        "aria-valuenow": Math.round(filled(gauge.share)), "aria-valuetext": gauge.text,
      })) if (bar.getAttribute(key) !== String(value)) bar.setAttribute(key, String(value));
    });
    while (gauges.children.length > list.length) gauges.lastChild.remove();
  }

  function drawWhatIf() {
    const { whatIf: found, models, head, asked } = engine;
    const model = asked ?? found.model ?? "";
    const offers = [...new Set([...models, ...(model ? [model] : [])])];
    const key = JSON.stringify([offers, model, head.model]);
    if (key !== offered && !(document.activeElement === named && !named.hidden && asked === null && found.model !== named.value.trim())) {
      offered = key;
      const option = (value, text) => make("option", "", { value }, text);
      select.replaceChildren(
        option("m:", "on the same model"),
        ...offers.map((name) => option(`m:${name}`, name === head.model ? `on ${name} (as now)` : `on ${name}`)),
        option(ANOTHER, "on another model…"),
      );
      select.value = `m:${model}`;
      if (document.activeElement === named) select.focus({ preventScroll: true });
      named.hidden = true;
    }
    select.disabled = named.disabled = Boolean(engine.wire.closed);
    const priced = found.model ? [found.cost, found.text, found.change && `(${found.change})`].filter(Boolean).join(" ") : "";
    put(answer, asked !== null && asked !== (found.model ?? "") ? "pricing …" : priced);
    answer.dataset.priced = String(!found.model || found.priced);
    put(reasons, found.model ? found.notes.join(" ") : "");
    reasons.hidden = !reasons.textContent;
  }

  function draw() {
    const { head, wire } = engine;
    hideStill(wire.settings.still, engine.views.size > 0 && !wire.gone);
    root.setAttribute("aria-busy", String(!head));
    root.dataset.live = String(Boolean(head?.live && !wire.closed));
    put(says, wire.closed || engine.note.text || (head ? "" : "Counting …"));
    says.dataset.kind = wire.closed ? "" : engine.note.kind;
    if (!head) return;
    put(total, head.total || "Nothing was used yet");
    put(span, [head.span, head.model, head.endpoint].filter(Boolean).join(" · "));
    put(state, head.live && !wire.closed ? "live" : "");
    put(bill, head.bill.join(" · "));
    bill.hidden = !bill.textContent;
    drawGauges(head.gauges);
    charts.draw();
    drawWhatIf();
    table.draw();
    const lines = [...head.facts, ...head.notes];
    if ([...notes.children].map((each) => each.textContent).join("\n") !== lines.join("\n")) notes.replaceChildren(...lines.map((line) => make("li", "", {}, line)));
    notes.hidden = !lines.length;
  }

  const schedule = () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => { pending = false; draw(); });
  };
  const resized = new ResizeObserver(schedule);
  resized.observe(root);
  const keysBack = ownKeys(root);
  engine.views.add(schedule);
  engine.back();
  schedule();
  return () => {
    engine.views.delete(schedule);
    if (!engine.views.size) engine.bye();
    keysBack();
    resized.disconnect();
    hideStill(engine.wire.settings.still, engine.views.size > 0 && !engine.wire.gone);
  };
}

/** By the mark of the view's picture: each view of a model, and its beginning, has a proxy of the model of its own. */
const meters = new Map();

function initialize({ model }) {
  const name = model.get("settings").still;
  const engine = new MeterEngine(model);
  meters.set(name, engine);
  return () => {
    engine.dispose();
    if (meters.get(name) === engine) meters.delete(name);
  };
}

function render({ model, el }) {
  const name = model.get("settings").still;
  if (!meters.has(name)) meters.set(name, new MeterEngine(model));
  return meterView(meters.get(name), el);
}

export default { initialize, render };
