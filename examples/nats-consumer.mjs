// Consumes the service's stream in NATS JetStream (EVENT_TRANSPORTS=nats) with a durable consumer and credits a wallet once.
// Run: NATS_URL=nats://… DATABASE_URL=postgres://… node examples/nats-consumer.mjs
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { parseShareEvent, ShareEventFormatError } from 'nestjs-kakao-share/consumer';
import { openWallet } from './wallet.mjs';

const {
  NATS_URL = 'nats://127.0.0.1:4222',
  NATS_SUBJECT_PREFIX = 'kakao-share.events',
  DATABASE_URL,
} = process.env;
const DURABLE = 'kakao-share-example-wallet';
const REST_MS = 1_000;

const wallet = await openWallet(DATABASE_URL, 'nats-consumer');
const { host, username, password } = new URL(NATS_URL);
// The client takes no login in an address.
const login =
  username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
const connection = await connect({ servers: host, ...login });
const manager = await jetstreamManager(connection);
const subject = `${NATS_SUBJECT_PREFIX}.>`;
// The service makes the stream at its first connection.
const stream = await manager.streams.find(subject);
// The server remembers under this name what was acknowledged. One unacknowledged message at a time keeps the order.
await manager.consumers.add(stream, {
  durable_name: DURABLE,
  filter_subject: subject,
  ack_policy: AckPolicy.Explicit,
  max_ack_pending: 1,
});
const consumer = await jetstream(connection).consumers.get(stream, DURABLE);
const messages = await consumer.consume({ max_messages: 1 });
console.log(`Waiting for events in the stream ${stream}`);

process.once('SIGTERM', () => messages.close());
for await (const message of messages) {
  try {
    await wallet.handle(parseShareEvent(message.data));
    message.ack();
  } catch (error) {
    console.error(`A message was not handled: ${error.message}`);
    // What is no event now will never be one; everything else comes again after a rest.
    if (error instanceof ShareEventFormatError) message.term();
    else message.nak(REST_MS);
  }
}
await connection.drain();
await wallet.close();
