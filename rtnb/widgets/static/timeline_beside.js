// What stands under the timeline's picture: what its marks mean, and the latencies of two runs side by side.

/** Of the lanes that there are, what does not explain itself. */
function legendParts(runs) {
  const has = new Set();
  for (const run of runs) for (const lane of lanesWith(run)) has.add(LANES[lane].key);
  const lane = (key) => LANES.findIndex((each) => each.key === key);
  const ends = new Set();
  let faded = false;
  for (const { tables: { bars, waves } } of runs) {
    for (let i = 0; i < bars.count; i++) if (bars.lane[i] === lane("response") || bars.lane[i] === lane("tools")) ends.add(bars.ends[i]);
    for (let i = 0; i < waves.count && !faded; i++) faded = !Number.isNaN(waves.heard[i]) && waves.heard[i] < waves.end[i];
  }
  const parts = [];
  if (has.has("detection")) parts.push([[["vad", 0.38]], "detected speech; paler before it: padding, stronger behind it: the silence that ended it"]);
  if (has.has("response")) parts.push([[["asst", 0.32]], "a response; paler: until its first output"]);
  if (ends.has(1)) parts.push([[["mark", 1]], "■ cancelled"]);
  if (ends.has(2)) parts.push([[["mark", 1, "half"]], "◐ incomplete"]);
  if (ends.has(3)) parts.push([[["err", 1]], "✕ failed"]);
  if (faded) parts.push([[["asst", 0.25]], "received and never heard"]);
  if (has.has("cost")) {
    parts.push([[["user", 1]], "new input"], [[["stored", 1]], "cached input"], [[["asst", 1]], "output (the width of a cost is money, not time)"]);
  }
  return parts;
}

function legendOf() {
  const line = make("div", "rtnb-tl-legend", { role: "note", "aria-label": "What the marks mean" });
  let drawn = "";
  const draw = (runs) => {
    const parts = legendParts(runs);
    const key = JSON.stringify(parts);
    if (key === drawn) return;
    drawn = key;
    line.replaceChildren(...parts.map(([swatches, text]) => {
      const shown = swatches.map(([tone, alpha, half]) => {
        const swatch = make("i", half ? "rtnb-tl-half" : "", { "aria-hidden": "true" });
        swatch.style.background = `var(--${tone})`;
        swatch.style.opacity = String(alpha);
        return swatch;
      });
      return make("span", "", {}, ...shown, text);
    }));
    line.hidden = !parts.length;
  };
  return { line, draw };
}

/** The medians of two runs; open or not as somebody left it. */
function comparisonOf() {
  const heads = ["Latency (median)", "Run 1", "turns", "Run 2", "turns", "Difference"];
  const head = make("thead", "", {}, make("tr", "", {}, ...heads.map((text) => make("th", "", { scope: "col" }, text))));
  const body = make("tbody");
  const table = make("table", "rtnb-tl-both", {}, head, body);
  const panel = make("details", "rtnb-tl-compare", {}, make("summary", "", {}, "Latencies side by side"), make("div", "rtnb-tl-wide", {}, table));
  let drawn = null;
  const draw = (both, runs) => {
    panel.hidden = runs.length < 2 || !both?.rows.length;
    if (panel.hidden || drawn === both) return;
    drawn = both;
    body.replaceChildren(...both.rows.map(([label, ...cells]) =>
      make("tr", "", {}, make("th", "", { scope: "row" }, label), ...cells.map((text) => make("td", "", {}, String(text))))));
    heads.forEach((text, i) => put(head.firstChild.children[i], text === "Run 1" ? runs[0].head.label || text : text === "Run 2" ? runs[1].head.label || text : text));
  };
  return { panel, draw };
}

/** The ways that two runs can be aligned, in words. */
function wayText(way, both) {
  if (typeof way === "number") return `aligned at turn ${way + 1}`;
  if (way === "auto") return both?.align === "auto" && both.words ? `aligned automatically: ${both.words.replace(/^at (the )?/, "")}` : "aligned automatically";
  return { start: "aligned at the start", speech: "aligned at the first speech", response: "aligned at the first response" }[way] ?? `aligned: ${way}`;
}
