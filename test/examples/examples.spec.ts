import { Logger } from '@nestjs/common';
import { connect as connectToNats } from '@nats-io/transport-node';
import { connect } from 'amqplib';
import type { ShareEvent } from '../../src/consumer.js';
import { EndpointDirectory } from '../../src/endpoints/endpoint-directory.js';
import { NetworkPolicy } from '../../src/endpoints/network-policy.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import type { EventTransport } from '../../src/relay/event-transport.js';
import { Relay } from '../../src/relay/relay.js';
import { Sender } from '../../src/simulator/send.js';
import { buildShareRequest } from '../../src/simulator/share-request.js';
import { BullmqTransport, DOMAIN_EVENTS_QUEUE } from '../../src/transports/bullmq-transport.js';
import { KafkaTransport } from '../../src/transports/kafka-transport.js';
import { DEFAULT_SUBJECT_PREFIX, NatsTransport } from '../../src/transports/nats-transport.js';
import { DEFAULT_EXCHANGE, RabbitmqTransport } from '../../src/transports/rabbitmq-transport.js';
import { givenEndpoint, KEYS } from '../endpoints/given-endpoint.js';
import { givenDestinations } from '../relay/given-destinations.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { startMockKafka, type MockKafka } from '../support/mock-kafka.js';
import { startPrivateNats, type PrivateNats } from '../support/private-nats.js';
import { startPrivateRabbitmq, type PrivateRabbitmq } from '../support/private-rabbitmq.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy } from '../support/test-service.js';
import { describeWhereInstalled } from '../support/where-installed.js';
import { NOT_ABORTED } from '../transports/given-events.js';
import { credit } from './credit.js';
import { startExample, type ExampleProcess } from './example-process.js';

const STOP_LIMIT_MS = 5_000;
/** A broker that starts on a busy machine. */
const SERVER_LIMIT_MS = 180_000;
const ARRIVAL_LIMIT_MS = 60_000;
const EXAMPLE_LIMIT_MS = 240_000;

let db: TestDatabase;
let stopping: (() => unknown)[];

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  db = await createTestDatabase();
  stopping = [];
});
afterEach(async () => {
  for (const stop of stopping.reverse()) await stop();
  await db.drop();
});

async function start(name: string, environment: Record<string, string>): Promise<ExampleProcess> {
  const example = await startExample(name, { DATABASE_URL: db.url, ...environment });
  stopping.push(() => {
    example.kill();
  });
  return example;
}

/** A transport that keeps what it was given to publish, so that it can come again. */
function remembering(transport: EventTransport): { transport: EventTransport; told: ShareEvent[] } {
  const told: ShareEvent[] = [];
  const publish = transport.publish.bind(transport);
  transport.publish = async (events, signal) => {
    await publish(events, signal);
    told.push(...events);
  };
  return { transport, told };
}

function startRelay(transports: EventTransport[]): Relay {
  const relay = new Relay(db.database, transports, new Logger('Relay'));
  relay.start();
  stopping.push(() => relay.stop(STOP_LIMIT_MS));
  return relay;
}

async function untilPrinted(example: ExampleProcess, ...lines: string[]): Promise<void> {
  await eventually(() => {
    expect(example.lines()).toEqual(
      expect.arrayContaining(lines.map((line) => expect.stringContaining(line) as string)),
    );
  }, ARRIVAL_LIMIT_MS);
}

const pointsOf = (userId: string): Promise<number> =>
  db.number('SELECT points FROM example_wallets WHERE user_id = $1', [userId]);

/** What comes beside events of ours must not stop them, and how the same event comes again. */
interface Nuisances {
  readonly sendNonsense: () => Promise<unknown>;
  readonly sendAgain?: (event: ShareEvent) => Promise<unknown>;
}

/** What every example of a broker shows. */
async function expectOnce(
  transport: EventTransport,
  example: ExampleProcess,
  { sendNonsense, sendAgain }: Nuisances,
): Promise<void> {
  const { transport: kept, told } = remembering(transport);
  await givenDestinations(db.database, [transport.name]);
  startRelay([kept]);
  await sendNonsense();
  await credit(db.database, 'minji', 100);
  await credit(db.database, 'minji', 20);
  await eventually(() => {
    expect(told).toHaveLength(2);
  });
  await untilPrinted(example, ...told.map(({ id }) => `reward.credited minji ${id}`));
  expect(await pointsOf('minji')).toBe(120);
  for (const event of [...told]) await (sendAgain?.(event) ?? kept.publish([event], NOT_ABORTED));
  await untilPrinted(example, ...told.map(({ id }) => `${id} (again: nothing to do)`));
  expect(await pointsOf('minji')).toBe(120);
  expect(await example.stop()).toBe(0);
}

test.each(QUEUE_STORES)(
  'examples/bullmq-consumer consumes the queue on $store, credits once, and stops when asked to',
  async ({ optionsFor }) => {
    const options = optionsFor(db.url);
    const environment =
      'redis' in options
        ? {
            QUEUE_URL: process.env.KAKAO_SHARE_TEST_REDIS ?? '',
            QUEUE_PREFIX: options.prefix ?? '',
          }
        : { QUEUE_URL: db.url };
    const example = await start('bullmq-consumer', environment);
    const store = new QueueStore(options);
    const queue = await store.openQueue<object>(DOMAIN_EVENTS_QUEUE);
    stopping.push(() => queue.close());
    const transport = new BullmqTransport(store);
    await expectOnce(transport, example, {
      sendNonsense: () => queue.add('nonsense', { no: 'event' }),
      // While its job is there, the consumer being about to finish it, the queue takes no second one of its id.
      sendAgain: async (event) => {
        await eventually(async () => {
          expect(await queue.getJob(event.id)).toBeUndefined();
        });
        await transport.publish([event], NOT_ABORTED);
      },
    });
  },
  EXAMPLE_LIMIT_MS,
);

test(
  'examples/webhook-receiver takes what an endpoint is sent, credits once, refuses what nobody signed, and stops',
  async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    const { secret } = await givenEndpoint(db.database, { url });
    const example = await start('webhook-receiver', {
      WEBHOOK_SECRET: secret,
      PORT: new URL(url).port,
    });
    const relay = startRelay([]);
    const directory = new EndpointDirectory({
      ...{ database: db.database, relay, keys: KEYS, logger: new Logger('Endpoints') },
      policy: new NetworkPolicy(['127.0.0.0/8']),
    });
    directory.start();
    stopping.push(() => directory.stop(STOP_LIMIT_MS));
    await credit(db.database, 'minji', 100);
    await untilPrinted(example, 'reward.credited minji');
    expect(await pointsOf('minji')).toBe(100);
    const forged = await fetch(url, { method: 'POST', body: '{}' });
    expect(forged.status).toBe(401);
    expect(await example.stop()).toBe(0);
  },
  EXAMPLE_LIMIT_MS,
);

test(
  'examples/nest-handlers takes a webhook of Kakao’s, settles it, hears of the reward, and stops',
  async () => {
    await givenCampaign(db);
    const adminKey = 'k'.repeat(32);
    const example = await start('nest-handlers', { KAKAO_ADMIN_KEY: adminKey, PORT: '0' });
    const printed = example.lines().join('\n');
    const [, url = ''] = /Waiting for webhooks at (\S+)/.exec(printed) ?? [];
    const sender = new Sender();
    const request = { url, adminKey, resourceId: 'one', method: 'POST', encoding: 'json' } as const;
    await eventually(async () => {
      const answer = await sender.send(buildShareRequest(shareBy('minji'), request));
      expect(answer.status).toBe(200);
    });
    sender.close();
    await untilPrinted(example, 'reward.credited minji');
    expect(await db.number('SELECT points FROM example_mails')).toBe(100);
    await example.stop();
  },
  EXAMPLE_LIMIT_MS,
);

describeWhereInstalled('rabbitmq-server', 'examples/rabbitmq-consumer', () => {
  let rabbitmq: PrivateRabbitmq;

  beforeAll(async () => {
    rabbitmq = await startPrivateRabbitmq();
  }, SERVER_LIMIT_MS);
  afterAll(() => rabbitmq.stop());

  test(
    'consumes a queue of its own, credits once, and stops when asked to',
    async () => {
      const example = await start('rabbitmq-consumer', { RABBITMQ_URL: rabbitmq.url });
      const connection = await connect(rabbitmq.url);
      stopping.push(() => connection.close());
      const channel = await connection.createConfirmChannel();
      await expectOnce(new RabbitmqTransport({ url: rabbitmq.url }), example, {
        async sendNonsense() {
          channel.publish(DEFAULT_EXCHANGE, 'nonsense', Buffer.from('no event'));
          await channel.waitForConfirms();
        },
      });
    },
    EXAMPLE_LIMIT_MS,
  );
});

describeWhereInstalled('nats-server', 'examples/nats-consumer', () => {
  let nats: PrivateNats;

  beforeAll(async () => {
    nats = await startPrivateNats();
  });
  afterAll(() => nats.stop());

  test(
    'consumes the stream under a name that the server remembers, credits once, and stops when asked to',
    async () => {
      const transport = new NatsTransport({ servers: nats.url });
      await transport.connect(NOT_ABORTED);
      const example = await start('nats-consumer', { NATS_URL: nats.url });
      const { port, user, password: pass } = nats;
      const connection = await connectToNats({ servers: `127.0.0.1:${port}`, user, pass });
      stopping.push(() => connection.close());
      const send = async (type: string, body: string): Promise<void> => {
        connection.publish(`${DEFAULT_SUBJECT_PREFIX}.${type}`, body);
        await connection.flush();
      };
      await expectOnce(transport, example, {
        sendNonsense: () => send('nonsense', 'no event'),
        // Without the message's id, by which the stream would drop it.
        sendAgain: (event) => send(event.type, JSON.stringify(event)),
      });
    },
    EXAMPLE_LIMIT_MS,
  );
});

describeWhereInstalled('kcat', 'examples/kafka-consumer, on librdkafka’s mock cluster', () => {
  let kafka: MockKafka;

  beforeAll(async () => {
    kafka = await startMockKafka();
  });
  afterAll(() => kafka.stop());

  test(
    'consumes the topic in a group, credits once, and stops when asked to',
    async () => {
      // The topic is there as soon as somebody asks for it.
      const transport = new KafkaTransport({ brokers: kafka.brokers });
      const example = await start('kafka-consumer', { KAFKA_BROKERS: kafka.brokers.join(',') });
      await expectOnce(transport, example, {
        sendNonsense: () => kafka.produce('kakao-share.events', 'minji'),
      });
    },
    EXAMPLE_LIMIT_MS,
  );
});
