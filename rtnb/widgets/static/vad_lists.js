// What stands beneath the picture: scores, mistakes, what a sweep and a server told, turns, texts to copy. Joined behind vad_parts.js.

const REST_MS = 120;

/** Elements in order, and a way to bring them up to date. */
function lists(engine, pin) {
  const score = make("div", "rtnb-vad-wide");
  const scoreNote = make("div", "rtnb-vad-row");
  const gap = knob(engine, "turn_gap_s", { label: "turn gap", unit: "s", least: 0, most: 3, step: 0.05, digits: 2 });
  gap.box.title = "Labelled speech with shorter pauses than this is one turn. It decides every score.";
  const labelNote = make("div", "rtnb-vad-unit", { "data-part": "label-notes" });
  const wrongs = make("div");
  const found = make("div");
  const server = make("div", "rtnb-vad-wide");
  const turns = make("details");
  const turnsTitle = make("summary");
  const turnsTable = make("div", "rtnb-vad-wide");
  turnsTable.style.maxHeight = "220px";
  turns.append(turnsTitle, turnsTable);
  turns.addEventListener("toggle", () => { listedTurns = null; engine.draw(); });
  const copies = make("details", "", { "data-part": "copy" }, make("summary", "", {}, "Copy this setting"));
  const python = copyable("Python", 1);
  const json = copyable("session.update", 8);
  copies.append(python.box, json.box);
  const foot = make("div", "rtnb-vad-foot");
  let seen = null;
  let seenSweep = null;
  let seenTrial = null;
  let listedTurns = null;
  let listing = 0;

  function drawLists(result) {
    const { labelled } = result;
    score.replaceChildren(scores(engine, engine.rows, { current: engine.rows.length - 1 }));
    // The note stays: the field in it may be under a finger.
    if (!scoreNote.firstChild) scoreNote.append(make("span", "rtnb-vad-note"), gap.box, pin);
    put(scoreNote.firstChild, labelled.turns
      ? `${counted(labelled.turns, "labelled turn")} from ${counted(labelled.segments, "label")}. One recording: no interval.`
      : "No labels yet: draw the turns in the lane of labels, and mistakes and latencies are counted here.");
    gap.box.hidden = !labelled.turns;
    put(labelNote, labelled.notes.length ? `About the labels: ${labelled.notes.join("; ")}.` : "");
    labelNote.hidden = !labelled.notes.length;
    // A list of hundreds is for reading: it follows when the slider rests.
    clearTimeout(listing);
    listing = setTimeout(() => drawWrongs(result), seen === null ? 0 : REST_MS);
    python.area.value = result.python;
    json.area.value = result.session_update;
    json.area.rows = result.session_update.split("\n").length;
    const idle = engine.knobs.idle_timeout_ms !== null
      ? "idle timeout: it counts from the end of an answer's playback, so a recording alone cannot show it" : "";
    foot.replaceChildren(...[result.prediction, `${engine.recording?.engine ?? ""}`, idle, `computed in ${result.took_ms.toFixed(1)} ms`]
      .filter(Boolean).map((text) => make("span", "", {}, text)));
  }

  function drawWrongs(result) {
    const { labelled } = result;
    const items = engine.mistakes.map((each) => make("li", "", {}, button("", () => engine.play(Math.max(0, each.start_s - 1), each.end_s + 1), {
      title: "Play it, with a second before and after", "data-kind": each.kind,
    }, "rtnb-vad-link")));
    items.forEach((item, index) => {
      const each = engine.mistakes[index];
      item.firstChild.append(make("b", "", {}, NAMES[each.kind]), ` ${clock(each.start_s, 0.1)} · ${each.detail}`);
    });
    const more = result.mistakes_in_all - engine.mistakes.length;
    if (more > 0) items.push(make("li", "", {}, `and ${more} more: lab.mistakes has them all`));
    const title = result.mistakes_in_all === 1 ? "1 mistake" : `${result.mistakes_in_all} mistakes`;
    wrongs.replaceChildren(...(labelled.turns
      ? [make("h4", "", {}, items.length ? `${title}: press to hear` : "No mistakes on these labels."), ...(items.length ? [make("ul", "rtnb-vad-list", {}, ...items)] : [])]
      : []));
  }

  function drawTurns() {
    put(turnsTitle, engine.count === 1 ? "1 turn" : `${engine.count} turns`);
    if (!turns.open || listedTurns === engine.turns) return;
    listedTurns = engine.turns;
    const table = make("table", "rtnb-vad-table");
    const heads = ["turn", "speech", "to", "audio_start_ms", "audio_end_ms", "start known", "stop known"];
    table.append(make("thead", "", {}, make("tr", "", {}, ...heads.map((text) => make("th", "", { scope: "col" }, text)))));
    const body = make("tbody");
    for (let i = 0; i < Math.min(engine.count, 500); i++) {
      const [onset, end, from, until, started, stopped, closed] = engine.turns.subarray(7 * i, 7 * i + 7);
      const texts = [figure(onset, "s", 2), figure(end, "s", 2), figure(1000 * from), figure(1000 * until), figure(started, "s", 2),
        closed ? figure(stopped, "s", 2) : "after the clip"];
      body.append(make("tr", "", {}, make("td", "", {}, button(`▶ ${i + 1}`, () => engine.playTurn(i), { "aria-label": `Play turn ${i + 1}` }, "rtnb-vad-link")),
        ...texts.map((text) => make("td", "", {}, text))));
    }
    table.append(body);
    turnsTable.replaceChildren(table);
  }

  function drawSweep() {
    if (seenSweep === engine.sweep) return;
    seenSweep = engine.sweep;
    if (!engine.sweep) return found.replaceChildren();
    const box = make("div", "rtnb-vad-wide", {}, scores(engine, engine.sweep.rows, { first: "best and Pareto front" }));
    box.style.maxHeight = "230px";
    found.replaceChildren(make("h4", "", {}, engine.sweep.title), box);
  }

  function drawTrial() {
    if (!engine.trial) return;
    const title = `${engine.trial.title}${engine.outdated ? " (another setting than that of the sliders)" : ""}`;
    if (seenTrial === title) return;
    seenTrial = title;
    const words = `${engine.trial.summary} Below each turn: by how much its start / end differs from the prediction.`;
    const notes = (engine.trial.notes || []).map((each) => make("div", "rtnb-vad-unit", {}, each));
    server.replaceChildren(make("h4", "", {}, title), make("div", "rtnb-vad-unit", {}, words), ...notes);
  }

  return {
    elements: [score, scoreNote, labelNote, wrongs, found, server, turns, copies, foot],
    knobs: [gap],
    draw() {
      const { result } = engine;
      if (result && seen !== result) {
        drawLists(result);
        seen = result;
      }
      drawTurns();
      drawSweep();
      drawTrial();
    },
    end() {
      clearTimeout(listing);
    },
  };
}
