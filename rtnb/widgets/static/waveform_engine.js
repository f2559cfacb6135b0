// One waveform of the kernel, however often it is shown: what it said, and what is asked of it. Joined behind live.js,
// vad_view.mjs (Latest), vad_player.mjs and waveform_view.mjs.

const KEPT_WINDOWS = 8;
const SLOW_MS = 900;
const SETTLE_MS = 140;
const PIXELS_A_SAMPLE = 40;

class WaveEngine {
  constructor(model) {
    this.views = new Set();
    this.sheet = null;
    this.entries = [];
    this.overview = [];
    this.windows = [];
    this.peaks = [];
    this.pictures = [];
    this.whole = { start: 0, end: 0 };
    this.view = null;
    this.width = 800;
    this.selection = null;
    this.code = "";
    this.at = null;
    this.cursor = 0;
    this.muted = new Set();
    this.mix = 0;
    this.fit = false;
    this.note = { kind: "", text: "" };
    this.wire = new Wire(model, { hear: (content, buffers) => this.hear(content, buffers), redraw: () => this.changed() });
    this.spectrogram = Boolean(this.wire.settings.spectrogram);
    this.closer = new Latest((wish, seq) => this.ask({ type: "window", seq, ...wish }));
    this.painter = new Latest((wish, seq) => this.ask({ type: "spectrogram", seq, ...wish }));
    this.player = new Player({
      ask: (piece) => this.wire.send({
        type: "sound", piece, mix: this.mix, start_s: piece * PIECE_S, end_s: (piece + 1) * PIECE_S, tracks: this.audible,
      }),
      moved: (at, stopped) => {
        this.at = at;
        if (at === null) this.cursor = stopped ?? this.cursor;
        else this.turnPage(at);
        this.draw();
      },
      context: () => new AudioContext({ latencyHint: "interactive" }),
    });
    this.left = false;
    // A page that is closed, or loaded anew, is told nothing more.
    this.leaving = () => this.bye();
    this.coming = () => this.shown();
    window.addEventListener("pagehide", this.leaving);
    window.addEventListener("pageshow", this.coming);
    this.wire.send({ type: "hello" });
  }

  /** The last view in this page went: the kernel need not keep it up to date. */
  bye() {
    if (this.left) return;
    this.left = true;
    this.wire.send({ type: "bye" });
  }

  /** A view is there: what happened meanwhile is asked for. */
  shown() {
    if (!this.left) return;
    this.left = false;
    this.wire.send({ type: "hello" });
  }

  get audible() {
    return (this.sheet?.tracks || []).map((_, index) => index).filter((index) => !this.muted.has(index));
  }

  /** The shortest stretch: a sample every PIXELS_A_SAMPLE pixels. */
  get leastS() {
    const rate = Math.max(1, ...(this.sheet?.tracks || []).map((each) => each.rate_hz));
    return Math.max(4, this.width / PIXELS_A_SAMPLE) / rate;
  }

  get closed() {
    return this.wire.closed;
  }

  get playable() {
    return this.sheet !== null && !this.sheet.empty && this.whole.end > this.whole.start;
  }

  ask(content) {
    clearTimeout(this.patience);
    if (!this.wire.send(content)) return;
    this.patience = setTimeout(() => this.say("busy", "The kernel is busy: more detail follows as soon as it is free."), SLOW_MS);
  }

  answered() {
    clearTimeout(this.patience);
    if (this.note.kind === "busy") this.note = { kind: "", text: "" };
  }

  say(kind, text) {
    this.note = { kind, text };
    this.draw();
  }

  changed() {
    if (this.wire.gone) {
      clearTimeout(this.patience);
      this.player.stop();
      this.closer.reset();
      this.painter.reset();
    }
    this.draw();
  }

  hear(content, buffers) {
    switch (content.type) {
      case "sheet":
        this.take(content, buffers);
        break;
      case "window": {
        this.answered();
        const step = (content.end_s - content.start_s) / content.columns;
        const tracks = content.tracks.map((told, index) => {
          const data = new Int16Array(copied(buffers[index]));
          return told.runs ? { runs: runsOf(told.runs, data) } : { data };
        });
        const exact = tracks.every((each) => each.runs);
        this.windows = this.windows.filter((each) => !each.stale);
        this.windows.unshift({ start: content.start_s, end: content.end_s, columns: content.columns, step, tracks, exact });
        this.windows.length = Math.min(this.windows.length, KEPT_WINDOWS);
        this.closer.answered(content.seq);
        break;
      }
      case "spectrogram": {
        this.answered();
        const cells = buffers.map((each) => new Uint8Array(copied(each)));
        this.pictures = [{ ...content, start: content.start_s, end: content.end_s, cells, made: new Map() }, ...this.pictures.filter((each) => !each.stale)].slice(0, 3);
        this.painter.answered(content.seq);
        break;
      }
      case "sound":
        if (content.mix === this.mix) this.player.give(content.piece, content.rate_hz, new Int16Array(copied(buffers[0])));
        return;
      case "selection":
        this.selection = content.span === null ? null : { start: content.span[0], end: content.span[1] };
        this.code = content.code;
        break;
      case "say":
        this.answered();
        this.note = { kind: content.kind, text: content.text };
        break;
    }
    this.draw();
  }

  take(content, buffers) {
    const before = this.whole;
    const first = this.sheet === null;
    this.sheet = content;
    this.whole = { start: content.start_s, end: content.end_s };
    this.entries = merged(this.entries, content.entries, content.whole);
    this.overview = content.tracks.map((_, index) => new Int16Array(copied(buffers[index])));
    this.peaks = this.overview.map(peakOf);
    for (const each of [...this.windows, ...this.pictures]) each.stale = true;
    // The last piece has become longer, and what was played of it may have been silence.
    for (const index of [...this.player.pieces.kept.keys()]) {
      if (index >= pieceAt(before.end)) this.player.pieces.kept.delete(index);
    }
    const span = this.wire.settings.span;
    if (first && span) this.view = kept(span[0], span[1], this.whole, this.leastS);
    else if (first || this.view === null) this.view = content.live ? followed(this.whole, { start: 0, end: 0 }, this.whole, this.leastS) : { ...this.whole };
    else if (before.end !== this.whole.end || before.start !== this.whole.start) {
      this.view = this.at === null ? followed(this.view, before, this.whole, this.leastS) : this.view;
    }
  }

  /** The finest outlines of a track first, the one of the whole last. */
  outlines(index) {
    const found = this.windows.filter((each) => each.tracks[index]?.data).map((each) => ({ ...each, data: each.tracks[index].data }));
    found.sort((one, other) => Number(Boolean(one.stale)) - Number(Boolean(other.stale)) || one.step - other.step);
    const { columns } = this.sheet;
    return [...found, { ...this.whole, columns, data: this.overview[index], step: (this.whole.end - this.whole.start) / columns }];
  }

  /** Samples as they are, where all of the view's are here. */
  samples(index) {
    const { start, end } = this.view;
    const found = this.windows.find((each) => each.tracks[index]?.runs && each.start <= Math.max(start, this.whole.start) + 1e-9 && each.end >= Math.min(end, this.whole.end) - 1e-9);
    return found ? found.tracks[index].runs : null;
  }

  /** Asks for what the view shows and is not here. */
  need() {
    if (this.sheet === null || this.sheet.empty || this.closed || this.view.end <= this.view.start) return;
    const coarse = { ...this.whole, columns: this.sheet.columns };
    const known = [coarse, ...this.windows.filter((each) => !each.stale)];
    if (!shown(known, this.view, this.whole, this.width)) this.closer.want(wanted(this.view, this.whole, this.width));
    if (!this.spectrogram) return;
    clearTimeout(this.settling);
    // Its columns are worked out anew each time: when the view rests.
    this.settling = setTimeout(() => {
      if (this.closed || this.picture(true)) return;
      const wish = wanted(this.view, this.whole, this.width);
      this.painter.want({ ...wish, columns: Math.min(900, wish.columns), rows: 96 });
    }, SETTLE_MS);
  }

  /** The spectrogram that shows the view best; `fine` asks for one that is as good as it can be. */
  picture(fine = false) {
    const pixel = (this.view.end - this.view.start) / this.width;
    const found = this.pictures.filter((each) => each.start <= Math.max(this.view.start, this.whole.start) + pixel && each.end >= Math.min(this.view.end, this.whole.end) - pixel);
    if (fine) return found.find((each) => !each.stale && (each.end - each.start) <= 2.2 * (this.view.end - this.view.start)) || null;
    return found.sort((one, other) => (one.end - one.start) - (other.end - other.start))[0] || this.pictures[0] || null;
  }

  show(view) {
    this.view = view;
    this.draw();
  }

  zoom(factor, at = null) {
    if (this.sheet === null) return;
    const { start, end } = this.view;
    const middle = this.at ?? (this.cursor > start && this.cursor < end ? this.cursor : (start + end) / 2);
    this.show(zoomedAt(this.view, factor, at ?? middle, this.whole, this.leastS));
  }

  scroll(seconds) {
    this.show(kept(this.view.start + seconds, this.view.end + seconds, this.whole, Math.min(this.leastS, this.view.end - this.view.start)));
  }

  /** The picture turns its page when the sound leaves it. */
  turnPage(at) {
    const { start, end } = this.view;
    if (at < start || at > end - 0.01 * (end - start)) this.view = kept(at, at + end - start, this.whole, this.leastS);
  }

  select(selection, done = true) {
    this.selection = selection;
    if (this.note.kind === "done") this.note = { kind: "", text: "" };
    if (done) this.wire.send({ type: "select", span: selection === null ? null : [selection.start, selection.end] });
    this.draw();
  }

  play(start, end) {
    if (!this.playable || this.closed) return;
    this.player.play(start, end).catch((error) => this.say("problem", `The browser does not play: ${error.message || error}`));
    this.draw();
  }

  toggle() {
    if (this.player.playing) this.player.stop();
    else this.play(this.cursor >= this.whole.end - 0.02 || this.cursor < this.whole.start ? this.whole.start : this.cursor, this.whole.end);
  }

  playSelection() {
    if (this.selection !== null) this.play(this.selection.start, this.selection.end);
  }

  /** A track is heard or not. */
  mute(index) {
    if (this.muted.has(index)) this.muted.delete(index);
    else this.muted.add(index);
    this.mix += 1;
    this.player.pieces.kept.clear();
    this.player.asked.clear();
    if (this.player.playing) this.play(this.player.at(), this.player.run.end);
    else this.draw();
  }

  /** As high as the loudest in view, or as the loudest of all. */
  setFit(on) {
    this.fit = on;
    this.draw();
  }

  setSpectrogram(on) {
    this.spectrogram = on;
    this.wire.send({ type: "spectrogram_on", on });
    this.draw();
  }

  draw() {
    for (const view of this.views) view();
  }

  dispose() {
    window.removeEventListener("pagehide", this.leaving);
    window.removeEventListener("pageshow", this.coming);
    this.bye();
    clearTimeout(this.patience);
    clearTimeout(this.settling);
    this.player.close();
    this.wire.dispose();
    this.views.clear();
  }
}

function runsOf(told, data) {
  let at = 0;
  return told.map(([start, rate, count]) => {
    const samples = data.subarray(at, at + count);
    at += count;
    return { start, rate, samples };
  });
}
