// What is told of an event below the picture, and of what is under the pointer.

const ARROWS = { sent: "↑ sent", received: "↓ received", local: "· noted by rtnb" };

function clockTexts(run, t) {
  const made = [`${t.toFixed(3)} s`];
  if (run.head.wall_s) made.push(dayTime(run.head.wall_s, t - (run.head.shift_s || 0)));
  const audio = run.audioMs(t);
  if (audio !== null) made.push(`audio clock ${(audio / 1000).toFixed(3)} s`);
  return made;
}

/** One line on what is under the pointer. */
function hint(engine, found, told = false) {
  const run = engine.runs[found.run];
  const table = run.tables[found.what];
  if (table) {
    const i = found.index;
    if (found.what === "costs") {
      const parts = [["fresh input", table.fresh], ["cached input", table.cached], ["output", table.out]].map(([name, values]) => `${name} ${usd(values[i])}`);
      const hit = table.hit[i] > 0 ? ` · ${Math.round(100 * table.hit[i])} % of the input cached` : "";
      return [`${usd(table.usd[i])} · ${usd(table.total[i])} in all`, parts.join(" · ") + hit];
    }
    if (found.what === "brackets") return table.text[i].split("\n").slice(0, 2);
    const [text] = table.text[i].split("\n");
    const [start, end] = [table.start[found.index], (table.end ?? table.start)[found.index]];
    const when = end > start ? `${start.toFixed(2)} to ${end.toFixed(2)} s · ${lasting(end - start)}` : `${start.toFixed(3)} s`;
    const title = found.what === "waves" ? LANES[table.lane[found.index]].name : text;
    const heard = found.what === "waves" && !Number.isNaN(table.heard[found.index])
      ? ` · heard ${lasting(table.heard[found.index] - start)} of ${lasting(end - start)}` : "";
    return [title, when + heard + (told && engine.slice(found) ? " · click to play" : "")];
  }
  if (found.what === "bursts") {
    const burst = run.bursts[found.family][found.index];
    return [`${run.kinds[burst.kind].type} ×${burst.count}`, `${burst.start.toFixed(3)} to ${burst.end.toFixed(3)} s`];
  }
  if (found.what === "events") return [run.kinds[run.kind.values[found.seq]].type, `${run.t.values[found.seq].toFixed(3)} s`];
  return null;
}

function detailPanel(engine) {
  const title = make("b", "rtnb-tl-type");
  const when = make("span", "rtnb-muted");
  const play = button("▶ Play", () => engine.play(), {}, "rtnb-chip");
  const back = button("‹", () => engine.walk(-1), { "aria-label": "Previous event", title: "Previous event (p)" }, "rtnb-chip");
  const on = button("›", () => engine.walk(1), { "aria-label": "Next event", title: "Next event (n)" }, "rtnb-chip");
  const close = button("×", () => engine.choose(null), { "aria-label": "Close the details", title: "Close (Escape)" }, "rtnb-chip");
  const about = make("p", "rtnb-tl-about");
  const means = make("dl", "rtnb-tl-means");
  const json = make("pre", "rtnb-tl-json", { tabindex: "0", "aria-label": "The event as JSON, audio left out" });
  const copy = button("Copy JSON", () => {
    navigator.clipboard?.writeText(json.textContent).then(() => engine.say("Copied."), () => engine.say("The browser does not let it be copied; select it instead.", "problem"));
  }, {}, "rtnb-chip");
  const head = make("div", "rtnb-row", {}, title, when, make("span", "rtnb-grow"), make("span", "rtnb-tl-verbs", {}, play, copy, back, on, close));
  const panel = make("section", "rtnb-tl-detail", { "aria-label": "Details of the event" }, head, about, means, json);
  let drawn = null;

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      engine.choose(null);
    } else if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });

  const draw = () => {
    const { selected } = engine;
    const run = selected && engine.runs[selected.run];
    panel.hidden = !run;
    if (!run) return;
    const kind = run.kinds[run.kind.values[selected.seq]];
    const known = engine.details.get(`${selected.run}.${selected.seq}`);
    const says = hint(engine, selected);
    put(title, kind && selected.seq < run.count ? kind.type : says?.[0] ?? "");
    const t = run.t.values[selected.seq] ?? engine.at(selected);
    put(when, [kind ? ARROWS[kind.direction] : "", ...clockTexts(run, t), `#${selected.seq}`].filter(Boolean).join(" · "));
    play.hidden = !engine.slice(selected) && !engine.playing;
    put(play, engine.playing ? "■ Stop" : "▶ Play");
    put(about, says && selected.what !== "events" ? says.join(" · ") : "");
    about.hidden = !about.textContent;
    const stamp = known || engine.wire.closed;
    if (drawn === stamp && drawn) return;
    drawn = stamp;
    const rows = (known?.explain ?? []).flatMap(([name, text]) => [make("dt", "", {}, name), make("dd", "", {}, text)]);
    means.replaceChildren(...rows);
    put(json, known ? known.json : engine.wire.closed ? "The kernel would have to be asked for it." : "…");
  };
  return { panel, draw };
}
