// The recorder in a cell: a microphone whose sound goes to the kernel and stays there. Joined behind mic_engine.js,
// vad_player.mjs and recorder_view.mjs.

const TAPE_HEIGHT = 84;
const GROWING_FRAMES = 200;
const PLAY_WAITS_MS = 900;

/** What ends a recording that is kept to its last frame. */
const KEPT = new Set(["button", "limit", "problem", "told"]);

class RecorderMic extends MicEngine {
  constructor(model) {
    super(channelOf(model));
    this.levels = new Levels();
    this.tape = { take: 0, full: false, seconds: 0, takes: 0 };
    this.rest = null;
    this.lastWord = null;
    this.fresh = false;
    this.at = null;
    this.playWaits = false;
    this.wire = new Wire(model, { hear: () => {}, redraw: () => this.changed() });
    this.player = this.newPlayer();
  }

  newPlayer() {
    return new Player({
      ask: (piece) => {
        this.patience = setTimeout(() => { this.playWaits = true; this.draw(); }, PLAY_WAITS_MS);
        this.tell({ type: "sound", piece, take: this.tape.take });
      },
      moved: (at) => {
        this.at = at;
        this.draw();
      },
      context: () => new AudioContext({ latencyHint: "interactive" }),
    });
  }

  changed() {
    if (this.wire.closed) {
      this.quiet();
      this.rest = null;
      this.stop("closed");
    }
    this.draw();
  }

  quiet() {
    clearTimeout(this.patience);
    this.playWaits = false;
    this.player.stop();
  }

  get text() {
    return recorderText({
      closed: this.wire.closed, problem: this.problem, phase: this.phase, waitingMs: this.queue.waitingMs,
      savingMs: this.rest ? this.rest.waitingMs : 0, elsewhere: this.elsewhere, full: this.tape.full,
      seconds: this.seconds, maxS: this.settings.max_s, playing: this.player.playing, playWaits: this.playWaits,
    });
  }

  /** Of what is shown. */
  get seconds() {
    return this.phase === "on" || this.rest || this.tape.seconds === 0 ? this.levels.seconds : this.tape.seconds;
  }

  async start() {
    if (this.rest || this.wire.closed) return;
    this.quiet();
    this.fresh = true;
    await super.start();
  }

  captured(frame) {
    if (this.phase !== "on") return;
    if (this.fresh) {
      this.fresh = false;
      this.levels = new Levels();
      this.tape = { take: 0, full: false, seconds: 0, takes: 0 };
    }
    this.levels.push(loudest(new Int16Array(frame.data)));
    super.captured(frame);
    if (this.phase === "on" && this.levels.seconds >= this.settings.max_s) this.stop("limit");
  }

  /** What still waits for the kernel goes there all the same; the word that it is over comes behind it. */
  stop(reason) {
    if (this.phase === "on" && KEPT.has(reason) && this.queue.waiting.length > 0) this.rest = this.queue;
    super.stop(reason);
  }

  tell(content, buffers) {
    if (content.type === "off") {
      content = { ...content, sent: this.queue.sent };
      if (this.rest) {
        this.lastWord = content;
        return;
      }
    }
    super.tell(content, buffers);
  }

  hear(content, buffers) {
    const mine = content.page === undefined || content.page === this.page;
    if (content.type === "ack" && mine && this.rest) {
      const queue = this.rest;
      this.send(queue.confirm(content.seq));
      if (queue.waiting.length === 0) {
        this.rest = null;
        super.tell({ ...this.lastWord, sent: queue.sent });
      }
      this.draw();
    } else if (content.type === "tape" && mine) {
      this.taped(content, buffers);
    } else if (content.type === "sound" && mine) {
      clearTimeout(this.patience);
      this.playWaits = false;
      if (content.take === this.tape.take) this.player.give(content.piece, RATE_HZ, new Int16Array(copied(buffers[0])));
      this.draw();
    } else if (content.type === "say" && mine) {
      this.problem = content.text;
      this.draw();
    } else {
      super.hear(content, buffers);
    }
  }

  taped(content, buffers) {
    if (this.phase === "on" || this.rest) return;
    if (content.take !== this.tape.take || content.seconds !== this.tape.seconds) {
      this.quiet();
      this.player.close();
      this.player = this.newPlayer();
    }
    this.tape = content;
    this.levels = new Levels(new Uint8Array(copied(buffers[0])));
    this.draw();
  }

  toggle() {
    if (this.player.playing) this.quiet();
    else this.player.play(0, this.tape.seconds);
    this.draw();
  }

  dispose() {
    this.quiet();
    this.player.close();
    this.wire.dispose();
    super.dispose();
  }
}

const recorders = new Map();

/** One of a view of the kernel: what hosts give as its model is another object each time, its mark is not. */
function recorderOf(model) {
  const key = model.get("settings")?.still || model;
  if (!recorders.has(key)) recorders.set(key, new RecorderMic(model));
  return recorders.get(key);
}

function initialize({ model }) {
  const mic = recorderOf(model);
  return () => {
    mic.dispose();
    for (const [key, each] of recorders) if (each === mic) recorders.delete(key);
  };
}

function render({ model, el }) {
  const mic = recorderOf(model);
  const root = make("div", "rtnb-live rtnb-recorder", { role: "group", "aria-label": "Recorder" });
  const lamp = make("span", "rtnb-recorder-lamp", { "aria-hidden": "true" });
  const label = make("span");
  const record = button("", () => (mic.phase === "off" ? mic.start() : mic.stop("button")), { "aria-pressed": "false" }, "rtnb-first rtnb-recorder-record");
  record.append(lamp, label);
  const play = button("▶ Play", () => mic.toggle());
  const bar = make("div", "rtnb-recorder-bar");
  const meter = make("div", "rtnb-recorder-meter", {
    role: "meter", "aria-label": "Input level", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0",
  }, bar);
  const clock = make("span", "rtnb-recorder-clock", { role: "timer", "aria-label": "Length" });
  const limit = make("span", "rtnb-muted");
  const select = make("select", "rtnb-recorder-device", { "aria-label": "Which microphone" });
  select.addEventListener("change", () => { mic.device = select.value; });
  const row = make("div", "rtnb-row", {}, record, play, meter, make("span", "rtnb-grow"), make("span", "", {}, clock, limit), select);
  const canvas = make("canvas", "rtnb-recorder-wave", { role: "img" });
  const stage = make("div", "rtnb-recorder-stage", {}, canvas);
  const says = make("div", "rtnb-says", { role: "status", "aria-live": "polite" });
  root.append(row, stage, says);
  el.append(root);

  let inks = null;
  let listed = "";
  let planned = 0;

  function draw() {
    planned = 0;
    const { closed } = mic.wire;
    const on = mic.phase === "on";
    const filled = mic.levels.length > 0;
    root.dataset.state = closed ? "closed" : mic.problem ? "problem" : mic.rest ? "saving" : mic.phase;
    record.disabled = Boolean(closed || mic.rest);
    record.setAttribute("aria-pressed", String(mic.phase !== "off"));
    put(label, mic.phase !== "off" ? "Stop" : filled ? "Record again" : "Record");
    play.hidden = !(mic.tape.seconds > 0) || mic.phase !== "off";
    play.disabled = Boolean(closed || mic.rest);
    put(play, mic.player.playing ? "■ Stop playing" : "▶ Play");
    meter.hidden = mic.phase === "off";
    const percent = Math.round(mic.level * 100);
    bar.style.width = `${percent}%`;
    meter.setAttribute("aria-valuenow", String(percent));
    put(clock, mic.at !== null ? tapeClock(mic.at) : tapeClock(mic.seconds));
    put(limit, on ? ` of ${tapeClock(mic.settings.max_s)}` : mic.player.playing ? ` of ${tapeClock(mic.tape.seconds)}` : "");
    put(says, mic.text);
    says.dataset.kind = mic.problem && !closed ? "problem" : "";
    devices(closed);
    stage.hidden = !filled && !on;
    canvas.setAttribute("aria-label", on ? "Waveform of what is being recorded" : `Waveform of the recording, ${mic.seconds.toFixed(1)} s`);
    if (!stage.hidden) paint(on);
    hideStill(mic.settings.still, mic.views.size > 0 && !mic.wire.gone);
  }

  function devices(closed) {
    const names = JSON.stringify(mic.devices.map((each) => [each.deviceId, each.label]));
    if (names !== listed) {
      listed = names;
      select.replaceChildren(...mic.devices.map((each, index) => make("option", "", { value: each.deviceId }, each.label || `Microphone ${index + 1}`)));
    }
    select.hidden = mic.devices.length < 2 || Boolean(closed);
    select.disabled = mic.phase !== "off";
    if (mic.device && select.value !== mic.device) select.value = mic.device;
  }

  function paint(on) {
    const width = Math.floor(stage.clientWidth);
    if (width < 2) return;
    inks = inks || inksOf(root);
    const pen = fitted(canvas, width, TAPE_HEIGHT);
    pen.clearRect(0, 0, width, TAPE_HEIGHT);
    const middle = TAPE_HEIGHT / 2;
    const { from, frames } = shownFrames(mic.levels.length, on, GROWING_FRAMES);
    const step = 3;
    const columns = Math.max(1, Math.floor(width / step));
    pen.fillStyle = inks.line;
    pen.fillRect(0, middle - 0.5, width, 1);
    pen.fillStyle = inks.user;
    mic.levels.columns(columns, from, frames).forEach((level, column) => {
      // The ear hears loudness by its root, roughly.
      const half = Math.sqrt(level) * (middle - 3);
      if (half > 0.5) pen.fillRect(column * step, middle - half, step - 1, 2 * half);
    });
    const head = on ? ((mic.levels.length - from) / frames) * width : mic.at !== null && mic.tape.seconds > 0 ? (mic.at / mic.tape.seconds) * width : -1;
    if (head >= 0) {
      pen.fillStyle = on ? inks.err : inks.fg;
      pen.fillRect(Math.min(width - 2, Math.round(head)), 0, 2, TAPE_HEIGHT);
    }
  }

  // JupyterLab takes keys of what lies in its cells, on the way down from the document: Enter, and plain letters.
  const mine = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey && (event.key.length === 1 || ["Enter", "Delete", "Backspace", "ArrowUp", "ArrowDown"].includes(event.key));
  const keysBack = ownKeys(root, mine);

  const schedule = () => {
    if (planned === 0) planned = requestAnimationFrame(draw);
  };
  const later = () => {
    inks = null;
    schedule();
  };
  const letGo = watchTheme(later);
  const resized = new ResizeObserver(schedule);
  resized.observe(stage);
  mic.views.add(schedule);
  draw();
  return () => {
    mic.views.delete(schedule);
    cancelAnimationFrame(planned);
    letGo();
    resized.disconnect();
    keysBack();
    if (mic.views.size > 0) return;
    // The output was cleared: nobody could switch it off any more.
    mic.quiet();
    mic.stop("hidden");
    hideStill(mic.settings.still, false);
  };
}

export default { initialize, render };
