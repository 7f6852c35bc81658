// Consumes the service's topic in Kafka (EVENT_TRANSPORTS=kafka) in a consumer group and credits a wallet once.
// Run: KAFKA_BROKERS=host:port,… DATABASE_URL=postgres://… node examples/kafka-consumer.mjs
import { Kafka, logLevel } from 'kafkajs';
import { parseShareEvent, ShareEventFormatError } from 'nestjs-kakao-share/consumer';
import { openWallet } from './wallet.mjs';

const {
  KAFKA_BROKERS = '127.0.0.1:9092',
  KAFKA_TOPIC = 'kakao-share.events',
  DATABASE_URL,
} = process.env;

const wallet = await openWallet(DATABASE_URL, 'kafka-consumer');
const kafka = new Kafka({
  clientId: 'example-wallet',
  brokers: KAFKA_BROKERS.split(','),
  logLevel: logLevel.ERROR,
});
const consumer = kafka.consumer({ groupId: 'kakao-share-example-wallet' });
await consumer.connect();
await consumer.subscribe({ topic: KAFKA_TOPIC, fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () =>
  console.log(`Waiting for events in the topic ${KAFKA_TOPIC}`),
);

await consumer.run({
  // A partition's messages come one after another, and a user's events are all in one partition.
  async eachMessage({ message }) {
    const event = read(message.value);
    // What this throws stops the partition: the client comes back to this message after a rest.
    if (event !== undefined) await wallet.handle(event);
  },
});

/** What is no event now will never be one, and must not stop those behind it. */
function read(bytes) {
  try {
    return parseShareEvent(bytes ?? '');
  } catch (error) {
    if (!(error instanceof ShareEventFormatError)) throw error;
    console.error(`A message was passed over: ${error.message}`);
    return undefined;
  }
}

process.once('SIGTERM', async () => {
  await consumer.disconnect();
  await wallet.close();
});
