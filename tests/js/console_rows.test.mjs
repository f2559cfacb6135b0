import assert from "node:assert/strict";
import { test } from "node:test";

import { Book, ROWS_KEPT, ROWS_MOST, argumentsText, changedRow, heardChip, heardPieces, plainArguments, speaker, spokenRow } from "../../rtnb/widgets/static/console_rows.mjs";

const row = (id, more = {}) => ({ id, kind: "message", who: "assistant", text: id, item: `item_${id}`, ...more });
const state = (rows, more = {}) => ({ type: "state", seq: 4, rows, earlier: 0, status: { state: "open" }, settings: {}, mic: {}, ...more });
const ids = (book) => book.rows.map((each) => each.id).join("");

function bookOf(text, more) {
  const book = new Book();
  book.take(state([...text].map((id) => row(id)), more));
  return book;
}

test("rows come, go and change in the order of the contract", () => {
  const book = bookOf("abc");
  const came = book.patch({
    seq: 5, gone: ["b"], add: [{ after: "a", row: row("x") }, { after: "x", row: row("y") }, { after: "", row: row("0") }],
    change: [{ id: "y", set: { text: "why" }, tail: {} }],
  });
  assert.equal(came, "applied");
  assert.equal(ids(book), "0axyc");
  assert.equal(book.rows[3].text, "why");
});

test("a row that comes again moves", () => {
  const book = bookOf("abc");
  book.patch({ seq: 5, add: [{ after: "c", row: row("a") }] });
  assert.equal(ids(book), "bca");
});

test("what is old is passed over, and behind a gap nothing is taken", () => {
  const book = bookOf("a");
  assert.equal(book.patch({ seq: 4, gone: ["a"] }), "old");
  assert.equal(book.patch({ seq: 6, gone: ["a"] }), "gap");
  assert.equal(ids(book), "a");
  assert.equal(new Book().patch({ seq: 0 }), "gap");
});

test("text grows by its tail, which also takes back what was too much", () => {
  const now = changedRow(row("a", { text: "Hello", arguments: "" }), { set: { streaming: true }, tail: { text: { at: 5, text: ", you" }, arguments: { at: 0, text: "{" } } });
  assert.deepEqual([now.text, now.arguments, now.streaming], ["Hello, you", "{", true]);
  assert.equal(changedRow(row("a", { text: "Hello, you" }), { tail: { text: { at: 5, text: "!" } } }).text, "Hello!");
});

test("a changed row is another object, the others are what they were", () => {
  const book = bookOf("ab");
  const [a, b] = book.rows;
  book.patch({ seq: 5, change: [{ id: "a", set: { note: "stopped" } }] });
  assert.notEqual(book.rows[0], a);
  assert.equal(book.rows[1], b);
  book.touch((each) => each.id === "b");
  assert.notEqual(book.rows[1], b);
});

test("what follows an unknown row is shown only where nothing lies before", () => {
  const whole = bookOf("b");
  whole.patch({ seq: 5, add: [{ after: "a", row: row("x") }] });
  assert.equal(ids(whole), "xb");
  const part = bookOf("b", { earlier: 3 });
  part.patch({ seq: 5, add: [{ after: "a", row: row("x") }] });
  assert.equal(ids(part), "b");
});

test("earlier rows come in front, none of them twice", () => {
  const book = bookOf("cd", { earlier: 3 });
  book.before([row("a"), row("b"), row("c")], 1);
  assert.equal(ids(book), "abcd");
  assert.equal(book.earlier, 1);
});

test("what lies earlier is counted from the page's own first row, whatever comes and goes", () => {
  const order = Array.from({ length: 403 }, (_, index) => `r${index}`);
  const book = new Book();
  book.take(state(order.slice(-200).map((id) => row(id)), { earlier: 203 }));
  // All of it was asked for: what comes behind it leaves nothing earlier.
  book.before(order.slice(0, 203).map((id) => row(id)), 0);
  book.patch({ seq: 5, add: [{ after: "r402", row: row("new") }], earlier: 204 });
  assert.deepEqual([book.rows.length, book.earlier], [404, 0]);
  const part = new Book();
  part.take(state(order.slice(-200).map((id) => row(id)), { earlier: 203 }));
  part.patch({ seq: 5, gone: ["r1", "r300"], add: [{ after: "", row: row("first") }, { after: "r5", row: row("inside") }, { after: "r402", row: row("new") }] });
  assert.deepEqual([part.rows.length, part.earlier], [200, 204]);
  assert.equal(part.rows.some((each) => each.id === "first" || each.id === "inside"), false);
});

test("a page keeps some hundreds of rows; the oldest go back, what waits for somebody stays", () => {
  const book = new Book();
  book.take(state([]));
  let last = "";
  for (let seq = 5; seq < 5 + 1000; seq++) {
    book.patch({ seq, add: [{ after: last, row: row(`r${seq}`) }] });
    last = `r${seq}`;
    book.trim();
    assert.ok(book.rows.length <= ROWS_MOST);
    assert.equal(book.rows.length + book.earlier, seq - 4);
  }
  const waiting = new Book();
  waiting.take(state(Array.from({ length: ROWS_MOST + 50 }, (_, index) => row(`r${index}`, { open: index === 20 }))));
  waiting.trim();
  assert.deepEqual([waiting.rows[0].id, waiting.earlier], ["r20", 20]);
  assert.ok(ROWS_KEPT < ROWS_MOST);
});

test("a view is told which rows to draw, and no others", () => {
  const book = bookOf("abc");
  const marks = book.watch();
  assert.equal(marks.clear().moved, true);
  book.patch({ seq: 5, change: [{ id: "b", tail: { text: { at: 1, text: "!" } } }] });
  assert.deepEqual([[...marks.touched], marks.moved], [["b"], false]);
  marks.clear();
  book.patch({ seq: 6, status: { text: "Ready." } });
  assert.deepEqual([[...marks.touched], marks.moved], [[], false]);
  book.patch({ seq: 7, add: [{ after: "c", row: row("d") }] });
  assert.deepEqual([[...marks.touched], marks.moved], [["d"], true]);
});

test("status and settings take only what changed", () => {
  const book = bookOf("a", { status: { state: "open", text: "Ready." }, settings: { fields: [1], tools: [] } });
  book.patch({ seq: 5, status: { text: "Listening." }, settings: { tools: [2] }, mic: { page: "p" } });
  assert.deepEqual(book.status, { state: "open", text: "Listening." });
  assert.deepEqual(book.settings, { fields: [1], tools: [2] });
  assert.equal(book.mic.page, "p");
});

test("the state is asked for once, and again after two seconds", () => {
  const book = new Book();
  assert.deepEqual([0, 500, 1999, 2000, 2100].map((ms) => book.mayAsk(ms)), [true, false, false, true, false]);
  book.take(state([]));
  assert.equal(book.mayAsk(2200), true);
});

test("any patches in any order lead to the state of those that were applied", () => {
  // A small generator of its own: the same each time.
  let seed = 7;
  const dice = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 200; round++) {
    const book = bookOf("abc");
    let expected = ["a", "b", "c"];
    for (let seq = 5; seq < 25; seq++) {
      const after = dice(3) === 0 || expected.length === 0 ? "" : expected[dice(expected.length)];
      const id = `r${seq}`;
      const gone = dice(4) === 0 && expected.length > 0 ? [expected[dice(expected.length)]] : [];
      expected = expected.filter((each) => !gone.includes(each));
      expected.splice(after === "" ? 0 : expected.indexOf(after) + 1, 0, id);
      const patch = { seq, gone, add: [{ after, row: row(id) }] };
      if (dice(5) === 0) assert.equal(book.patch({ ...patch, seq: seq + 1 + dice(3) }), "gap");
      assert.equal(book.patch(patch), "applied");
      if (dice(3) === 0) assert.equal(book.patch(patch), "old");
    }
    assert.deepEqual(book.rows.map((each) => each.id), expected);
  }
});

test("what was not heard begins at a word", () => {
  const cut = row("a", { text: "It is sunny in Paris today", heard_s: 1.5, audio_s: 3, heard_chars: 13 });
  assert.deepEqual(heardPieces(cut), ["It is sunny", " in Paris today"]);
  assert.deepEqual(heardPieces({ ...cut, heard_s: null }), [cut.text, ""]);
  assert.deepEqual(heardPieces({ ...cut, heard_s: 0, heard_chars: 0 }), ["", cut.text]);
  assert.deepEqual(heardPieces({ ...cut, heard_chars: 999 }), [cut.text, ""]);
  const guessed = heardPieces({ ...cut, heard_chars: null });
  assert.equal(guessed.join(""), cut.text);
  assert.ok(guessed[0].length <= 13 && guessed[1].length > 0);
});

test("the chip says what was heard of what there was", () => {
  assert.equal(heardChip({ heard_s: 1.55, audio_s: 3 }), "interrupted: 1.55 s of 3.00 s heard");
  assert.equal(heardChip({ heard_s: 0, audio_s: 3 }), "interrupted: none of 3.00 s heard");
  assert.equal(heardChip({ heard_s: 0, audio_s: 0 }), "interrupted before it was heard");
  assert.equal(heardChip({ heard_s: 3.01, audio_s: 3 }), "interrupted: 3.00 s of 3.00 s heard");
  assert.equal(heardChip({ heard_s: null, audio_s: 3 }), "");
});

test("arguments are read as Python writes them, and half of them as they came", () => {
  assert.equal(argumentsText('{"city": "Paris", "days": [1, 2]}'), 'city="Paris", days=[1,2]');
  assert.equal(argumentsText('{"city": "Pa'), '{"city": "Pa');
  assert.equal(argumentsText(""), "");
  assert.equal(argumentsText("[1]"), "[1]");
  assert.equal(argumentsText("x".repeat(500)).length, 400);
  assert.equal(argumentsText("x".repeat(5000), Infinity).length, 5000);
});

test("arguments that somebody decides about are shown whole, with what would be invisible or turned around", () => {
  const long = `{"note": "${"x".repeat(30_000)}", "to": "mallory"}`;
  assert.equal(plainArguments(long), long);
  assert.equal(plainArguments('{"a": "\u202etxt.exe\u200b"}'), '{"a": "\\u202etxt.exe\\u200b"}');
  // The same name twice: both are to be seen.
  assert.match(plainArguments('{"path": "/", "path": "/tmp"}'), /"\/".*"\/tmp"/);
});

test("only what is finished is read out, with who said it", () => {
  assert.equal(spokenRow(row("Hi", { streaming: true })), "");
  assert.equal(spokenRow(row("Hi")), "Assistant: Hi");
  assert.equal(spokenRow({ kind: "call", name: "find", output: "3", server: "" }), "Tool: find: 3");
  assert.equal(spokenRow({ kind: "call", name: "find", open: true }), "");
  assert.equal(speaker({ kind: "call", server: "files" }), "MCP tool");
  assert.equal(speaker({ kind: "new in the future", who: "user" }), "You");
});
