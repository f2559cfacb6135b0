// `@openai/agents-realtime`: a RealtimeAgent in a RealtimeSession over the package's own WebSocket transport.
import { hostedMcpTool } from '@openai/agents-core';
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { z } from 'zod';
import { BYTES_PER_MS, chunks, given, run, sleep, tell, until } from './telling.mjs';

const called = [];
const weather = tool({
  name: 'get_weather',
  description: 'The weather in a city now.',
  parameters: z.object({ city: z.string().describe('Name of the city') }),
  execute: async ({ city }) => {
    called.push(city);
    return JSON.stringify({ temperature_celsius: 23 });
  },
});

async function start({ text = true, tools = [], input = { turnDetection: null } } = {}) {
  const agent = new RealtimeAgent({ name: 'Tester', instructions: 'You are brief.', tools });
  const session = new RealtimeSession(agent, {
    transport: new OpenAIRealtimeWebSocket({ url: `${given.url}?model=gpt-realtime-2.1` }),
    model: 'gpt-realtime-2.1',
    config: { outputModalities: [text ? 'text' : 'audio'], ...(input ? { audio: { input } } : {}) },
  });
  const watch = { session, errors: [], audioBytes: 0, seen: [], generic: [] };
  session.on('error', (event) => watch.errors.push(JSON.stringify(event.error ?? event)));
  session.on('audio', (event) => (watch.audioBytes += event.data.byteLength));
  session.on('transport_event', (event) => watch.seen.push(event.type));
  await session.connect({ apiKey: 'x' });
  return watch;
}

const count = (watch, type) => watch.seen.filter((seen) => seen === type).length;

const said = (watch) =>
  watch.session.history.map((item) =>
    item.type === 'message'
      ? [item.role, item.content.map((part) => part.text ?? part.transcript ?? '').join(' ')]
      : [item.name, item.output ?? ''],
  );

async function text() {
  const watch = await start();
  watch.session.sendMessage('What is six times seven?');
  await until(() => count(watch, 'response.done') === 1);
  await sleep(300);
  tell({ history: said(watch), errors: watch.errors, tokens: watch.session.usage.totalTokens });
}

async function audio() {
  const watch = await start({ text: false, input: { turnDetection: null, transcription: { model: 'whisper-1' } } });
  for (const chunk of chunks(given.pcm('capital'))) {
    watch.session.sendAudio(new Uint8Array(chunk).buffer);
  }
  watch.session.transport.sendEvent({ type: 'input_audio_buffer.commit' });
  watch.session.transport.requestResponse();
  await until(() => count(watch, 'response.done') === 1);
  await sleep(1500);
  tell({ history: said(watch), audioBytes: watch.audioBytes, errors: watch.errors });
}

// As the package sets it: its own default turn detection and transcription.
async function vad() {
  const watch = await start({ text: false, input: null });
  const pcm = Buffer.concat([Buffer.alloc(300 * BYTES_PER_MS), given.pcm('capital'), Buffer.alloc(9000 * BYTES_PER_MS)]);
  for (const chunk of chunks(pcm, 50)) {
    watch.session.sendAudio(new Uint8Array(chunk).buffer);
    await sleep(50);
    if (count(watch, 'response.done')) break;
  }
  await until(() => count(watch, 'response.done') === 1);
  await sleep(1000);
  tell({ history: said(watch), audioBytes: watch.audioBytes, errors: watch.errors });
}

async function useTool() {
  const watch = await start({ tools: [weather] });
  watch.session.sendMessage('What is the weather in Paris?');
  await until(() => count(watch, 'response.done') === 2);
  await sleep(300);
  tell({ called, history: said(watch), errors: watch.errors });
}

async function interrupt() {
  const watch = await start({ text: false });
  watch.session.sendMessage('Tell me a long story.');
  await until(() => watch.audioBytes > 48000);
  await sleep(600);
  const came = watch.audioBytes / BYTES_PER_MS;
  watch.session.interrupt();
  await until(() => count(watch, 'response.done') === 1);
  watch.session.sendMessage('What is six times seven?');
  await until(() => count(watch, 'response.done') === 2);
  await sleep(300);
  tell({ came, history: said(watch), errors: watch.errors });
}

async function outOfBand() {
  const watch = await start();
  const content = [{ type: 'input_text', text: 'What is two plus three?' }];
  watch.session.transport.sendEvent({
    type: 'response.create',
    response: {
      conversation: 'none',
      output_modalities: ['text'],
      metadata: { a: 'b' },
      input: [{ type: 'message', role: 'user', content }],
    },
  });
  await until(() => count(watch, 'response.done') === 1);
  watch.session.sendMessage('What is six times seven?');
  await until(() => count(watch, 'response.done') === 2);
  await sleep(300);
  tell({ history: said(watch), errors: watch.errors });
}

// The service calls the tool itself; the package asks for the answer once it has.
async function mcp() {
  const shop = hostedMcpTool({ serverLabel: 'shop', serverUrl: process.env.SHOP_URL });
  const watch = await start({ text: false, tools: [shop] });
  for (const chunk of chunks(given.pcm('order'))) {
    watch.session.sendAudio(new Uint8Array(chunk).buffer);
  }
  watch.session.transport.sendEvent({ type: 'input_audio_buffer.commit' });
  watch.session.transport.requestResponse();
  await until(() => count(watch, 'response.done') === 2);
  await sleep(300);
  tell({ audioBytes: watch.audioBytes, errors: watch.errors });
}

await run({ text, audio, vad, tool: useTool, interrupt, out_of_band: outOfBand, mcp });
