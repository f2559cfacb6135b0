// What the agent says and does is on the server's record, for `rtnb check`; here is what only the agent knows.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ask } from './agent.mjs';

test('an order is looked up', { timeout: 60_000 }, async () => {
  const asked = [];
  const answer = await ask(readFileSync('question.pcm'), (number) => {
    asked.push(number);
    return 'arrives on Friday';
  });
  assert.deepEqual(asked, [7]);
  assert.ok(answer.length > 24_000, 'half a second of answer at least');
});
