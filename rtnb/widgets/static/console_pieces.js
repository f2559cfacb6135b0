// What hangs below a row: results, questions, pictures, an explanation. Joined before console_log.js.

/**
 * The pieces of one row; inputs are kept while the row changes.
 * `row()` gives it as it is now, `redraw()` draws it once more.
 */
function pieceOf(desk, row, redraw) {
  const pictures = make("div", "rtnb-console-pictures");
  const output = make("div", "rtnb-console-output");
  const whole = button("", () => { const now = row(); if (now) desk.tell("whole", { item: now.item }); }, {}, "rtnb-chip");
  const explain = button("Explain", () => { const now = row(); if (now) desk.explain(now); }, {}, "rtnb-chip");
  const explained = make("div", "rtnb-console-explained");
  const asking = askingFor(desk, row);
  const approving = approvingOf(desk, row);
  const given = make("pre", "rtnb-console-arguments", { tabindex: "0", role: "region", "aria-label": "Arguments of the call" });
  given.addEventListener("keydown", (event) => { if (/^(Arrow|Page|Home|End)/.test(event.key)) event.stopPropagation(); });
  const more = button("", () => { found.all = !found.all; redraw(); }, {}, "rtnb-chip");

  function of(now) {
    const out = [];
    const call = now.kind === "call";
    const result = call ? resultText(now) : "";
    if (call && now.open) {
      // Whoever decides sees all of it, as it will be sent.
      put(given, plainArguments(now.arguments) || "no arguments");
      out.push(given);
    } else if (call && argumentsText(now.arguments, Infinity).length > SHORT_ARGUMENTS) {
      put(more, found.all ? "Show less" : "Show all arguments");
      more.setAttribute("aria-expanded", String(found.all));
      out.push(more);
    }
    if (result.length > SHORT_RESULT || result.includes("\n")) out.push(output);
    if (call && now.open) {
      const asked = now.approval ? approving : asking;
      asked.draw(now);
      out.push(asked.box);
    }
    if (now.images?.length) out.push(pictures);
    if (now.cut > 0) {
      put(whole, `Show ${now.cut.toLocaleString("en")} more characters`);
      out.push(whole);
    }
    if (now.kind === "error" && now.event >= 0) {
      const known = desk.explained.get(now.id);
      explain.setAttribute("aria-expanded", String(Boolean(known)));
      out.push(explain);
      if (known) {
        explained.replaceChildren(make("b", "", {}, known.title || ""), ...(known.parts || []).map(({ label, text }) =>
          make("p", "", {}, make("span", "rtnb-muted", {}, label ? `${label}: ` : ""), text)));
        out.push(explained);
      }
    }
    return out;
  }

  /** The end of the session changes what can be pressed. */
  function follow() {
    const now = row();
    if (now?.kind !== "call" || !now.open) return;
    (now.approval ? approving : asking).draw(now);
  }
  const found = { pictures, output, of, follow, all: false };
  return found;
}

/** A function call that waits for somebody: its result in a box. */
function askingFor(desk, row) {
  const given = make("textarea", "", { rows: "1", "aria-label": "Result of the function", placeholder: "Result: words or JSON" });
  const give = button("Give result", () => {
    const now = row();
    if (now && given.value.trim()) desk.tell("answer", { call: now.call, output: given.value });
  }, {}, "rtnb-first");
  keysHere(given);
  const draw = () => {
    give.disabled = given.value.trim() === "" || Boolean(desk.closed);
    give.title = give.disabled && !desk.closed ? 'Write the result first; "" is an empty one' : "";
  };
  given.addEventListener("input", draw);
  return { box: make("div", "rtnb-row rtnb-console-asking", {}, given, give), draw };
}

/** A call of an MCP server's tool that waits for a yes. */
function approvingOf(desk, row) {
  const question = make("span");
  const reason = make("input", "rtnb-console-reason", { type: "text", "aria-label": "Reason for denying", placeholder: "Reason (the model reads it)", maxlength: "2000" });
  keysHere(reason);
  const decide = (yes) => {
    const now = row();
    if (now) desk.tell("approve", { item: now.item, approve: yes, reason: yes ? "" : reason.value.trim() });
  };
  reason.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); decide(false); } });
  const approve = button("Approve", () => decide(true), {}, "rtnb-first");
  const deny = button("Deny", () => decide(false));
  const hidden = make("div", "rtnb-console-note", { role: "alert" });
  const no = make("span", "rtnb-row rtnb-console-denying", {}, deny, reason);
  const box = make("div", "", {}, hidden, make("div", "rtnb-row rtnb-console-asking", {}, question, approve, no));
  const draw = (now) => {
    const cut = now.arguments_cut || 0;
    put(question, now.server ? `May ${now.server} run this?` : "May this run?");
    put(hidden, cut > 0 ? `${cut.toLocaleString("en")} more characters are too many to be shown here: read s.approvals in a cell, and decide there.` : "");
    hidden.hidden = cut === 0;
    approve.disabled = cut > 0 || Boolean(desk.closed);
    deny.disabled = reason.disabled = Boolean(desk.closed);
  };
  return { box, draw };
}
