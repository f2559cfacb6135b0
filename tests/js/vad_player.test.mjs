import assert from "node:assert/strict";
import { test } from "node:test";

import { PIECE_S, Pieces, Player, pieceAt } from "../../rtnb/widgets/static/vad_player.mjs";

class Context {
  constructor() {
    this.currentTime = 0;
    this.started = [];
    this.destination = {};
  }

  async resume() {}
  async close() {}

  createBuffer(channels, length, rate) {
    const data = new Float32Array(length);
    return { duration: length / rate, getChannelData: () => data };
  }

  createBufferSource() {
    const source = { connect() {}, stop: () => { source.stopped = true; }, start: (...at) => { this.started.push([...at, source]); } };
    return source;
  }
}

const sound = (seconds, rate = 8000) => new Int16Array(Math.round(seconds * rate));

function rig() {
  const context = new Context();
  const asked = [];
  const places = [];
  const player = new Player({ ask: (index) => asked.push(index), moved: (...at) => places.push(at), context: () => context });
  return { context, asked, places, player };
}

test("a stretch over two pieces is played without a gap", async () => {
  const { context, asked, player } = rig();
  const done = player.play(18, 23);
  await done;
  assert.deepEqual(asked, [0]);
  player.give(0, 8000, sound(PIECE_S));
  assert.deepEqual(asked, [0, 1], "the next piece is asked for ahead");
  player.give(1, 8000, sound(PIECE_S));
  const [first, second] = context.started;
  assert.deepEqual([first[1], first[2]], [18, 2]);
  assert.deepEqual([second[1], second[2]], [0, 3]);
  assert.ok(Math.abs(second[0] - (first[0] + 2)) < 1e-9);
  context.currentTime = first[0] + 2.5;
  assert.ok(Math.abs(player.at() - 20.5) < 1e-9);
  player.stop();
  assert.ok(first[3].stopped && second[3].stopped && !player.playing);
});

test("it ends where the sound ends, and tells where it stopped", async () => {
  const { context, player, places } = rig();
  await player.play(0, 60);
  player.give(0, 8000, sound(1.5));
  assert.equal(context.started.length, 1);
  context.currentTime = 5;
  player.feed();
  await new Promise((done) => setTimeout(done, 80));
  assert.ok(!player.playing);
  assert.equal(places.at(-1)[0], null);
  assert.ok(Math.abs(places.at(-1)[1] - 1.5) < 1e-6);
});

test("what was played is not asked for again, and an hour does not stay in memory", async () => {
  const { asked, player } = rig();
  await player.play(1, 2);
  player.give(0, 8000, sound(PIECE_S));
  await player.play(3, 4);
  assert.deepEqual(asked, [0]);
  player.stop();
  const pieces = new Pieces(2);
  for (const each of [0, 1]) pieces.put(each, each);
  pieces.get(0);
  pieces.put(2, 2);
  assert.deepEqual([pieces.get(0), pieces.get(1), pieces.get(2)], [0, undefined, 2]);
  assert.deepEqual([pieceAt(0), pieceAt(19.99), pieceAt(20)], [0, 0, 1]);
});
