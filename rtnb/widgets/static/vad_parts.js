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
  const number = make("input", "", { type: "text", "aria-label": `${title}, as a number`, inputmode: "decimal", autocomplete: "off" });
  let switched = null;
  if (range.optional) {
    switched = make("input", "", { type: "checkbox" });
    caption.append(switched);
    switched.addEventListener("change", () => engine.want({ [name]: switched.checked ? Number(slider.value) : null }));
  }
  caption.append(range.label);
  const want = (value) => engine.want({ [name]: range.digits === 0 ? Math.round(value) : value });
  slider.addEventListener("input", () => want(Number(slider.value)));
  const shown = () => {
    const value = name === "turn_gap_s" ? engine.gapNow : engine.knobsNow[name];
    return value === null || value === undefined ? null : value;
  };
  // What is typed holds when it is finished: half a number is another number.
  const finish = () => {
    const value = typed(number.value);
    if (value !== null && value !== Number(shown()?.toFixed(range.digits))) want(value);
    typing = false;
    engine.draw();
  };
  let typing = false;
  number.addEventListener("input", () => {
    typing = true;
    number.setAttribute("aria-invalid", String(typed(number.value) === null));
  });
  number.addEventListener("change", finish);
  number.addEventListener("blur", finish);
  number.addEventListener("keydown", (event) => {
    if (event.key === "Enter") finish();
    else if (event.key === "Escape") {
      typing = false;
      engine.draw();
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && shown() !== null) {
      const next = (typed(number.value) ?? shown()) + (event.key === "ArrowUp" ? range.step : -range.step);
      typing = false;
      want(Number(Math.min(range.most, Math.max(range.least, next)).toFixed(range.digits)));
    } else return;
    event.preventDefault();
  });
  box.append(caption, slider, number, make("span", "rtnb-vad-unit", {}, range.unit));
  const draw = () => {
    const value = shown();
    const off = value === null;
    if (switched) {
      switched.checked = !off;
      switched.disabled = Boolean(engine.closed);
    }
    slider.disabled = number.disabled = off || Boolean(engine.closed);
    if (off) {
      number.value = "";
      return;
    }
    if (Number(slider.value) !== value) slider.value = String(value);
    slider.setAttribute("aria-valuetext", figure(value, range.unit, range.digits));
    if (typing) return;
    const text = value.toFixed(range.digits);
    if (number.value !== text) number.value = text;
    number.removeAttribute("aria-invalid");
  };
  return { box, draw };
}

const HEADS = [
  ["errors", "errors"], ["false_starts", "false starts"], ["missed", "missed"], ["clipped", "clipped onsets"], ["cut_offs", "cut-offs"],
  ["merged", "merged"], ["late", "late"],
];

function scores(engine, rows, { current = -1, first = "setting" } = {}) {
  const scored = rows.some((row) => row.score);
  const heads = scored ? [first, "turns found", ...HEADS.map(([, text]) => text), "fragments", "latency p50", "p90"] : [first, "turns found"];
  const table = make("table", "rtnb-vad-table");
  table.append(make("thead", "", {}, make("tr", "", {}, ...heads.map((text) => make("th", "", { scope: "col" }, text)))));
  const body = make("tbody");
  rows.forEach((row, index) => {
    const cells = [String(row.detected)];
    if (scored) {
      cells.push(...HEADS.map(([name]) => figure(row.score?.[name])), figure(row.score?.fragments, "", 1));
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
  const { threshold } = engine.knobs;
  if (most >= threshold) return "No turns found: what passes the threshold is shorter than the minimum speech.";
  const [highest, limit] = apart(most, threshold);
  return `No speech found: the highest probability is ${highest}, below the threshold of ${limit}.`;
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

function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
