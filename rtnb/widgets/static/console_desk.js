// One console of the kernel, however often a page shows it: what it said, and what is asked of it. Joined behind live.js,
// the microphone's engine and console_*.mjs.

const SLOW_MS = 900;
/** How long a microphone stays on behind its gate after it was talked into. */
const IDLE_MIC_MS = 30_000;
const NOTE_MS = 6000;
const HELLO_MS = [2000, 4000, 8000, 16000, 30000];
const TRAIL_SIZE = 60;
const TRAIL_MS = 50;
const PICTURES = { "image/png": 1, "image/jpeg": 1, "image/gif": 1, "image/webp": 1 };
/** What may take its time without a busy kernel. */
const PATIENT = new Set(["upload", "talk", "handover"]);
const BUSY_TEXT = "The kernel is busy; this follows as soon as it is free.";
/** A kernel that says nothing for so long may not know this view any more. */
const LATE_MS = 10_000;
const LATE_TEXT = "Nothing has come from the kernel for 10 s. If no cell is running, it knows nothing of this view: run the cell again.";

class Desk extends Outbox {
  constructor(model) {
    super();
    this.views = new Set();
    this.book = new Book();
    /** Views whose reader has scrolled away from the end. */
    this.reading = new Set();
    this.form = new Form();
    this.waiting = new Map();
    this.pictures = new Map();
    this.explained = new Map();
    this.note = { kind: "", text: "", code: "" };
    this.trail = new Trail(TRAIL_SIZE);
    this.below = new Trail(TRAIL_SIZE);
    this.count = 0;
    this.sampledMs = 0;
    this.calm = 0;
    this.left = false;
    this.applied = null;
    this.rateHz = RATE_HZ;
    this.hellos = 0;
    this.open = false;
    this.toldMs = performance.now();
    this.sound = new Replay(() => this.draw());
    this.wire = new Wire(model, {
      hear: (content, buffers) => this.hear(content, buffers),
      redraw: () => this.redraw(),
    });
    this.micHears = null;
    this.mic = new ConsoleMic({
      settings: () => ({ ...this.wire.settings, closed: this.wire.closed }),
      send: (content, buffers) => {
        if (!this.wire.send({ type: "mic", mic: content }, buffers)) throw new Error("the kernel is gone");
      },
      listen: (ears) => {
        this.micHears = ears;
        return () => { this.micHears = null; };
      },
    });
    this.mic.views.add(() => this.micChanged());
    this.talk = new Talk({
      ready: () => this.mayTalk(),
      tell: (args) => this.ask("talk", args).finally(() => { if (!args.down) this.afterTalk(); }),
      open: () => this.mic.openGate(),
      shut: () => this.mic.shutGate(),
      say: (kind, text) => this.say(kind, text),
      changed: () => this.draw(),
    });
    // A page that is closed, or loaded anew, is told nothing more.
    this.leaving = () => this.bye();
    this.coming = () => this.shown();
    window.addEventListener("pagehide", this.leaving);
    window.addEventListener("pageshow", this.coming);
    this.hello();
  }

  get settings() {
    return this.wire.settings;
  }

  get closed() {
    return this.wire.closed;
  }

  get status() {
    return this.book.status || {};
  }

  get can() {
    const none = { send: false, interrupt: false, respond: false, commit: false, clear: false, listen: false };
    return this.closed || !this.book.status ? none : { ...none, ...this.status.can };
  }

  /** What listens or talks in this page. */
  get listening() {
    return this.mic.phase === "on" && Boolean(this.mic.capture);
  }

  // To the kernel

  hello() {
    clearTimeout(this.helloing);
    if (!this.book.mayAsk(performance.now())) return;
    this.wire.send({ type: "hello", holding: Boolean(this.talk?.held) });
    // Whoever hears nothing asks again, ever more slowly: the kernel may be in a long cell.
    const later = HELLO_MS[Math.min(this.hellos++, HELLO_MS.length - 1)];
    this.helloing = setTimeout(() => { if (!this.closed) this.hello(); }, later + 100);
  }

  /** The last view went: the kernel need not tell it any more. */
  bye() {
    clearTimeout(this.helloing);
    this.left = true;
    this.wire.send({ type: "bye" });
  }

  /** A view came. */
  shown() {
    if (this.left) this.hello();
    this.left = false;
  }

  /** A command; what comes of it, or an Error whose message is a sentence. */
  ask(verb, args = {}, parts = null, buffers = undefined) {
    if (this.closed) return Promise.reject(new Error(this.closed));
    const id = `${this.wire.page}-${++this.count}`;
    return new Promise((resolve, reject) => {
      const asked = { resolve, reject, parts, slow: 0 };
      this.waiting.set(id, asked);
      if (!PATIENT.has(verb)) {
        asked.slow = setTimeout(() => {
          this.say("busy", BUSY_TEXT);
          asked.slow = setTimeout(() => this.say("busy", LATE_TEXT), LATE_MS - SLOW_MS);
        }, SLOW_MS);
      }
      if (!this.wire.send({ ...args, type: "do", id, verb }, buffers)) this.settle(id, new Error(this.closed || GONE_TEXT));
    });
  }

  /** As `ask`, and what goes wrong is said. */
  async tell(verb, args = {}, parts = null) {
    try {
      const done = await this.ask(verb, args, parts);
      if (this.note.kind !== "" || done.text) this.say("", done.text || "");
      return done;
    } catch (error) {
      this.say("problem", error.message, error.code);
      return null;
    }
  }

  settle(id, failed, done) {
    const known = this.waiting.get(id);
    if (!known) return;
    clearTimeout(known.slow);
    this.waiting.delete(id);
    if (this.note.kind === "busy") this.say("", "");
    if (failed) known.reject(failed);
    else known.resolve(done);
  }

  say(kind, text, code = "") {
    this.note = { kind, text, code: code || "" };
    clearTimeout(this.forgetting);
    // What went wrong stays until something else is done.
    if (this.disposed) return;
    if (text && kind !== "problem" && kind !== "busy") this.forgetting = setTimeout(() => this.say("", ""), NOTE_MS);
    this.draw();
  }

  // From the kernel

  hear(content, buffers) {
    switch (content.type) {
      case "state":
        clearTimeout(this.helloing);
        this.hellos = 0;
        this.book.take(content);
        this.form.take(content.settings || {});
        this.toldMs = performance.now();
        break;
      case "patch": {
        const came = this.book.patch(content);
        if (came === "gap") return this.left ? undefined : this.hello();
        if (came === "applied" && content.settings) this.form.take(this.book.settings);
        if (came === "applied" && content.status?.now !== undefined) this.toldMs = performance.now();
        // Rows that somebody reads stay where they are.
        if (this.reading.size === 0) this.book.trim();
        break;
      }
      case "mic":
        this.micHears?.hear(content.mic || {}, buffers);
        return;
      case "done":
        return this.settle(content.id, null, content);
      case "failed":
        return this.settle(content.id, Object.assign(new Error(content.text || "That failed."), { code: content.code }));
      case "go":
        this.uploads.find((each) => each.id === content.id)?.sending.go(content.from || 0);
        break;
      case "rows":
        this.book.before(content.rows || [], content.earlier || 0);
        break;
      case "text":
        this.book.whole(content.item, content.text);
        break;
      case "say":
        return this.say(content.kind || "", content.text || "", content.code);
      case "sound": case "picture": case "explanation": case "progress":
        this.waiting.get(content.id)?.parts?.(content, buffers);
        break;
    }
    this.draw();
  }

  redraw() {
    if (this.closed) {
      for (const id of [...this.waiting.keys()]) this.settle(id, new Error(this.closed));
      this.giveUp();
      this.talk.drop();
    } else if (this.wire) {
      // It is back, and what was said meanwhile is not known here.
      if (this.note.text === GONE_TEXT) this.say("", "");
      this.hello();
    }
    this.micHears?.changed();
    this.draw();
  }

  draw() {
    for (const view of this.views) view();
  }

  // The microphone

  /** The microphone on, its gate as it is; whether it listens. */
  async listen() {
    if (this.listening) return true;
    await this.mic.start({ capture: true });
    return this.listening;
  }

  /** Open for turn detection, until it is pressed again. */
  async toggleOpen() {
    clearTimeout(this.idling);
    if (this.open) {
      this.open = false;
      this.mic.wanted = "shut";
      this.mic.stopCapture();
      this.mic.mute(false);
    } else if (await this.listen()) {
      this.open = true;
      this.mic.openGate();
    }
    this.draw();
  }

  /** The microphone on for a hold: never one that sends silence. */
  async mayTalk() {
    if (this.listening && this.mic.muted) {
      this.say("problem", "The microphone is muted: press Muted, then hold the button and speak.");
      return false;
    }
    // Whoever switched a muted microphone off, and holds the button now, wants to be heard.
    if (this.mic.muted) this.mic.mute(false);
    return this.listen();
  }

  /** Behind a hold: an open microphone goes on, another listens for a while behind its gate, for the next hold. */
  afterTalk() {
    clearTimeout(this.idling);
    // A hold may end after its desk.
    if (this.disposed) return;
    if (this.open) this.mic.openGate();
    else this.idling = setTimeout(() => { if (!this.open && this.talk.state === "idle") this.mic.stopCapture(); }, IDLE_MIC_MS);
  }

  /** The microphone said something, or went. */
  micChanged() {
    if (this.open && !this.listening && !this.mic.choosing) this.open = false;
    if (!this.listening && this.talk?.state === "holding") this.talk.drop("The microphone was switched off.");
    this.draw();
  }

  mute(on) {
    this.mic.mute(on);
    if (on) this.talk.drop("The microphone was muted.");
    this.tell("mute", { on });
  }

  /** Answers are heard here from the first thing that is asked here: browsers want a click or a key for that. */
  hearken() {
    if (!this.settings.play || this.mic.phase !== "off") return;
    // One page plays at a time; a page that was left does not.
    if (this.book.mic.elsewhere || (this.book.mic.page && !this.book.mic.gone)) return;
    this.mic.start({ capture: false }).catch(() => {});
  }

  /** Once in a while, for the small picture; of several views one does it. */
  sample() {
    if (performance.now() - this.sampledMs < 0.8 * TRAIL_MS) return;
    this.sampledMs = performance.now();
    this.trail.push(this.listening && !this.mic.muted ? this.mic.level : 0);
    this.below.push(this.mic.sounding ? this.mic.peak : 0);
  }

  async update() {
    const asked = this.form.update();
    if (!asked) return;
    this.applied = { kind: "busy", text: "Applying …" };
    this.draw();
    try {
      const done = await this.ask("update", asked);
      this.form.applied();
      this.applied = { kind: "done", text: done.text || "Applied: the server says so." };
    } catch (error) {
      this.form.refused();
      this.applied = { kind: "problem", text: error.message };
    }
    this.draw();
  }

  // Rows

  async replay(row) {
    if (this.sound.id === row.id) return this.sound.stop();
    this.sound.begin(row.id);
    const parts = [];
    const done = await this.tell("replay", { item: row.item }, (content, buffers) => {
      parts[content.part] = copied(buffers[0]);
      this.rateHz = content.rate;
    });
    if (!done || parts.length === 0) return this.sound.stop(row.id);
    this.sound.play(row.id, parts, this.rateHz).catch((error) => {
      this.sound.stop(row.id);
      this.say("problem", `The browser does not play: ${error.message || error}`);
    });
  }

  /** The address of a picture, once it is here. */
  picture(item, index, mime) {
    const key = `${item} ${index}`;
    if (!this.pictures.has(key) && !this.closed && mime in PICTURES) {
      this.pictures.set(key, "");
      this.ask("picture", { item, index }, (content, buffers) => {
        if (!(content.mime in PICTURES) || buffers.length === 0) return;
        this.pictures.set(key, URL.createObjectURL(new Blob([copied(buffers[0])], { type: content.mime })));
        this.book.touch((row) => row.item === item);
        this.draw();
      }).catch(() => {});
    }
    return this.pictures.get(key) || "";
  }

  async explain(row) {
    if (this.explained.has(row.id)) this.explained.delete(row.id);
    else {
      const done = await this.tell("explain", { event: row.event }, (content) => this.explained.set(row.id, content));
      if (!done) return;
    }
    this.book.touch((each) => each.id === row.id);
    this.draw();
  }

  dispose() {
    this.disposed = true;
    window.removeEventListener("pagehide", this.leaving);
    window.removeEventListener("pageshow", this.coming);
    // The microphone tells of its end, and what hears that plans ahead: timers go last.
    this.mic.dispose();
    clearTimeout(this.helloing);
    clearTimeout(this.idling);
    clearTimeout(this.forgetting);
    for (const each of this.waiting.values()) clearTimeout(each.slow);
    this.waiting.clear();
    this.views.clear();
    this.sound.close();
    this.wire.dispose();
    for (const url of this.pictures.values()) if (url) URL.revokeObjectURL(url);
    for (const each of this.attached) URL.revokeObjectURL(each.url);
  }
}
