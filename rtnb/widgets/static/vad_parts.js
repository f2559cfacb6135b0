// Elements of the VAD lab's page: sliders, tables, texts to copy. Joined behind vad_engine.js and vad_paint.js.

function make(kind, className = "", attributes = {}, ...children) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(text, press, attributes = {}, className = "") {
  const made = make("button", className, { type: "button", ...attributes }, text);
  made.addEventListener("click", press);
  return made;
}

/** Set only where it changes: screen readers and carets notice. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A slider, its number field, its unit; optional ones have a box that switches them on. */
function knob(engine, name, range) {
  const box = make("div", "rtnb-vad-knob", { "data-knob": name });
  const title = range.unit ? `${range.label} in ${range.unit === "ms" ? "milliseconds" : range.unit}` : range.label;
  const caption = make("label");
  const slider = make("input", "", { type: "range", min: range.least, max: range.most, step: range.step, "aria-label": title });
  const number = make("input", "", { type: "number", step: range.step, "aria-label": `${title}, as a number`, inputmode: "decimal" });
  let switched = null;
  if (range.optional) {
    switched = make("input", "", { type: "checkbox" });
    caption.append(switched);
    switched.addEventListener("change", () => engine.want({ [name]: switched.checked ? Number(slider.value) : null }));
  }
  caption.append(range.label);
  const want = (value) => engine.want({ [name]: range.digits === 0 ? Math.round(value) : value });
  slider.addEventListener("input", () => want(Number(slider.value)));
  number.addEventListener("input", () => {
    const value = typed(number.value);
    number.setAttribute("aria-invalid", String(value === null));
    if (value !== null) want(value);
  });
  number.addEventListener("blur", () => engine.draw());
  box.append(caption, slider, number, make("span", "rtnb-vad-unit", {}, range.unit));
  const draw = () => {
    const value = name === "turn_gap_s" ? engine.gapNow : engine.knobsNow[name];
    const off = value === null || value === undefined;
    if (switched) switched.checked = !off;
    slider.disabled = number.disabled = off || Boolean(engine.settings.closed);
    if (off) {
      number.value = "";
      return;
    }
    if (Number(slider.value) !== value) slider.value = String(value);
    slider.setAttribute("aria-valuetext", figure(value, range.unit, range.digits));
    if (document.activeElement !== number || number.getAttribute("aria-invalid") !== "true" && typed(number.value) !== value) {
      number.value = value.toFixed(range.digits);
    }
    if (document.activeElement !== number) number.removeAttribute("aria-invalid");
  };
  return { box, draw };
}

const HEADS = [
  ["false_starts", "false starts"], ["missed", "missed"], ["clipped", "clipped onsets"], ["cut_offs", "cut-offs"],
  ["merged", "merged"], ["late", "late"],
];

function scores(engine, rows, { current = -1, first = "setting" } = {}) {
  const scored = rows.some((row) => row.score);
  const heads = scored ? [first, "turns found", ...HEADS.map(([, text]) => text), "latency p50", "p90"] : [first, "turns found"];
  const table = make("table", "rtnb-vad-table");
  table.append(make("thead", "", {}, make("tr", "", {}, ...heads.map((text) => make("th", "", { scope: "col" }, text)))));
  const body = make("tbody");
  rows.forEach((row, index) => {
    const cells = [String(row.detected)];
    if (scored) {
      cells.push(...HEADS.map(([name]) => figure(row.score?.[name])));
      cells.push(figure(row.score?.p50_ms, "ms"), figure(row.score?.p90_ms, "ms"));
    }
    const made = make("tr", "", index === current ? { "aria-current": "true" } : {});
    const name = make("td");
    if (index === current) name.append(`${row.name} ${row.setting}`);
    else {
      const title = "Set the sliders to this";
      name.append(button(`${row.name} ${row.setting}`.trim(), () => engine.want(row.knobs), { title }, "rtnb-vad-link"));
    }
    made.append(name, ...cells.map((text) => make("td", "", {}, text)));
    body.append(made);
  });
  table.append(body);
  return table;
}

/** What there is nothing of, in words. */
function emptiness(engine) {
  if (!engine.result || !engine.recording) return "Waiting for the kernel …";
  if (engine.recording.silent) return "This clip is silent: every sample is zero.";
  if (engine.count > 0) return "";
  let most = 0;
  for (const p of engine.p) if (p > most) most = p;
  return most < engine.knobs.threshold
    ? `No speech found: the highest probability is ${most.toFixed(2)}, below the threshold of ${engine.knobs.threshold.toFixed(2)}.`
    : "No turns found: what passes the threshold is shorter than the minimum speech.";
}

/** Text for another place, with a button; where the browser gives no clipboard the text is selected. */
function copyable(title, rows) {
  const area = make("textarea", "", { readonly: "", rows, spellcheck: "false", "aria-label": title });
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(area.value);
      put(copy, "Copied");
    } catch {
      area.focus();
      area.select();
      put(copy, "Selected: press Ctrl+C");
    }
    setTimeout(() => put(copy, "Copy"), 2500);
  }, { "aria-label": `Copy ${title}` });
  area.addEventListener("focus", () => area.select());
  const box = make("div", "", {}, make("div", "rtnb-vad-row", {}, make("span", "rtnb-vad-unit", {}, title), make("span", "rtnb-vad-grow"), copy), area);
  return { box, area };
}
