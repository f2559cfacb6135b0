// The conversation: one element a row, drawn anew only where the row changed. Joined behind console_desk.js.

const NEAR_END_PX = 28;
const SHORT_RESULT = 90;

/** How long what somebody did may go on scrolling; a scroll bar is held for a while. */
const HANDS_MS = { wheel: 800, touchmove: 2000, keydown: 800, focusin: 800, pointerdown: 8000 };

/** The conversation's box; `draw()` after each change. */
function conversation(desk) {
  const log = make("div", "rtnb-console-log", { role: "log", "aria-label": "Conversation", "aria-live": "off", tabindex: "0" });
  const list = make("div", "rtnb-console-rows");
  const empty = make("p", "rtnb-console-empty rtnb-muted");
  const earlier = button("", () => {
    // Who looks back stays there, and keeps what is looked at.
    stay(false);
    desk.tell("earlier", { before: desk.book.rows[0]?.id || "", count: 100 });
  }, {}, "rtnb-chip");
  const above = make("div", "rtnb-console-earlier", {}, earlier);
  const jump = button("↓ Latest", () => { stay(true); toEnd(); desk.draw(); }, { "aria-label": "Go to the latest message" }, "rtnb-chip rtnb-console-jump");
  // Finished rows are read out, growing ones are not.
  const aloud = make("div", "rtnb-console-aloud", { role: "status", "aria-live": "polite" });
  log.append(above, empty, list);
  const box = make("div", "rtnb-console-talk", {}, log, jump, aloud);
  const known = new Map();
  const told = new Set();
  const marks = desk.book.watch();
  let followed = "";
  let stuck = true;
  let began = false;
  let unseen = false;

  let handsUntil = 0;

  const stay = (end) => {
    stuck = end;
    if (end) desk.reading.delete(marks);
    else desk.reading.add(marks);
  };
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  for (const [kind, ms] of Object.entries(HANDS_MS)) {
    log.addEventListener(kind, () => { handsUntil = Math.max(handsUntil, performance.now() + ms); }, { passive: true });
  }
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  log.addEventListener("scroll", () => {
    // Only who scrolls leaves the end: what grew or was laid out anew meanwhile did not.
    if (atEnd()) stay(true);
    else if (performance.now() < handsUntil) stay(false);
    if (stuck) unseen = false;
    jump.hidden = stuck;
  }, { passive: true });

  function draw() {
    const { rows } = desk.book;
    if (desk.settings.height) log.style.maxHeight = `${desk.settings.height}px`;
    const { touched, moved } = marks.clear();
    let changed = false;
    let first = null;
    // Rows from before are no news either.
    const back = moved && known.size > 0 && rows.length > 0 && !known.has(rows[0].id);
    if (moved) {
      if (back) first = log.scrollHeight - log.scrollTop;
      changed = place(rows);
    }
    for (const id of touched) changed = known.get(id)?.draw() || changed;
    // What plays, and the end of it all, change the buttons of every row.
    const state = `${desk.sound.id} ${desk.closed}`;
    if (state !== followed) {
      followed = state;
      for (const made of known.values()) made.follow();
    }
    above.hidden = desk.book.earlier === 0;
    put(earlier, `Show ${desk.book.earlier.toLocaleString("en")} earlier`);
    earlier.disabled = Boolean(desk.closed);
    empty.hidden = rows.length > 0;
    put(empty, desk.book.status !== null && desk.closed ? "Nothing was said." : desk.book.status === null
      ? desk.closed || "Waiting for the kernel …"
      : "Nothing has been said yet. Type a message, hold the button and speak, or drop an audio file here.");
    // What was here already when the page appeared is not news.
    for (const id of began ? touched : known.keys()) {
      const row = told.has(id) ? null : known.get(id)?.now();
      const said = row ? spokenRow(row) : "";
      if (!said) continue;
      told.add(id);
      if (began && !back) put(aloud, said.length > 300 ? `${said.slice(0, 300)} …` : said);
    }
    began ||= desk.book.status !== null;
    if (stuck) toEnd();
    else if (first !== null) log.scrollTop = log.scrollHeight - first;
    else if (changed && !atEnd()) unseen = true;
    jump.hidden = stuck || atEnd();
    jump.classList.toggle("rtnb-console-news", unseen);
  }

  /** Elements come, go and take their places as rows do; whether any did. */
  function place(rows) {
    const kept = new Set(rows.map((row) => row.id));
    let changed = false;
    for (const [id, made] of known) {
      if (kept.has(id)) continue;
      // The focus stays in the conversation when a row goes.
      if (made.box.contains(document.activeElement)) log.focus({ preventScroll: true });
      made.box.remove();
      known.delete(id);
      changed = true;
    }
    let before = null;
    for (const row of rows) {
      let made = known.get(row.id);
      if (!made) {
        made = rowElement(desk, row.id);
        known.set(row.id, made);
        made.draw();
        changed = true;
      }
      const next = before === null ? list.firstChild : before.nextSibling;
      if (next !== made.box) list.insertBefore(made.box, next);
      before = made.box;
    }
    return changed;
  }

  function dispose() {
    desk.reading.delete(marks);
    desk.book.watchers.delete(marks);
  }
  return { box, log, draw, dispose, settle: () => { if (stuck) toEnd(); } };
}

/** One row. */
function rowElement(desk, id) {
  const who = make("div", "rtnb-console-who");
  const text = make("span", "rtnb-console-heard");
  const faded = make("span", "rtnb-console-unheard");
  const chip = make("span", "rtnb-console-chip");
  const said = make("div", "rtnb-console-text", {}, text, faded);
  const note = make("span", "rtnb-console-note");
  const extra = make("div", "rtnb-console-extra");
  const row = () => desk.book.rows.findLast((each) => each.id === id);
  const play = button("▶", () => { const now = row(); if (now) desk.replay(now); }, {}, "rtnb-console-act");
  const remove = button("✕", () => { const now = row(); if (now) desk.tell("delete", { item: now.item }); }, {}, "rtnb-console-act");
  const acts = make("div", "rtnb-console-acts", {}, play, remove);
  const box = make("div", "rtnb-console-row", { role: "article" }, who, make("div", "rtnb-console-body", {}, said, note, extra), acts);
  const pieces = pieceOf(desk, row, () => { drawn = null; draw(); });
  let drawnPictures = "";

  let drawn = null;

  /** Whether there was something to draw. */
  function draw() {
    const now = row();
    if (!now || now === drawn) return false;
    drawn = now;
    follow();
    box.dataset.kind = now.kind;
    box.dataset.who = now.who || "";
    box.dataset.tone = now.tone || "";
    box.toggleAttribute("data-streaming", Boolean(now.streaming));
    put(who, speaker(now));
    box.setAttribute("aria-label", speaker(now));
    if (now.kind === "call") {
      // What somebody is to decide about stands below in full.
      put(text, now.open ? now.name : `${now.name}(${pieces.all ? argumentsText(now.arguments, Infinity) : argumentsText(now.arguments)})`);
      put(faded, "");
      // A short result stands beside its call.
      const result = resultText(now);
      const beside = result.length <= SHORT_RESULT && !result.includes("\n");
      put(pieces.output, result ? `${beside ? " " : ""}→ ${result}` : "");
      if (result && beside && pieces.output.parentNode !== said) said.append(pieces.output);
    } else {
      const [heard, rest] = heardPieces(now);
      put(text, heard);
      put(faded, rest);
    }
    faded.title = faded.textContent ? "Not heard: the answer was interrupted here" : "";
    const cut = heardChip(now);
    put(chip, cut);
    if (cut && !chip.isConnected) said.append(" ", chip);
    else if (!cut) chip.remove();
    // The chip says it already.
    put(note, cut && /^interrupted/.test(now.note || "") ? "" : now.note || "");
    note.hidden = !note.textContent;
    const shown = JSON.stringify((now.images || []).map((each) => [each.index, desk.picture(now.item, each.index, each.mime)]));
    if (shown !== drawnPictures) {
      drawnPictures = shown;
      pieces.pictures.replaceChildren(...(now.images || []).map((each) => pictureOf(desk, now.item, each)));
    }
    const below = pieces.of(now);
    // A field that somebody writes in must not leave the page for a moment.
    if (below.length !== extra.childElementCount || below.some((each, index) => each !== extra.children[index])) extra.replaceChildren(...below);
    extra.hidden = extra.childElementCount === 0;
    return true;
  }

  /** What changes without the row. */
  function follow() {
    const now = drawn;
    const playing = desk.sound.id === id;
    play.hidden = !now.replayable;
    const length = now.audio_s ? secondsText(now.audio_s) : "";
    put(play, playing ? "■ Stop" : `▶ ${length}`.trim());
    play.setAttribute("aria-label", playing ? "Stop the replay" : `Replay${length ? `, ${length}` : ""}: ${speaker(now)}`);
    play.title = playing ? "Stop" : "Replay what was said";
    play.disabled = Boolean(desk.closed);
    box.toggleAttribute("data-playing", playing);
    remove.hidden = !now.deletable;
    remove.setAttribute("aria-label", `Delete from the conversation: ${speaker(now)}`);
    remove.title = "Delete from the conversation";
    remove.disabled = Boolean(desk.closed);
    pieces.follow();
  }
  return { box, draw, follow, now: () => drawn };
}

function pictureOf(desk, item, image) {
  const size = image.width && image.height ? `, ${image.width} × ${image.height}` : "";
  const name = `Image ${image.index + 1}, ${image.mime.replace("image/", "")}${size}`;
  const url = desk.picture(item, image.index, image.mime);
  return url ? make("img", "rtnb-console-picture", { src: url, alt: name, title: name }) : make("span", "rtnb-muted", {}, `${name}, ${bytesText(image.bytes || 0)}`);
}

/** What a call gave, and how long that took. */
function resultText(now) {
  if (!now.output) return "";
  return now.took_s === null || now.took_s === undefined ? now.output : `${now.output} · ${secondsText(now.took_s)}`;
}

/** A notebook takes letters as commands; what is typed here is text. */
function keysHere(field) {
  for (const kind of ["keydown", "keyup", "keypress"]) field.addEventListener(kind, (event) => { if (isOurKey(event)) event.stopPropagation(); });
  for (const kind of ["paste", "copy", "cut"]) field.addEventListener(kind, (event) => event.stopPropagation());
}
