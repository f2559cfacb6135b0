// The settings: every parameter with its unit, what is in effect, what is not applied yet. Joined behind console_desk.js.

let panels = 0;

function settingsPanel(desk, close) {
  const prefix = `rtnb-console-${++panels}-${Math.random().toString(36).slice(2, 7)}`;
  const grid = make("div", "rtnb-console-fields");
  const turns = make("fieldset", "rtnb-console-turns", {}, make("legend", "", {}, "Turn detection"));
  const kinds = make("div", "rtnb-row rtnb-console-kinds", { role: "radiogroup", "aria-label": "Turn detection" });
  const kindHelp = make("p", "rtnb-muted rtnb-console-help");
  const turnGrid = make("div", "rtnb-console-fields");
  turns.append(kinds, kindHelp, turnGrid);
  const tools = make("fieldset", "rtnb-console-turns", {}, make("legend", "", {}, "Tools"));
  const toolList = make("div", "rtnb-console-tools");
  tools.append(toolList);
  const apply = make("button", "rtnb-first", { type: "submit" }, "Apply");
  const revert = button("Revert", () => { desk.form.revert(); desk.applied = null; desk.draw(); });
  const says = make("span", "rtnb-says rtnb-console-applied", { role: "status" });
  const foot = make("div", "rtnb-row rtnb-console-foot", {}, apply, revert, says, make("span", "rtnb-grow"), button("Close settings", close));
  const box = make("form", "rtnb-console-panel", { "aria-label": "Settings", novalidate: "", id: prefix }, grid, turns, tools, foot);
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    desk.update();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) desk.update();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  /** Fields that are there, by path. */
  let made = new Map();
  let shape = "";

  const entry = (path, field) => {
    const known = fieldElement(desk, `${prefix}-${made.size}`, path, field);
    made.set(path, known);
    return known.box;
  };

  function build() {
    const { effect, kind } = desk.form;
    made = new Map();
    grid.replaceChildren(...effect.fields.map((field) => entry(field.name, field)));
    kinds.replaceChildren(...effect.turn_detection.kinds.map((each) => {
      const radio = make("input", "", { type: "radio", name: `${prefix}-kind`, value: each.value });
      radio.checked = each.value === kind;
      radio.addEventListener("change", () => { desk.form.edit("turn_detection", null, each.value); desk.applied = null; desk.draw(); });
      return make("label", "", {}, radio, each.label);
    }));
    const chosen = effect.turn_detection.kinds.find((each) => each.value === kind);
    put(kindHelp, chosen?.help || "");
    turnGrid.replaceChildren(...(chosen?.fields || []).map((field) => entry(`${kind}.${field.name}`, field)));
    toolList.replaceChildren(...effect.tools.map((tool) => {
      const tick = make("input", "", { type: "checkbox" });
      tick.addEventListener("change", () => { desk.form.edit(`tool.${tool.name}`, null, tick.checked); desk.applied = null; desk.draw(); });
      const label = make("label", "rtnb-console-tool", { title: tool.description || "" }, tick, make("span", "", {}, tool.name),
        make("span", "rtnb-muted rtnb-console-help", {}, `${tool.kind === "mcp" ? "MCP server. " : ""}${tool.description || ""}`));
      made.set(`tool.${tool.name}`, { box: label, draw: () => { tick.checked = Boolean(desk.form.value(`tool.${tool.name}`)); tick.disabled = Boolean(desk.closed); } });
      return label;
    }));
    if (effect.tools.length === 0) toolList.append(make("span", "rtnb-muted", {}, "No tools. In a cell: @s.tool above a function makes it one."));
  }

  function draw() {
    if (box.hidden) return;
    const { effect, kind } = desk.form;
    const now = JSON.stringify([
      effect.fields.map((field) => ({ ...field, value: 0 })), kind,
      effect.turn_detection.kinds.map((each) => [each.value, (each.fields || []).map((field) => ({ ...field, value: 0 }))]),
      effect.tools.map((tool) => [tool.name, tool.description]),
    ]);
    if (now !== shape) {
      // The focus stays on the field it was on.
      const at = [...made].find(([, each]) => each.box.contains(document.activeElement))?.[0];
      const onKind = kinds.contains(document.activeElement);
      shape = now;
      build();
      for (const each of made.values()) each.draw();
      if (at && made.has(at)) made.get(at).box.querySelector("input, select, textarea")?.focus();
      if (onKind) kinds.querySelector("input:checked")?.focus();
    }
    for (const each of made.values()) each.draw();
    const { pending, problem, reconnects } = desk.form;
    apply.disabled = Boolean(desk.closed) || pending.length === 0 || Boolean(problem) || Boolean(desk.form.sent);
    revert.disabled = pending.length === 0;
    const told = problem ? { kind: "problem", text: problem }
      : pending.length > 0 && (!desk.applied || desk.applied.kind === "done")
        ? { kind: "", text: `${pending.length} ${pending.length === 1 ? "change" : "changes"}, not applied yet. ${reconnects}`.trim() }
        : desk.applied || { kind: "", text: "What the server says is in effect." };
    put(says, told.text);
    says.dataset.kind = told.kind;
  }
  return { box, draw };
}

/** One parameter: label with its unit, the input, help, and who changed it. */
function fieldElement(desk, id, path, field) {
  const { form } = desk;
  const unit = field.unit ? ` (${field.unit})` : "";
  const label = make("label", "", { for: id }, field.label + unit);
  const help = make("div", "rtnb-muted rtnb-console-help", { id: `${id}-help` }, [field.help, field.why].filter(Boolean).join(" "));
  const elsewhere = make("div", "rtnb-console-elsewhere");
  const box = make("div", "rtnb-console-field", { "data-field": path });
  const attributes = { id, "aria-describedby": `${id}-help` };
  const edit = (raw) => { form.edit(path, field, raw); desk.applied = null; desk.draw(); };
  let input;
  let slider = null;
  let list = null;
  if (field.kind === "text") {
    input = make("textarea", "", { ...attributes, rows: "4", spellcheck: "true", placeholder: field.hidden ? "Hidden here. What you write replaces all of it." : "" });
    box.classList.add("rtnb-console-wide");
  } else if (field.kind === "bool") {
    input = make("input", "", { ...attributes, type: "checkbox" });
  } else if (field.kind === "choice" && !field.free) {
    input = make("select", "", attributes);
    if (field.optional) input.append(make("option", "", { value: "" }, "off"));
    for (const each of field.choices || []) {
      input.append(make("option", "", { value: String(each.value ?? "") }, each.note ? `${each.label}: ${each.note}` : each.label));
    }
  } else {
    input = make("input", "", { ...attributes, type: "text", autocomplete: "off", spellcheck: "false", placeholder: defaultText(field) });
    if (field.kind === "number") input.inputMode = "decimal";
    if (field.choices?.length) {
      list = make("datalist", "", { id: `${id}-list` });
      for (const each of field.choices) list.append(make("option", "", { value: String(each.value ?? "") }, each.note || each.label || ""));
      input.setAttribute("list", `${id}-list`);
    }
    if (field.kind === "number" && Number.isFinite(field.least) && Number.isFinite(field.most)) {
      slider = make("input", "", {
        type: "range", min: field.least, max: field.most, step: field.step || "any", "aria-label": `${field.label}${unit}, slider`,
      });
      slider.addEventListener("input", () => edit(slider.value));
    }
  }
  const told = () => (field.kind === "bool" ? input.checked : input.value);
  input.addEventListener(field.kind === "bool" || input.tagName === "SELECT" ? "change" : "input", () => edit(told()));
  const control = make("div", "rtnb-console-control", {}, ...(slider ? [slider] : []), input, ...(list ? [list] : []));
  if (field.kind === "bool") {
    label.prepend(input);
    box.append(label, help, elsewhere);
  } else box.append(label, control, help, elsewhere);

  function draw() {
    const value = form.value(path);
    const disabled = Boolean(desk.closed || field.why);
    input.disabled = disabled;
    if (field.kind === "bool") {
      input.checked = Boolean(value ?? field.default);
      input.indeterminate = value === null && (field.default === null || field.default === undefined);
    } else {
      const text = typeof value === "string" && !field.hidden ? value : shownValue(field, value);
      if (input.tagName === "SELECT" && text && ![...input.options].some((each) => each.value === text)) input.append(make("option", "", { value: text }, text));
      // What is being typed stays as it is typed.
      const typing = document.activeElement === input && form.edits.has(path);
      if (!typing && input.value !== text) input.value = text;
    }
    if (slider) {
      slider.disabled = disabled;
      const at = Number(value ?? field.default);
      if (Number.isFinite(at) && value !== "" && Number(slider.value) !== at) slider.value = String(at);
    }
    const bad = form.problems.has(path);
    if (bad) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    box.toggleAttribute("data-changed", form.edits.has(path));
    const other = form.elsewhere.has(path);
    elsewhere.hidden = !other;
    if (other) put(elsewhere, `Changed elsewhere meanwhile: ${shownValue(field, form.values().get(path)) || "off"}. Apply overwrites it, Revert takes it.`);
  }
  return { box, draw };
}
