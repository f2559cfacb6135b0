// What one timeline knows, whatever views show it: runs, filters, what is chosen, and the line to the kernel.

const ZOOM = 1.35;
const LEAST_S = 0.01;
const KEPT_DETAILS = 60;
const NOTE_MS = 6000;
/** How often a page says that it is there: a view that nobody looks at stops following. */
const HERE_MS = 20_000;

class TimelineEngine {
  constructor(model) {
    this.views = new Set();
    this.runs = [];
    this.view = { start: 0, end: 10 };
    this.touched = false;
    this.following = true;
    this.shown = { hidden: new Set(), deltas: false, latencies: false };
    this.selected = null;
    this.details = new Map();
    this.found = new Map();
    this.wanted = "";
    this.note = { text: "", kind: "" };
    this.files = new Map();
    this.playing = null;
    this.asks = 0;
    this.greeting = true;
    this.both = null;
    this.version = 0;
    this.wire = new Wire(model, { hear: (content, buffers) => this.hear(content, buffers), redraw: () => this.draw() });
    this.hello();
    this.here = setInterval(() => { if (!this.wire.closed) this.wire.send({ type: "here" }); }, HERE_MS);
  }

  get durationS() {
    return Math.max(0.1, ...this.runs.map((run) => run.durationS));
  }

  get all() {
    return { start: this.runs.length ? Math.min(...this.runs.map((run) => run.startS)) : 0, end: this.durationS };
  }

  get live() {
    return this.runs.some((run) => run.head.live) && !this.wire.closed;
  }

  hello() {
    this.greeting = true;
    this.wire.send({ type: "hello" });
  }

  draw() {
    for (const redraw of this.views) redraw();
  }

  say(text, kind = "") {
    this.note = { text, kind };
    clearTimeout(this.quiet);
    if (kind !== "problem") this.quiet = setTimeout(() => { this.note = { text: "", kind: "" }; this.draw(); }, NOTE_MS);
    this.draw();
  }

  hear(content, buffers) {
    if (content.type === "run") this.take(content, buffers);
    else if (content.type === "detail") this.keep(content);
    else if (content.type === "found") this.finds(content, buffers);
    else if (content.type === "sound") this.sounds(content, buffers);
    else if (content.type === "file") this.file(content, buffers);
    else if (content.type === "both") this.both = content;
    else if (content.type === "say") this.say(content.text, content.kind || "");
    this.draw();
  }

  take(content, buffers) {
    let run = this.runs[content.run];
    if (content.reset) {
      run = this.runs[content.run] = new Run();
      this.greeting = false;
      if (content.run === 0) this.runs.length = content.runs || 1;
    } else if (!run || content.from !== run.count) {
      // Something was lost on the way: all of it once more.
      if (!this.greeting) this.hello();
      return;
    }
    this.version += 1;
    run.head = content.head;
    run.families = content.families;
    run.name(content.kinds);
    const { begin_s: begin, tick_s: tick } = content;
    run.append(Float64Array.from(new Uint32Array(copied(buffers[0])), (ticks) => begin + ticks * tick), new Uint16Array(copied(buffers[1])));
    for (const table of content.tables) {
      run.put(table.name, table, new Float64Array(copied(buffers[table.at])), new Uint32Array(copied(buffers[table.at + 1])),
        new Uint8Array(copied(buffers[table.at + 2])));
    }
    if (content.clock) run.clock = new Float64Array(copied(buffers[content.clock]));
    if (!this.touched) this.view = this.all;
    else this.view = followed(this.view, this.all, this.following && this.live);
    if (this.wanted) this.find(this.wanted);
  }

  /** A stretch, kept within what there is. */
  look(view) {
    this.touched = true;
    this.view = kept(view.start, view.end, this.all, LEAST_S);
    this.following = this.view.end >= this.durationS - 1e-6;
    this.draw();
  }

  zoom(factor, at) {
    const { view } = this;
    const middle = at ?? (this.selected && view.start <= this.at(this.selected) && this.at(this.selected) <= view.end ? this.at(this.selected) : (view.start + view.end) / 2);
    this.look(scaled(view, factor, middle, this.all, LEAST_S));
  }

  whole() {
    this.touched = false;
    this.following = true;
    this.view = this.all;
    this.draw();
  }

  at({ run, seq, what, index }) {
    const table = this.runs[run]?.tables[what];
    if (table && index < table.count) return table.start[index];
    return this.runs[run]?.t.values[seq] ?? 0;
  }

  // Choosing

  choose(selected, { reveal = false } = {}) {
    this.selected = selected;
    if (selected) {
      if (reveal) {
        const at = this.at(selected);
        if (at < this.view.start || at > this.view.end) this.look(slid(this.view, at - (this.view.start + this.view.end) / 2, this.all));
      }
      this.detail(selected.run, selected.seq);
    }
    this.draw();
  }

  detail(run, seq) {
    if (seq === undefined || seq < 0 || seq >= (this.runs[run]?.count ?? 0)) return null;
    const key = `${run}.${seq}`;
    const known = this.details.get(key);
    if (known === undefined && !this.wire.closed) {
      this.details.set(key, null);
      this.wire.send({ type: "detail", run, seq });
    }
    return known ?? null;
  }

  keep(content) {
    this.details.set(`${content.run}.${content.seq}`, content);
    for (const key of this.details.keys()) {
      if (this.details.size <= KEPT_DETAILS) break;
      this.details.delete(key);
    }
  }

  walk(by) {
    const run = this.selected?.run ?? 0;
    if (!this.runs[run]) return;
    const known = this.selected && this.selected.seq < this.runs[run].count;
    const from = known ? this.selected.seq : (by > 0 ? firstAt((i) => this.runs[run].t.values[i], this.runs[run].count, this.view.start) - 1 : this.runs[run].count);
    const seq = step(this.runs[run], from, by, this.shown);
    if (seq >= 0) this.choose({ run, seq, what: "events", lane: "events", index: seq }, { reveal: true });
  }

  toggle(family) {
    const { hidden } = this.shown;
    if (!hidden.delete(family)) hidden.add(family);
    this.draw();
  }

  // Searching

  find(text) {
    this.wanted = text.trim();
    this.eager = 0;
    this.found.clear();
    if (!this.wanted && this.selected?.sought) this.choose(null);
    if (this.wanted) {
      this.asks += 1;
      for (const [index, run] of this.runs.entries()) {
        this.mark(index, matching(run, this.wanted));
        if (!this.wire.closed) this.wire.send({ type: "search", run: index, text: this.wanted, ask: this.asks });
      }
    }
    this.draw();
  }

  mark(index, seqs) {
    const { t } = this.runs[index];
    seqs.times = Float64Array.from(seqs, (seq) => t.values[seq]);
    this.found.set(index, seqs);
  }

  finds(content, buffers) {
    if (content.ask !== this.asks || !this.runs[content.run]) return;
    this.mark(content.run, [...new Uint32Array(copied(buffers[0]))].filter((seq) => seq < this.runs[content.run].count));
    if (this.eager) this.goFound(this.eager);
  }

  get finding() {
    let all = 0;
    let place = 0;
    for (const [index, seqs] of this.found) {
      if (this.selected?.run === index) {
        const at = firstAt((i) => seqs[i], seqs.length, this.selected.seq);
        if (seqs[at] === this.selected.seq) place = all + at + 1;
      }
      all += seqs.length;
    }
    return { all, place };
  }

  goFound(by) {
    const runs = [...this.found.keys()].filter((index) => this.found.get(index).length);
    if (!runs.length) {
      // The kernel may still be looking.
      this.eager = by;
      return;
    }
    this.eager = 0;
    let run = runs.includes(this.selected?.run) ? this.selected.run : runs[0];
    const seqs = this.found.get(run);
    const from = this.selected?.run === run ? this.selected.seq : by > 0 ? -1 : Infinity;
    let seq = seqs[nextFound(seqs, from, by)];
    const turned = by > 0 ? seq <= from : seq >= from;
    if (turned && runs.length > 1) {
      run = runs[(runs.indexOf(run) + by + runs.length) % runs.length];
      const others = this.found.get(run);
      seq = by > 0 ? others[0] : others[others.length - 1];
    }
    this.choose({ run, seq, what: "events", lane: "events", index: seq, sought: true }, { reveal: true });
  }

  // Sound

  /** What can be heard of what is chosen: `[side, start, end]`, or null. */
  slice(selected) {
    const run = this.runs[selected?.run];
    const table = run?.tables[selected.what];
    if (!table || selected.index >= table.count) return null;
    const [start, end] = [table.start[selected.index], (table.end ?? table.start)[selected.index]];
    if (!(end > start)) return null;
    if (selected.what === "waves") return [LANES[table.lane[selected.index]].key === "you" ? "input" : "output", start, end];
    if (selected.what !== "bars" || !table.plays[selected.index]) return null;
    return [table.plays[selected.index] === 1 ? "input" : "output", start, end];
  }

  play(selected = this.selected) {
    if (this.playing) {
      this.stop();
      return;
    }
    const slice = this.slice(selected);
    if (!slice || this.wire.closed) return;
    const [side, start, end] = slice;
    // Only a click may open it.
    this.context ??= new AudioContext();
    this.context.resume();
    this.asks += 1;
    this.playing = { ask: this.asks, start, end, at: null, next: null, sources: [], got: 0 };
    this.wire.send({ type: "play", run: selected.run, side, start_s: start, end_s: end, ask: this.asks });
    this.draw();
  }

  sounds(content, buffers) {
    const { playing, context } = this;
    if (!playing || content.ask !== playing.ask) return;
    const samples = new Int16Array(copied(buffers[0]));
    if (samples.length) {
      const buffer = context.createBuffer(1, samples.length, content.rate_hz);
      const channel = buffer.getChannelData(0);
      for (let i = 0; i < samples.length; i++) channel[i] = samples[i] / 32768;
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(context.destination);
      if (playing.next === null || playing.next < context.currentTime) {
        playing.next = context.currentTime + 0.05;
        playing.zero = playing.next - playing.got;
      }
      source.start(playing.next);
      playing.next += buffer.duration;
      playing.got += buffer.duration;
      playing.sources.push(source);
    }
    playing.whole = content.part + 1 >= content.parts;
    if (playing.whole && playing.got === 0) {
      this.stop();
      this.say("There is no sound there.");
    } else if (playing.sources.length === 1) this.watch(playing);
  }

  watch(playing) {
    if (this.playing !== playing) return;
    playing.at = playing.start + Math.max(0, this.context.currentTime - playing.zero);
    if (playing.whole && this.context.currentTime >= playing.next) {
      this.stop();
      return;
    }
    this.draw();
    setTimeout(() => this.watch(playing), 40);
  }

  stop() {
    for (const source of this.playing?.sources ?? []) {
      try { source.stop(); } catch { /* it had not begun */ }
    }
    this.playing = null;
    this.draw();
  }

  // Files

  ask(what) {
    if (this.wire.closed) return;
    this.asks += 1;
    this.files.set(this.asks, []);
    this.wire.send({ type: "export", what, ask: this.asks });
    this.say("The kernel makes the file …");
  }

  file(content, buffers) {
    const parts = this.files.get(content.ask);
    if (!parts) return;
    parts[content.part] = copied(buffers[0]);
    if (parts.filter(Boolean).length < content.parts) return;
    this.files.delete(content.ask);
    offer(new Blob(parts, { type: content.mime }), content.name);
    this.say(`${content.name} is in your downloads.`);
  }

  dispose() {
    clearTimeout(this.quiet);
    clearInterval(this.here);
    if (!this.wire.closed) this.wire.send({ type: "bye" });
    this.stop();
    this.context?.close().catch(() => {});
    this.wire.dispose();
  }
}

/** A file that the browser stores where it stores downloads. */
function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = make("a", "", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
