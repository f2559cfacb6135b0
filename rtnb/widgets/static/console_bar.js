// What one talks with: the held button, the open microphone, files, the text box. Joined behind console_desk.js.

const STRIP = { width: 132, height: 26 };
const TEXT_ROWS = 7;

function talkBar(desk) {
  // The held button: pointer, Space and Enter, and a click of a screen reader, which is no press.
  const dot = make("span", "rtnb-console-dot", { "aria-hidden": "true" });
  const holdText = make("span");
  const hold = make("button", "rtnb-first rtnb-console-hold", {
    type: "button", "aria-pressed": "false", title: "Hold with the mouse, a finger or the space bar; Escape throws it away",
  }, dot, holdText);
  const press = () => { desk.sound.stop(); desk.talk.press(); };
  const release = (cancel = false) => desk.talk.release({ cancel });
  let held = "";
  hold.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || hold.disabled || held) return;
    held = "pointer";
    hold.setPointerCapture(event.pointerId);
    press();
  });
  hold.addEventListener("pointerup", () => { if (held === "pointer") { held = ""; release(); } });
  hold.addEventListener("pointercancel", () => { if (held === "pointer") { held = ""; release(true); } });
  hold.addEventListener("contextmenu", (event) => event.preventDefault());
  hold.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && held) {
      held = "";
      release(true);
    } else if (event.key === " " || event.key === "Enter") {
      if (!event.repeat && !held) {
        held = "key";
        press();
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  hold.addEventListener("keyup", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (held === "key") {
      held = "";
      release();
    }
  });
  hold.addEventListener("blur", () => { if (held === "key") { held = ""; desk.talk.release({ cancel: true, why: "The button lost the focus." }); } });
  hold.addEventListener("click", (event) => {
    if (event.detail !== 0 || held === "key" || held === "pointer") return;
    if (desk.talk.state === "holding") release();
    else press();
  });

  const open = button("", () => desk.toggleOpen(), { "aria-pressed": "false" });
  const pick = make("input", "", { type: "file", multiple: "", accept: "audio/*,image/*,.flac,.opus,.aiff,.caf,.w64,.au,.m4a,.mp4,.webm", tabindex: "-1", "aria-label": "Choose an audio file or an image" });
  pick.hidden = true;
  const file = button("File…", () => pick.click(), { title: "Send an audio file or an image" });
  pick.addEventListener("change", () => {
    desk.take([...pick.files]);
    pick.value = "";
  });
  const text = make("textarea", "rtnb-console-input", { rows: "1", "aria-label": "Message", placeholder: "Type, or drop a file" });
  keysHere(text);
  const grow = () => {
    text.rows = Math.min(TEXT_ROWS, Math.max(1, text.value.split("\n").length));
    text.style.overflowY = text.scrollHeight > text.clientHeight + 4 ? "auto" : "hidden";
  };
  const submit = async () => {
    const said = text.value;
    // Not the button's state: it is drawn a moment later than Enter is pressed.
    if (!desk.can.send || (said.trim() === "" && desk.attached.length === 0)) return;
    text.value = "";
    grow();
    // What was refused is given back, unless something else was written meanwhile.
    if (!(await desk.send(said.trim())) && text.value === "" && said.trim()) text.value = said;
    grow();
    desk.draw();
  };
  text.addEventListener("input", () => { grow(); desk.draw(); });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && desk.can.interrupt) {
      event.preventDefault();
      desk.tell("interrupt");
    }
  });
  text.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (files.length === 0) return;
    event.preventDefault();
    desk.take(files);
  });
  const send = button("Send", submit, {}, "rtnb-console-send");
  const interrupt = button("Interrupt", () => desk.tell("interrupt"), { title: "Stop the answer (Escape in the text box)" });
  const row = make("div", "rtnb-row rtnb-console-bar", {}, hold, open, file, pick, text, send, interrupt);

  // Beneath: the level, mute, which microphone, asking for an answer
  const canvas = make("canvas", "rtnb-console-trail", { "aria-hidden": "true" });
  const level = make("div", "rtnb-console-level", { role: "meter", "aria-label": "Input level", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" }, canvas);
  const mute = button("Mute", () => desk.mute(!desk.mic.muted), { "aria-pressed": "false" }, "rtnb-chip");
  const device = make("select", "rtnb-console-device", { "aria-label": "Which microphone" });
  device.addEventListener("change", () => desk.mic.choose(device.value));
  const commit = button("End of turn", async () => {
    if (await desk.tell("commit")) desk.tell("respond");
  }, { title: "Take what was said so far as a turn, and ask for the answer" }, "rtnb-chip");
  const clear = button("Throw away", () => desk.tell("clear"), { title: "Empty the input buffer: what was said and not taken as a turn" }, "rtnb-chip");
  const respond = button("Force reply", () => { desk.hearken(); desk.tell("respond"); }, { title: "Ask for an answer now, with what is in the conversation" }, "rtnb-chip");
  const says = make("span", "rtnb-says rtnb-console-says", { role: "status", "aria-live": "polite" });
  const code = make("code", "rtnb-console-code");
  const strip = make("div", "rtnb-row rtnb-console-strip", {}, level, mute, device, make("span", "rtnb-console-saying", {}, says, code), commit, clear, respond);

  const attached = make("div", "rtnb-row rtnb-console-attached");
  const uploads = make("div", "rtnb-console-uploads");
  // What was written and cannot be sent any more
  const unsentText = make("span", "rtnb-console-unsent-text");
  const unsent = make("div", "rtnb-row rtnb-console-unsent", {}, make("b", "", {}, "Not sent:"), unsentText, copyButton(unsentText, "Copy what was not sent"));
  const box = make("div", "rtnb-console-foot-box", {}, uploads, attached, row, strip, unsent);
  const shownUploads = new Map();
  let shownAttached = "";
  let listed = "";

  function drawFiles() {
    for (const [entry, made] of shownUploads) {
      if (desk.uploads.includes(entry)) continue;
      made.box.remove();
      shownUploads.delete(entry);
    }
    for (const entry of desk.uploads) {
      let made = shownUploads.get(entry);
      if (!made) {
        const progress = make("progress", "", { max: "1", "aria-label": `Sending ${entry.name}` });
        const share = make("span", "rtnb-muted");
        made = {
          progress, share,
          box: make("div", "rtnb-row", {}, make("span", "", {}, entry.name), progress, share,
            button("Cancel", () => desk.cancel(entry), { "aria-label": `Cancel sending ${entry.name}` }, "rtnb-chip")),
        };
        shownUploads.set(entry, made);
        uploads.append(made.box);
      }
      if (entry.sending.begun) made.progress.value = entry.sending.share;
      const taken = entry.sending.begun && entry.sending.share >= 1;
      put(made.share, !entry.id ? "waits for the one before" : taken ? "the kernel reads it" : `${bytesText(entry.sending.confirmed)} of ${bytesText(entry.file.size)}`);
    }
    uploads.hidden = shownUploads.size === 0;
    const names = desk.attached.map((each) => each.url).join(" ");
    if (names !== shownAttached) {
      shownAttached = names;
      attached.replaceChildren(...desk.attached.map((each, index) => make("span", "rtnb-console-attachment", {},
        make("img", "", { src: each.url, alt: "" }), shortName(each.name),
        button("✕", () => desk.detach(index), { "aria-label": `Do not send ${shortName(each.name)}` }, "rtnb-console-act"))));
    }
    attached.hidden = desk.attached.length === 0;
  }

  function draw() {
    const { can, mic, talk } = desk;
    const microphone = desk.settings.microphone !== false;
    hold.hidden = open.hidden = !microphone;
    level.hidden = mic.phase !== "on";
    const holding = talk.state === "holding";
    hold.disabled = !can.listen && talk.state === "idle";
    hold.setAttribute("aria-pressed", String(holding));
    hold.toggleAttribute("data-holding", holding);
    put(holdText, holding ? "Speak now" : talk.state === "starting" ? "One moment …" : talk.state === "sending" ? "Sending …" : "Hold to talk");
    open.disabled = !can.listen && !desk.open;
    open.setAttribute("aria-pressed", String(desk.open));
    put(open, desk.open ? "Close mic" : "Open mic");
    open.title = desk.open ? "The microphone listens until you press again" : "Listen all the time; turn detection decides when you are done";
    file.disabled = !can.send;
    text.disabled = Boolean(desk.closed);
    row.hidden = Boolean(desk.closed);
    unsent.hidden = !desk.closed || text.value.trim() === "";
    put(unsentText, text.value.trim());
    strip.toggleAttribute("data-listening", desk.listening);
    send.disabled = !can.send || (text.value.trim() === "" && desk.attached.length === 0);
    interrupt.disabled = !can.interrupt;
    respond.disabled = !can.respond;
    mute.hidden = !microphone || !desk.listening;
    mute.setAttribute("aria-pressed", String(Boolean(mic.muted)));
    put(mute, mic.muted ? "Muted" : "Mute");
    const manual = desk.form.values().get("turn_detection") === "none" && desk.open;
    commit.hidden = clear.hidden = !manual;
    commit.disabled = !can.commit;
    clear.disabled = !can.clear;
    const names = JSON.stringify(mic.devices.map((each) => [each.deviceId, each.label]));
    if (names !== listed) {
      listed = names;
      device.replaceChildren(...mic.devices.map((each, index) => make("option", "", { value: each.deviceId }, each.label || `Microphone ${index + 1}`)));
    }
    device.hidden = !desk.listening || mic.devices.length < 2;
    if (mic.device && device.value !== mic.device) device.value = mic.device;
    device.title = device.selectedOptions[0]?.textContent || "";
    for (const each of [level, mute, device, commit, clear]) each.hidden ||= Boolean(desk.closed);
    respond.hidden = Boolean(desk.closed);
    const told = saying(desk);
    strip.hidden = Boolean(desk.closed) && told.text === "";
    put(says, told.text);
    says.dataset.kind = told.kind;
    put(code, told.code || "");
    code.hidden = !told.code;
    drawFiles();
  }

  /** Input above the line, output below it. */
  function paintLevel() {
    const { mic } = desk;
    const now = desk.listening && !mic.muted ? mic.level : 0;
    const percent = String(Math.round(100 * now));
    if (level.getAttribute("aria-valuenow") !== percent) level.setAttribute("aria-valuenow", percent);
    const { width, height } = STRIP;
    const context = fitted(canvas, width, height);
    const inks = inksOf(canvas);
    context.clearRect(0, 0, width, height);
    const middle = Math.round(height / 2);
    context.fillStyle = inks.line;
    context.fillRect(0, middle, width, 1);
    const above = desk.trail.ordered();
    const under = desk.below.ordered();
    const step = width / above.length;
    if (CALM()) {
      context.fillStyle = inks.user;
      context.fillRect(0, middle - 6, width * now, 5);
      context.fillStyle = inks.asst;
      context.fillRect(0, middle + 2, width * under[under.length - 1], 5);
      return;
    }
    for (let i = 0; i < above.length; i++) {
      // The ear hears loudness by its root, roughly.
      const up = Math.sqrt(above[i]) * (middle - 1);
      const down = Math.sqrt(under[i]) * (height - middle - 1);
      context.fillStyle = inks.user;
      context.fillRect(i * step, middle - up, Math.max(1, step - 0.7), up);
      context.fillStyle = inks.asst;
      context.fillRect(i * step, middle + 1, Math.max(1, step - 0.7), down);
    }
  }
  return { box, text, draw, paintLevel };
}

/** Copies what an element shows; where the browser forbids it, it is selected. */
function copyButton(shown, name) {
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(shown.textContent);
      put(copy, "Copied");
    } catch {
      getSelection()?.selectAllChildren(shown);
      put(copy, "Selected: press Ctrl+C");
    }
    setTimeout(() => put(copy, "Copy"), 2500);
  }, { "aria-label": name }, "rtnb-chip");
  return copy;
}

/** The one sentence beneath the bar. */
function saying(desk) {
  // Where the way on stands above, it says so already.
  if (desk.closed) return { kind: "", text: desk.status.way_on && !desk.wire.gone && !desk.wire.late ? "" : desk.closed };
  const { note, mic, status } = desk;
  if (note.kind === "problem") return note;
  if (mic.problem) return { kind: "problem", text: mic.problem };
  if (mic.paused) return { kind: "", text: pausedText(mic.queue.waitingMs) };
  if (desk.listening && mic.muted) return { kind: "", text: "Muted: nothing of what you say is sent." };
  if (note.text) return note;
  if (desk.talk.state === "holding") return { kind: "", text: "Speak; let go when you are done." };
  if (mic.phase === "asking" || mic.asking) return { kind: "", text: "Asking the browser for the microphone …" };
  const other = desk.book.mic;
  if (other.page && other.page !== mic.page && other.capturing !== false) return { kind: "", text: `${status.text || ""} The microphone is on in another window.`.trim() };
  if (desk.open && desk.form.values().get("turn_detection") === "none") {
    return { kind: "", text: "Listening, and turn detection is off: press End of turn when you are done." };
  }
  return { kind: "", text: status.text || "" };
}
