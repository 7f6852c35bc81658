// Consumes a queue bound to the service's exchange in RabbitMQ (EVENT_TRANSPORTS=rabbitmq) and credits a wallet once.
// Run: RABBITMQ_URL=amqp://… DATABASE_URL=postgres://… node examples/rabbitmq-consumer.mjs
import { setTimeout as pause } from 'node:timers/promises';
import amqp from 'amqplib';
import { parseShareEvent, ShareEventFormatError } from 'nestjs-kakao-share/consumer';
import { openWallet } from './wallet.mjs';

const {
  RABBITMQ_URL = 'amqp://127.0.0.1',
  RABBITMQ_EXCHANGE = 'kakao-share.events',
  DATABASE_URL,
} = process.env;
const QUEUE = 'kakao-share-example-wallet';
const REST_MS = 1_000;

const wallet = await openWallet(DATABASE_URL, 'rabbitmq-consumer');
const connection = await amqp.connect(RABBITMQ_URL);
const channel = await connection.createChannel();
await channel.assertExchange(RABBITMQ_EXCHANGE, 'topic', { durable: true });
// Durable, so that it fills while this process is away. Bind it once before the events that matter: what no queue is bound for is gone.
await channel.assertQueue(QUEUE, { durable: true });
// The routing key is the type: 'reward.*' would be all about rewards.
await channel.bindQueue(QUEUE, RABBITMQ_EXCHANGE, '#');
// One at a time, and one consumer: then a user's events are handled in order, also after a failure.
await channel.prefetch(1);

let atWork = Promise.resolve();
const { consumerTag } = await channel.consume(QUEUE, (message) => {
  if (message !== null) atWork = consume(message);
});
console.log(`Waiting for events in the queue ${QUEUE}`);

async function consume(message) {
  try {
    await wallet.handle(parseShareEvent(message.content));
    channel.ack(message);
  } catch (error) {
    console.error(`A message was not handled: ${error.message}`);
    if (error instanceof ShareEventFormatError) {
      // It will never be one. It goes to the queue's dead letters where there are any.
      channel.nack(message, false, false);
    } else {
      await pause(REST_MS);
      channel.nack(message);
    }
  }
}

// Whoever started this process starts it again: then the broker may be back.
connection.on('error', (error) => console.error(`The connection is lost: ${error.message}`));
connection.on('close', () => void wallet.close());
process.once('SIGTERM', async () => {
  await channel.cancel(consumerTag);
  await atWork;
  await connection.close();
});
