// `openai-realtime-api`, the TypeScript port of OpenAI's first reference client: beta shape.
import { RealtimeClient } from 'openai-realtime-api';
import { BYTES_PER_MS, chunks, given, run, sleep, tell, until } from './telling.mjs';

const called = [];
const uncaught = [];
process.on('unhandledRejection', (error) => uncaught.push(String(error)));
process.on('uncaughtException', (error) => uncaught.push(String(error)));

async function start(sessionConfig = {}) {
  const client = new RealtimeClient({ apiKey: 'x', url: given.url, sessionConfig });
  const watch = { client, events: [], errors: [], done: 0, interrupted: 0 };
  client.on('realtime.event', ({ source, event }) => {
    if (source === 'server') watch.events.push(event.type);
    if (source === 'server' && event.type === 'error') watch.errors.push(event.error.message);
    if (source === 'server' && event.type === 'response.done') watch.done += 1;
  });
  client.on('conversation.interrupted', () => (watch.interrupted += 1));
  await client.connect();
  await client.waitForSessionCreated();
  return watch;
}

const samples = (pcm) => new Int16Array(new Uint8Array(pcm).buffer);

const said = (watch) =>
  watch.client.conversation
    .getItems()
    .map((item) => [item.role ?? item.type, item.formatted.text || item.formatted.transcript || item.formatted.output || '']);

const story = (watch) => watch.client.conversation.getItems().find((item) => item.role === 'assistant');

const facts = (watch) => ({ history: said(watch), errors: watch.errors, uncaught });

async function text() {
  const watch = await start({ modalities: ['text'] });
  watch.client.sendUserMessageContent([{ type: 'input_text', text: 'What is six times seven?' }]);
  const item = await watch.client.waitForNextCompletedItem();
  await until(() => watch.done === 1);
  tell({ ...facts(watch), first: item.role, created: watch.events.includes('conversation.created') });
}

async function audio() {
  const watch = await start();
  for (const chunk of chunks(given.pcm('capital'))) watch.client.appendInputAudio(samples(chunk));
  watch.client.createResponse();
  await until(() => watch.done === 1);
  await until(() => said(watch)[0][1].trim() !== '');
  tell({ ...facts(watch), samples: story(watch).formatted.audio.length });
}

async function vad() {
  const watch = await start({ turn_detection: { type: 'server_vad', silence_duration_ms: 500 } });
  const pcm = Buffer.concat([Buffer.alloc(300 * BYTES_PER_MS), given.pcm('capital'), Buffer.alloc(3000 * BYTES_PER_MS)]);
  for (const chunk of chunks(pcm, 50)) {
    watch.client.appendInputAudio(samples(chunk));
    await sleep(50);
    if (watch.done) break;
  }
  await until(() => watch.done === 1);
  await sleep(1000);
  tell({ ...facts(watch), interrupted: watch.interrupted });
}

async function tool() {
  const watch = await start({ modalities: ['text'] });
  watch.client.addTool(
    {
      name: 'get_weather',
      description: 'The weather in a city now.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
    async ({ city }) => {
      called.push(city);
      return { temperature_celsius: 23 };
    },
  );
  watch.client.sendUserMessageContent([{ type: 'input_text', text: 'What is the weather in Paris?' }]);
  await until(() => watch.done === 2);
  tell({ ...facts(watch), called });
}

async function interrupt() {
  const watch = await start();
  watch.client.sendUserMessageContent([{ type: 'input_text', text: 'Tell me a long story.' }]);
  await until(() => (story(watch)?.formatted.audio.length ?? 0) > 24000);
  const item = story(watch);
  watch.client.cancelResponse(item.id, 16800);
  await until(() => watch.done === 1 && watch.events.includes('conversation.item.truncated'));
  const kept = item.formatted.audio.length;
  watch.client.sendUserMessageContent([{ type: 'input_text', text: 'What is six times seven?' }]);
  await until(() => watch.done === 2);
  tell({ ...facts(watch), kept });
}

await run({ text, audio, vad, tool, interrupt });
