// The agent under test in another language: push to talk, on `@openai/agents-realtime`, with a tool of its own. It
// knows no rtnb; REALTIME_URL says where the service is, for tests.
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { z } from 'zod';

const MODEL = 'gpt-realtime-2.1';

/** The spoken answer to a spoken question, both PCM16 at 24 kHz; `orderStatus` tells where an order is. */
export async function ask(question, orderStatus) {
  const agent = new RealtimeAgent({
    name: 'Shop',
    instructions: 'You help the customers of a shop. Look orders up; never guess. Be brief.',
    tools: [
      tool({
        name: 'order_status',
        description: 'Where an order is.',
        parameters: z.object({ number: z.number().int() }),
        execute: ({ number }) => orderStatus(number),
      }),
    ],
  });
  const url = process.env.REALTIME_URL;
  const session = new RealtimeSession(agent, {
    model: MODEL,
    transport: url ? new OpenAIRealtimeWebSocket({ url: `${url}?model=${MODEL}` }) : 'websocket',
    config: { outputModalities: ['audio'], audio: { input: { turnDetection: null } } },
  });
  const answer = [];
  const answered = new Promise((resolve, reject) => {
    session.on('audio', (event) => answer.push(Buffer.from(event.data)));
    session.on('error', (event) => reject(new Error(JSON.stringify(event.error ?? event))));
    session.on('transport_event', (event) => {
      if (event.type !== 'response.done') return;
      if (event.response.status === 'failed') reject(new Error(event.response.status_details?.error?.code));
      // An answer that calls the tool is followed by another, which the package asks for.
      if (event.response.output.every((item) => item.type === 'message')) resolve();
    });
  });
  try {
    await session.connect({ apiKey: process.env.OPENAI_API_KEY });
    session.sendAudio(new Uint8Array(question).buffer);
    session.transport.sendEvent({ type: 'input_audio_buffer.commit' });
    session.transport.requestResponse();
    await answered;
  } finally {
    session.close();
  }
  return Buffer.concat(answer);
}
