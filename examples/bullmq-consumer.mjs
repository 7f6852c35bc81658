// Consumes the BullMQ queue `domain-events` (EVENT_TRANSPORTS=bullmq) and credits a wallet once.
// Run: QUEUE_URL=redis://… DATABASE_URL=postgres://… node examples/bullmq-consumer.mjs
// QUEUE_URL is the service's REDIS_URL, or its DATABASE_URL where it has no Redis. QUEUE_PREFIX as the service has it.
import { createPostgresBackend, DelayedError, Worker } from 'bullmq';
import { parseShareEvent } from 'nestjs-kakao-share/consumer';
import { openWallet } from './wallet.mjs';

const { QUEUE_URL = 'redis://127.0.0.1:6379', QUEUE_PREFIX = 'bull', DATABASE_URL } = process.env;
const REST_MS = 5_000;

const wallet = await openWallet(DATABASE_URL, 'bullmq-consumer');

async function consume(job, token) {
  const event = parseShareEvent(job.data);
  try {
    await wallet.handle(event);
  } catch (error) {
    console.error(`${event.id} will be tried again: ${error.message}`);
    // Jobs of ours have one attempt; one that waits costs none. Others overtake it: `sequence` tells a user's order.
    await job.moveToDelayed(Date.now() + REST_MS, token);
    throw new DelayedError();
  }
}

// One at a time keeps the order in which they were published.
const options = { concurrency: 1 };
const worker = QUEUE_URL.startsWith('redis')
  ? new Worker('domain-events', consume, {
      ...options,
      connection: { url: QUEUE_URL, maxRetriesPerRequest: null },
      prefix: QUEUE_PREFIX,
    })
  : new Worker(
      'domain-events',
      consume,
      { ...options, connection: { connectionString: QUEUE_URL, schema: 'bullmq' } },
      createPostgresBackend,
    );
worker.on('error', (error) => console.error(`The queue is in trouble: ${error.message}`));
await worker.waitUntilReady();
console.log('Waiting for events in the queue domain-events');

process.once('SIGTERM', async () => {
  await worker.close();
  await wallet.close();
});
