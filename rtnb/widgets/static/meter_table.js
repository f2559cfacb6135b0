// The meter's numbers as a table, for whoever does not see bars. Joined before the meter itself.

function meterTable(engine) {
  const head = make("thead");
  const body = make("tbody");
  const foot = make("tfoot");
  const table = make("table", "rtnb-um-table", {}, make("caption", "", {}, "Tokens and cost of each turn"), head, body, foot);
  const region = make("div", "rtnb-um-region", { tabindex: "0", role: "region", "aria-label": "Tokens and cost of each turn, as a table" }, table);
  region.hidden = true;
  region.addEventListener("keydown", (event) => event.stopPropagation());
  let drawn = null;
  let shownParts = "";

  const cells = (kind, texts) => texts.map((text) => make(kind, "", {}, text));
  const lineOf = (row, parts) => {
    const name = make("th", "", { scope: "row" }, turnName(row));
    return make("tr", "", {}, name, ...cells("td", [
      ...parts.map((part) => tokens(row.counts[part])), percent(row.share), row.cost, row.turn < 0 ? "–" : row.so_far, row.status,
    ]));
  };

  function draw() {
    if (region.hidden || drawn === engine.turns) return;
    const parts = partsIn(engine.head.counts);
    const key = parts.join();
    const before = shownParts === key && drawn ? drawn : [];
    const { turns } = engine;
    let same = 0;
    while (same < before.length && same < turns.length && before[same] === turns[same]) same += 1;
    while (body.children.length > same) body.lastChild.remove();
    body.append(...turns.slice(same).map((row) => lineOf(row, parts)));
    const titles = ["Turn", ...parts.map((part) => engine.parts[part]), "cached", "cost", "so far", "status"];
    if (shownParts !== key || !head.children.length) {
      head.replaceChildren(make("tr", "", {}, ...titles.map((title) => make("th", "", { scope: "col" }, title))));
    }
    shownParts = key;
    drawn = turns;
    const sums = [...parts.map((part) => tokens(engine.head.counts[part])), percent(engine.head.share), engine.head.total, "", ""];
    foot.replaceChildren(make("tr", "", {}, make("th", "", { scope: "row" }, "All"), ...cells("td", sums)));
  }

  return { region, draw };
}
