import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ShareEvent } from '../../../src/events/domain-event.js';
import { startMockKafka, type KafkaRecord, type MockKafka } from '../../support/mock-kafka.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { startHostRelay } from '../relay-process.js';
import { repeat } from './repeat.js';
import { asTransport, type Way } from './way.js';

const TOPIC = 'kakao-share.events';
/** The mock cluster answers a consumer that asks too early only when its wait is over, and by then the relay is far ahead. */
const PROMPT = ['-X', 'fetch.wait.max.ms=5'];

export const kafka: Way = {
  ...asTransport('kafka'),
  title: 'Kafka, which is librdkafka’s mock cluster',
  program: 'kcat',
  restarts:
    'all connections to Kafka were cut until the relay met with it (the mock cluster keeps nothing over a restart)',
  async open({ db, arrivals }) {
    const cluster = await startMockKafka();
    const proxy = await startTcpProxy(Number(cluster.brokers[0]?.split(':')[1]));
    const consumer = await consume(cluster, (event) => {
      arrivals.add(event);
    });
    return {
      startRelay: () =>
        startHostRelay(db, {
          transport: 'kafka',
          kafka: { brokers: cluster.brokers, proxyPort: proxy.port },
        }),
      restart: async (untilNoticed) => {
        const stopCutting = repeat(() => {
          proxy.cut();
          return Promise.resolve();
        });
        await untilNoticed();
        await stopCutting();
      },
      checkEmpty: async () => {
        const kept = (await cluster.read(TOPIC)).length;
        if (kept > consumer.read)
          throw new Error(`${kept - consumer.read} messages are in the topic`);
      },
      close: async () => {
        await consumer.close();
        await proxy.close();
        await cluster.stop();
      },
    };
  },
};

interface Consumer {
  /** How many messages it has read. */
  readonly read: number;
  close(): Promise<void>;
}

/** Reads the topic from its beginning for as long as it is there: past the proxy, each partition in order. */
async function consume(
  cluster: MockKafka,
  onEvent: (event: ShareEvent) => void,
): Promise<Consumer> {
  // Asking for a topic makes it, with its partitions, so that the consumer has something to begin with.
  await cluster.read(TOPIC);
  const kcat = spawn(
    'kcat',
    [
      '-C',
      '-b',
      cluster.brokers.join(','),
      '-t',
      TOPIC,
      '-o',
      'beginning',
      '-q',
      '-u',
      '-J',
    ].concat(PROMPT),
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const consumer = {
    read: 0,
    close: async () => {
      const exited = once(kcat, 'exit');
      kcat.kill('SIGKILL');
      await exited;
    },
  };
  createInterface(kcat.stdout).on('line', (line) => {
    consumer.read++;
    onEvent(JSON.parse((JSON.parse(line) as KafkaRecord).payload) as ShareEvent);
  });
  return consumer;
}
