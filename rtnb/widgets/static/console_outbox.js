// What leaves a console: files in pieces, images that wait for their question, what the text box holds. Joined before
// console_desk.js, whose `wire`, `ask`, `tell`, `say`, `settle` and `draw` it uses.

class Outbox {
  constructor() {
    /** Files under way. */
    this.uploads = [];
    /** Images that wait for their question. */
    this.attached = [];
    this.checked = Promise.resolve();
  }

  /** Sound goes off at once, as it is a turn; an image waits for its question. Files are looked into here first. */
  take(files) {
    this.hearken();
    this.checked = this.checked.then(() => this.look(files));
  }

  async look(files) {
    const problems = [];
    let image = false;
    for (const given of files) {
      try {
        const found = await sendable(given, (name) => this.say("", `${name} is being converted …`));
        if (found.kind === "image") {
          image = true;
          this.attached.push({ ...found, url: URL.createObjectURL(found.file) });
        } else this.upload(found, { respond: true, text: "" });
      } catch (error) {
        problems.push(error.message);
      }
    }
    if (problems.length > 0) {
      const works = problems.some((each) => each.endsWith(WORKS)) ? [WORKS] : [];
      this.say("problem", [...problems.map((each) => each.replace(WORKS, "").trim()), ...works].join(" "));
    } else if (image) this.say("", "Write what is asked about it, or press Send.");
    this.draw();
  }

  detach(index) {
    const [gone] = this.attached.splice(index, 1);
    if (gone) URL.revokeObjectURL(gone.url);
    this.draw();
  }

  /** One file; its id there where it was taken, else "". With `keep` it waits in the kernel for the one that names it in `also`. */
  async upload({ file, name }, { respond, text, keep = false, also = [] }) {
    const entry = { file, name: shortName(name), id: "", sending: null, cancelled: false };
    entry.sending = new Sending({
      bytes: file.size,
      read: (from, to) => file.slice(from, to).arrayBuffer(),
      send: (at, data) => this.wire.send({ type: "chunk", id: entry.id, at }, [data]),
      failed: () => {
        this.cancel(entry);
        this.say("problem", `${entry.name} cannot be read from the disk. Choose it again.`);
      },
    });
    this.uploads.push(entry);
    this.draw();
    while (!entry.cancelled && this.uploads.indexOf(entry) >= UPLOADS_AT_ONCE) {
      await new Promise((resolve) => { entry.wake = resolve; });
    }
    if (entry.cancelled) return "";
    entry.id = `${this.wire.page}-${this.count + 1}`;
    const asked = { name, mime: file.type, bytes: file.size, respond, text, keep, also };
    const done = await this.tell("upload", asked, () => {});
    entry.sending.stop();
    this.uploads = this.uploads.filter((each) => each !== entry);
    for (const each of this.uploads) each.wake?.();
    if (done && done.text && !keep) this.say("", also.length > 0 ? `Sent: ${also.length + 1} images` : `Sent: ${done.text}`);
    this.draw();
    return done ? entry.id : "";
  }

  cancel(entry) {
    entry.cancelled = true;
    entry.sending.stop();
    if (entry.id) this.ask("cancel", { upload: entry.id }).catch(() => {});
    this.settle(entry.id, new Error(`${entry.name} was not sent.`));
    this.uploads = this.uploads.filter((each) => each !== entry);
    entry.wake?.();
    for (const each of this.uploads) each.wake?.();
    this.draw();
  }

  /** Whether it was taken: all of it or nothing. */
  async send(text) {
    this.hearken();
    await this.checked;
    const images = this.attached;
    if (images.length === 0) return text === "" || Boolean(await this.tell("send", { text, respond: true }));
    this.attached = [];
    // Those before the last wait in the kernel: one message is made of all of them and the text.
    const also = [];
    for (const image of images) {
      const last = also.length === images.length - 1;
      const id = await this.upload(image, last ? { respond: true, text, also: [...also] } : { respond: false, text: "", keep: true });
      if (!id) {
        this.attached = [...images, ...this.attached];
        if (images.length > 1 && !this.closed) this.say("problem", `${this.note.text} Nothing was sent: take ${shortName(image.name)} out with ✕, or send again.`);
        return false;
      }
      also.push(id);
    }
    for (const { url } of images) URL.revokeObjectURL(url);
    return true;
  }

  /** The kernel went: whoever waits for a file is told so. */
  giveUp() {
    for (const each of this.uploads) {
      each.cancelled = true;
      each.sending.stop();
      each.wake?.();
    }
    this.uploads = [];
  }
}
