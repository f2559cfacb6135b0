// Replay of what was said, by the page alone. Joined before console_desk.js.

/** Sound of a row, played by the page alone. */
class Replay {
  constructor(changed) {
    this.changed = changed;
    this.id = "";
    this.source = null;
    this.played = 0;
  }

  begin(id) {
    this.stop();
    this.id = id;
    this.changed();
  }

  async play(id, parts, rateHz) {
    if (this.id !== id) return;
    const samples = parts.map((each) => new Int16Array(each));
    const length = samples.reduce((sum, each) => sum + each.length, 0);
    if (length === 0) return this.stop(id);
    this.context ||= new AudioContext();
    await this.context.resume();
    if (this.id !== id) return;
    const buffer = this.context.createBuffer(1, length, rateHz);
    const channel = buffer.getChannelData(0);
    let at = 0;
    for (const each of samples) for (let i = 0; i < each.length; i++) channel[at++] = each[i] / 32768;
    this.source = this.context.createBufferSource();
    this.source.buffer = buffer;
    this.source.connect(this.context.destination);
    this.source.onended = () => this.stop(id);
    this.played = length;
    this.source.start();
  }

  stop(id = this.id) {
    if (this.id !== id) return;
    this.id = "";
    if (this.source) {
      this.source.onended = null;
      this.source.stop();
      this.source = null;
    }
    this.changed();
  }

  close() {
    this.changed = () => {};
    this.stop();
    this.context?.close().catch(() => {});
  }
}
