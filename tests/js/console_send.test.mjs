import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// No module of its own: pages get it joined.
const PARTS = [
  "live.js", "frames.mjs", "mic_engine.js", "console_text.mjs", "console_rows.mjs", "console_files.mjs", "console_upload.mjs", "console_form.mjs",
  "console_talk.mjs", "console_mic.js", "console_replay.js", "console_convert.js", "console_outbox.js", "console_desk.js",
];
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
const joined = PARTS.map(read).join("\n").replace(/^export (?=class |function |const )/gm, "");
globalThis.window = globalThis.window ?? { addEventListener() {}, removeEventListener() {} };
/** What the browser decodes; files that begin with "x" it does not. */
globalThis.Image = class {
  async decode() {
    if (Image.refuses) throw new Error("no");
  }
};
const Desk = new Function(`const WORKLET = "";\n${joined}\nreturn Desk;`)();

const settle = (ms = 30) => new Promise((resolve) => setTimeout(resolve, ms));
const PNG = [0x89, 0x50, 0x4e, 0x47, 1, 2, 0x49, 0x45, 0x4e, 0x44];
const png = (name, bytes = PNG) => new File([Uint8Array.from(bytes)], name, { type: "image/png" });

/** A desk, and a kernel that takes files and refuses those that it is told to. */
function deskOf(t) {
  const kernel = { refuses: "", silent: false, sent: [], sizes: new Map() };
  const heard = {};
  const model = {
    get: () => ({ play: false, closed: "", still: "" }),
    on: (name, hear) => { heard[name] = hear; },
    off() {},
    send: (content) => {
      kernel.sent.push(content);
      if (kernel.silent) return;
      const answer = (more) => setTimeout(() => heard["msg:custom"]({ page: content.page, id: content.id, ...more }, []), 0);
      if (content.verb === "upload") {
        kernel.sizes.set(content.id, content);
        answer({ type: "go", from: 0 });
      } else if (content.type === "chunk") {
        const { name } = kernel.sizes.get(content.id);
        answer(name === kernel.refuses ? { type: "failed", text: `'${name}' is damaged.` } : { type: "done", text: name });
      } else if (content.type === "do") answer({ type: "done" });
    },
  };
  const desk = new Desk(model);
  t.after(() => desk.dispose());
  kernel.uploads = () => kernel.sent.filter((each) => each.verb === "upload");
  return { desk, kernel };
}

test("several images and their text are one message", async (t) => {
  const { desk, kernel } = deskOf(t);
  desk.take([png("a.png"), png("b.png"), png("c.png")]);
  assert.equal(await desk.send("Which is larger?"), true);
  const [a, b, c] = kernel.uploads();
  assert.deepEqual([a, b, c].map(({ keep, respond, text }) => [keep, respond, text]), [[true, false, ""], [true, false, ""], [false, true, "Which is larger?"]]);
  assert.deepEqual(c.also, [a.id, b.id]);
  assert.deepEqual([desk.attached.length, kernel.sent.filter((each) => each.verb === "send").length], [0, 0]);
});

for (const name of ["a.png", "b.png", "c.png"]) {
  test(`where ${name} is refused nothing is sent, and all of it is given back`, async (t) => {
    const { desk, kernel } = deskOf(t);
    desk.take([png("a.png"), png("b.png"), png("c.png")]);
    kernel.refuses = name;
    assert.equal(await desk.send("Which is larger?"), false);
    assert.deepEqual(desk.attached.map((each) => each.name), ["a.png", "b.png", "c.png"]);
    assert.match(desk.note.text, new RegExp(`'${name}' is damaged.*Nothing was sent: take ${name} out`));
    assert.equal(kernel.uploads().at(-1).name, name);
    kernel.refuses = "";
    desk.detach(desk.attached.findIndex((each) => each.name === name));
    assert.equal(await desk.send("Which is larger?"), true);
    assert.deepEqual([kernel.uploads().at(-1).also.length, desk.attached.length], [1, 0]);
  });
}

test("what cannot be sent is refused before anything travels, with the list of what works once", async (t) => {
  const { desk, kernel } = deskOf(t);
  desk.take([png("half.png", PNG.slice(0, 6)), new File(["%PDF"], "a.pdf"), new File(["data"], "b.txt"), png("good.png")]);
  await desk.checked;
  assert.deepEqual([desk.attached.map((each) => each.name), kernel.uploads().length], [["good.png"], 0]);
  assert.match(desk.note.text, /half\.png is damaged.*a\.pdf is neither.*b\.txt is neither/);
  assert.equal(desk.note.text.split("Images: png, jpeg").length, 2);
});

test("a line that is lost gives back what was written, and says why", async (t) => {
  const { desk, kernel } = deskOf(t);
  kernel.silent = true;
  const sending = desk.send("Are you there?");
  await settle();
  desk.wire.lose();
  assert.equal(await sending, false);
  assert.match(desk.closed, /kernel/);
  assert.equal(desk.note.kind, "problem");
});

test("a kernel that does not answer is busy at first, and after a while may know nothing of the view", async (t) => {
  const { desk, kernel } = deskOf(t);
  kernel.silent = true;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sending = desk.send("Are you there?");
  await desk.checked;
  await Promise.resolve();
  t.mock.timers.tick(1000);
  assert.match(desk.note.text, /busy/);
  t.mock.timers.tick(9500);
  assert.match(desk.note.text, /run the cell again/);
  desk.wire.lose();
  assert.equal(await sending, false);
});
