// One lab of the kernel, however often it is shown: what it said, and what is asked of it. Joined behind vad_view.mjs.

const BUSY_MS = 900;
const LOST_MS = 4000;
const GONE = "The kernel of this lab is gone: what is above is its picture. Run the cell again for a live lab.";

class Engine {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    const known = model.get("settings");
    this.settings = known;
    this.knobs = { ...known.knobs };
    this.knobsNow = { ...known.knobs };
    this.gapNow = known.turn_gap_s;
    this.durationS = known.duration_s;
    this.view = { start: 0, end: Math.min(this.durationS, 60) };
    this.leastS = Math.min(this.durationS, 0.5);
    this.exit = 0;
    this.turns = new Float64Array(0);
    this.labels = [];
    this.count = 0;
    this.rows = [];
    this.mistakes = [];
    this.result = null;
    this.levels = null;
    this.p = null;
    this.at = null;
    this.cursor = 0;
    this.chosen = -1;
    this.selected = -1;
    this.held = null;
    this.page = Math.random().toString(36).slice(2);
    this.edits = 0;
    this.confirmed = 0;
    this.numbers = [];
    this.trial = null;
    this.sweep = null;
    this.job = null;
    this.note = { kind: "", text: "" };
    this.latest = new Latest((wish, seq) => this.ask({ type: "set", answers: seq, values: wish }));
    this.player = new Player({
      ask: (piece) => this.send({ type: "sound", start_s: piece * PIECE_S, end_s: (piece + 1) * PIECE_S }),
      moved: (at, stopped) => {
        this.at = at;
        if (at === null) this.cursor = stopped ?? this.cursor;
        else this.follow(at);
        this.draw(at === null);
      },
      context: () => new AudioContext({ latencyHint: "interactive" }),
    });
    this.question = null;
    this.gone = false;
    this.patience = null;
    this.received = (content, buffers) => this.hear(content, buffers || []);
    this.changed = () => { this.settings = model.get("settings"); this.draw(); };
    model.on("msg:custom", this.received);
    // Its comm was closed or opened anew: a kernel that is restarted knows nothing of this lab.
    this.unsure = () => {
      clearTimeout(this.losing);
      this.losing = setTimeout(() => this.lose(), LOST_MS);
      if (!this.send({ type: "ping" })) this.lose();
    };
    model.on("change:settings", this.changed);
    model.on("comm_live_update", this.unsure);
    this.send({ type: "hello" });
  }

  /** Whether it could be sent. */
  send(content) {
    try {
      this.model.send(content);
      return true;
    } catch {
      return false;
    }
  }

  lose() {
    clearTimeout(this.losing);
    clearTimeout(this.patience);
    this.gone = true;
    this.job = null;
    this.question = null;
    this.player.stop();
    this.draw();
  }

  /** Why nothing can be asked; empty while the lab lives. */
  get closed() {
    return this.gone ? GONE : this.settings.closed || "";
  }

  /** Asked of the kernel, with a word to the user where it takes long. */
  ask(content) {
    clearTimeout(this.patience);
    if (!this.send(content)) return this.unsure();
    this.patience = setTimeout(() => this.say("busy", "The kernel is busy. The turns follow as soon as it is free."), BUSY_MS);
  }

  say(kind, text) {
    this.note = { kind, text };
    this.draw();
  }

  /** A slider moved: here at once, in the kernel as soon as it has time. */
  want(values) {
    for (const [name, value] of Object.entries(values)) {
      if (name === "turn_gap_s") this.gapNow = value;
      else this.knobsNow[name] = value;
    }
    // What a button brought about was of another setting.
    if (this.note.kind === "done") this.note = { kind: "", text: "" };
    this.latest.want({ ...this.knobsNow, turn_gap_s: this.gapNow });
    this.draw();
  }

  edit(operation, ...values) {
    this.edits += 1;
    this.ask({ type: "edit", operation, values, page: this.page, edit: this.edits });
  }

  /** Where no wish is under way, sliders stand where the kernel has them. */
  settle() {
    if (this.latest.waiting || this.result === null) return;
    this.knobsNow = { ...this.knobs };
    this.gapNow = this.result.turn_gap_s;
  }

  hear(content, buffers) {
    // Whatever it says, it lives.
    clearTimeout(this.losing);
    this.gone = false;
    switch (content.type) {
      case "recording":
        this.columnS = content.column_s;
        this.hopS = content.hop_s;
        this.levels = pyramid(new Int8Array(copied(buffers[0])));
        this.p = new Float32Array(copied(buffers[1]));
        this.recording = content;
        break;
      case "result": {
        clearTimeout(this.patience);
        if (this.note.kind === "busy" || (this.note.kind === "problem" && content.answers)) this.note = { kind: "", text: "" };
        // Also one that came too late answers: or the next wish would wait for ever.
        this.latest.answered(content.answers);
        if (this.result !== null && content.seq < this.result.seq) {
          this.settle();
          break;
        }
        this.result = content;
        this.turns = new Float64Array(copied(buffers[0]));
        this.count = content.turns;
        if (content.edit[0] === this.page) this.confirmed = Math.max(this.confirmed, content.edit[1]);
        // While changes are on their way, labels stay where the finger or the keys left them.
        if (this.confirmed >= this.edits) this.take(new Float64Array(copied(buffers[1])), content.speakers, content.selected);
        this.rows = content.rows;
        this.mistakes = content.mistakes;
        this.knobs = content.knobs;
        this.exit = content.exit_threshold;
        this.chosen = Math.min(this.chosen, this.count - 1);
        this.settle();
        break;
      }
      case "refused":
        clearTimeout(this.patience);
        this.note = { kind: "problem", text: content.text };
        this.latest.answered(content.answers);
        this.settle();
        break;
      case "sound": {
        const samples = new Int16Array(copied(buffers[0]));
        this.player.give(pieceAt(content.start_s), content.rate_hz, samples);
        return;
      }
      case "job":
        clearTimeout(this.patience);
        this.question = null;
        this.job = content.state === "running" ? content : null;
        this.note = { kind: content.state === "failed" ? "problem" : "done", text: content.text };
        if (content.trial !== undefined) this.trial = content.trial;
        if (content.sweep !== undefined) this.sweep = content.sweep;
        break;
      case "ask":
        clearTimeout(this.patience);
        this.question = content;
        break;
      case "say":
        clearTimeout(this.patience);
        this.note = { kind: content.kind, text: content.text };
        break;
    }
    this.draw();
  }

  show(view) {
    this.view = view;
    this.draw();
  }

  take(flat, speakers, selected) {
    this.labels = Array.from({ length: flat.length / 2 }, (_, i) => ({ start: flat[2 * i], end: flat[2 * i + 1], speaker: speakers?.[i] ?? "" }));
    this.selected = selected ?? Math.min(this.selected, this.labels.length - 1);
  }

  /** Whether the server was asked with another setting than this. */
  get outdated() {
    return Object.keys(this.knobs).some((name) => this.trial.knobs[name] !== this.knobs[name]);
  }

  /** The picture turns its page when the sound leaves it. */
  follow(at) {
    const { start, end } = this.view;
    if (at < start || at > end - 0.02 * (end - start)) this.view = within(at, at + end - start, this.durationS, this.leastS);
  }

  play(start, end) {
    this.view = holding(this.view, start, Math.min(end, start + (this.view.end - this.view.start)), this.durationS, this.leastS);
    this.player.play(Math.max(0, start), Math.min(end, this.durationS)).catch((error) => {
      this.say("problem", `The browser does not play: ${error.message || error}`);
    });
    this.draw();
  }

  playTurn(index) {
    this.chosen = index;
    this.play(this.turns[7 * index + 2], this.turns[7 * index + 3]);
  }

  /** All views, once a frame; `all` false where only the playhead moved. */
  draw(all = true) {
    for (const view of this.views) view(all);
  }

  dispose() {
    clearTimeout(this.patience);
    clearTimeout(this.losing);
    this.player.close();
    this.model.off("comm_live_update", this.unsure);
    this.model.off("msg:custom", this.received);
    this.model.off("change:settings", this.changed);
    this.views.clear();
  }
}

/** A buffer of its own: views of messages need not be aligned. */
function copied(view) {
  if (view === undefined) return new ArrayBuffer(0);
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}
