// What the node client programs share: how they are called, what they are given, and how they tell facts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const BYTES_PER_MS = 48; // PCM16 at 24 kHz

const [name, url, root, audio] = process.argv.slice(2);

export const given = { url, root, pcm: (sample) => readFileSync(join(audio, `${sample}.pcm`)) };

export function tell(facts) {
  console.log(JSON.stringify({ fact: true, facts }));
}

export function* chunks(pcm, ms = 100) {
  for (let start = 0; start < pcm.length; start += ms * BYTES_PER_MS) {
    yield pcm.subarray(start, start + ms * BYTES_PER_MS);
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(condition) {
  while (!condition()) await sleep(20);
}

export async function run(scenarios) {
  setTimeout(() => {
    console.error(`${name} took too long`);
    process.exit(3);
  }, 30000).unref();
  await scenarios[name]();
  process.exit(0);
}
