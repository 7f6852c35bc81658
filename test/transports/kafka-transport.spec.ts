import { Logger } from '@nestjs/common';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { ShareEvent } from '../../src/events/domain-event.js';
import { EventRefusedError } from '../../src/relay/event-transport.js';
import { TransportOptionsError } from '../../src/transports/broker-errors.js';
import type { KafkaSocketFactory } from '../../src/transports/kafka-options.js';
import { KafkaTransport } from '../../src/transports/kafka-transport.js';
import { eventually } from '../support/eventually.js';
import { startMockKafka, type KafkaRecord, type MockKafka } from '../support/mock-kafka.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { describeWhereInstalled } from '../support/where-installed.js';
import { givenEvent, givenEvents, NOT_ABORTED, sequencesOf } from './given-events.js';
import { publishUnderCuts } from './publish-under-cuts.js';
import { startRefusingProxy } from './refusing-proxy.js';

/** The relay's limit for one call. */
const CALL_LIMIT_MS = 10_000;

/** Connects there, whatever address the brokers give for themselves. */
function toPort(port: number, opened: Socket[] = []): KafkaSocketFactory {
  return ({ onConnect }) => {
    const socket = connect({ port, host: '127.0.0.1' }, onConnect);
    opened.push(socket);
    return socket;
  };
}

const portOf = (broker: string): number => Number(broker.split(':')[1]);

describeWhereInstalled('kcat', 'the transport kafka, on librdkafka’s mock cluster', () => {
  let kafka: MockKafka;
  let proxy: TcpProxy;
  let transport: KafkaTransport;
  let topic: string;
  let suffix = 0;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    kafka = await startMockKafka();
    proxy = await startTcpProxy(portOf(kafka.brokers[0] ?? ''));
  });
  afterAll(async () => {
    await proxy.close();
    await kafka.stop();
  });
  beforeEach(async () => {
    topic = `events-${++suffix}`;
    transport = new KafkaTransport({
      brokers: kafka.brokers,
      topic,
      socketFactory: toPort(proxy.port),
    });
    await connected(transport);
  });
  afterEach(async () => {
    proxy.release();
    await transport.close();
  });

  /** What the time for connecting is worth has tests of its own: here a machine that stood still just then connects again. */
  const connected = (kept: KafkaTransport): Promise<void> =>
    eventually(() => kept.connect(NOT_ABORTED));

  const eventsIn = (records: readonly KafkaRecord[]): ShareEvent[] =>
    records.map(({ payload }) => JSON.parse(payload) as ShareEvent);

  test('an event arrives with the user as key, its id and type as headers, and as a CloudEvent', async () => {
    const event = givenEvent('민지', 7);
    await transport.publish([event], NOT_ABORTED);
    const records = await kafka.read(topic);
    expect(records).toMatchObject([{ key: '민지', ts: Date.parse(event.time) }]);
    expect(records[0]?.headers).toEqual([
      ...['content-type', 'application/cloudevents+json'],
      ...['ce_id', event.id, 'ce_type', 'reward.credited'],
    ]);
    expect(eventsIn(records)).toEqual([event]);
  });

  test('an event of nobody has its id as key', async () => {
    const events = givenEvents(3);
    await transport.publish(events, NOT_ABORTED);
    const keys = (await kafka.read(topic)).map(({ key }) => key);
    expect([...keys].sort()).toEqual(events.map(({ id }) => id).sort());
  });

  test('each user’s events are in one partition, in order, several calls at once', async () => {
    const users = ['minji', 'jisoo', 'hana', 'dana', 'sora', 'yuna'];
    await Promise.all(
      users.map((subject) => transport.publish(givenEvents(50, { subject }), NOT_ABORTED)),
    );
    const records = await kafka.read(topic);
    expect(records).toHaveLength(users.length * 50);
    for (const user of users) {
      const ofUser = records.filter(({ key }) => key === user);
      expect(new Set(ofUser.map(({ partition }) => partition)).size).toBe(1);
      expect(sequencesOf(eventsIn(ofUser), user)).toEqual(
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
    }
  });

  test('users are spread over partitions as by Java clients, so that streams of both can be joined', async () => {
    const users = ['minji', 'jisoo', 'hana', '민지', '지수', '9007199254740993'];
    await transport.publish(
      users.map((user) => givenEvent(user, 1)),
      NOT_ABORTED,
    );
    for (const user of users) await kafka.produce(topic, user);
    const records = await kafka.read(topic);
    expect(records).toHaveLength(users.length * 2);
    for (const user of users) {
      const partitions = records
        .filter(({ key }) => key === user)
        .map((record) => record.partition);
      expect(new Set(partitions).size).toBe(1);
    }
    expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  test('connections that are cut between two events keep the order once they come again', async () => {
    const events = givenEvents(50, { subject: 'minji' });
    await publishUnderCuts(() => transport.publish(events, NOT_ABORTED), proxy, 15);
    expect(sequencesOf(eventsIn(await kafka.read(topic)), 'minji')).toEqual(
      events.map((_, index) => index + 1),
    );
  });

  test('an event whose acknowledgement is lost comes again, and none after it came before', async () => {
    const events = givenEvents(3, { subject: 'minji' });
    await transport.publish(givenEvents(1), NOT_ABORTED);
    proxy.holdAnswers();
    const outcome = transport.publish(events, NOT_ABORTED).then(
      () => 'confirmed',
      () => 'not confirmed',
    );
    await eventually(async () => {
      expect((await kafka.read(topic)).map(({ key }) => key)).toContain('minji');
    });
    proxy.cut();
    proxy.release();
    expect(await outcome).toBe('not confirmed');
    await connected(transport);
    await transport.publish(events, NOT_ABORTED);
    const arrived = eventsIn(await kafka.read(topic)).filter(({ subject }) => subject === 'minji');
    expect(arrived).toEqual([events[0], ...events]);
  });

  test('brokers that are silent are given up within the relay’s limit, at connect and at publish', async () => {
    await transport.publish(givenEvents(1), NOT_ABORTED);
    proxy.hold();
    const began = performance.now();
    await expect(transport.publish(givenEvents(1), NOT_ABORTED)).rejects.toMatchObject({
      code: 'KAKAO_SHARE_EVENTS_NOT_CONFIRMED',
    });
    expect(performance.now() - began).toBeLessThan(CALL_LIMIT_MS);
    await expect(transport.connect(NOT_ABORTED)).rejects.toMatchObject({
      code: 'KAKAO_SHARE_DESTINATION_UNREACHABLE',
    });
    proxy.cut();
    proxy.release();
    await eventually(() => transport.publish(givenEvents(1), NOT_ABORTED));
    expect((await kafka.read(topic)).length).toBeGreaterThanOrEqual(2);
  });

  test('brokers that are away are told at connect, also where a connection stood, and work again when they are back', async () => {
    const opened: Socket[] = [];
    let port = proxy.port;
    const elsewhere = new KafkaTransport({
      brokers: kafka.brokers,
      topic,
      socketFactory: (address) => toPort(port, opened)(address),
    });
    await connected(elsewhere);
    port = 1;
    proxy.cut();
    await eventually(async () => {
      await expect(elsewhere.connect(NOT_ABORTED)).rejects.toThrow(/KAFKA_BROKERS/);
    });
    await expect(elsewhere.publish(givenEvents(1), NOT_ABORTED)).rejects.toThrow();
    port = proxy.port;
    await connected(elsewhere);
    await elsewhere.publish(givenEvents(1), NOT_ABORTED);
    expect(await kafka.read(topic)).toHaveLength(1);
    await elsewhere.close();
    await eventually(() => {
      expect(opened.filter(({ destroyed }) => !destroyed)).toEqual([]);
    });
  });

  test('when one of several connections closes while nothing is sent, none of the others is left behind', async () => {
    const cluster = await startMockKafka({ brokerCount: 3 });
    const users = Array.from({ length: 40 }, (_, index) => givenEvent(`user-${index}`, 1));
    const { several, opened, spread } = await publishedToSeveral(cluster, users);
    const before = [...opened];
    before[0]?.destroy();
    await eventually(() => {
      expect(before.filter(({ destroyed }) => !destroyed)).toEqual([]);
    });
    await several.publish(users, NOT_ABORTED);
    await several.close();
    expect(await cluster.read(spread)).toHaveLength(users.length * 2);
    await cluster.stop();
  });

  /** The mock cluster draws lots for who leads a partition: now and then one broker leads all four of a topic. */
  async function publishedToSeveral(
    cluster: MockKafka,
    events: readonly ShareEvent[],
  ): Promise<{ several: KafkaTransport; opened: Socket[]; spread: string }> {
    for (let attempt = 1; attempt <= 10; attempt++) {
      const opened: Socket[] = [];
      const spread = `${topic}-${attempt}`;
      const several = new KafkaTransport({
        brokers: cluster.brokers,
        topic: spread,
        socketFactory: (address) => toPort(address.port, opened)(address),
      });
      await several.publish(events, NOT_ABORTED);
      if (opened.length > 1) return { several, opened, spread };
      await several.close();
    }
    throw new Error('Ten topics in a row are led by one broker of three.');
  }

  test('who answers nonsense is a broker that cannot be reached, and no crash of the process', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      // A size below zero.
      socket.on('data', () => socket.write(Buffer.alloc(64, 0xff)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const confused = new KafkaTransport({ brokers: [`127.0.0.1:${port}`] });
    await expect(confused.publish([givenEvent('minji', 1)], NOT_ABORTED)).rejects.toThrow(
      'Kafka cannot be reached',
    );
    await confused.close();
    server.close();
  });

  test('a broker that takes connections and is silent keeps none of them', async () => {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket.resume().on('error', () => undefined));
      socket.on('close', () => open.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const unheard = new KafkaTransport({ brokers: [`127.0.0.1:${port}`] });
    await expect(unheard.connect(NOT_ABORTED)).rejects.toThrow('Kafka cannot be reached');
    await eventually(() => {
      expect(open.size).toBe(0);
    }, 20_000);
    server.close();
  });

  test('one broker that answers is enough', async () => {
    const opened: Socket[] = [];
    const several = new KafkaTransport({
      brokers: ['127.0.0.1:1', '127.0.0.1:2', ...kafka.brokers],
      topic,
      socketFactory: (address) => toPort(address.port, opened)(address),
    });
    await several.publish(givenEvents(2), NOT_ABORTED);
    const { length } = opened;
    await several.publish(givenEvents(2), NOT_ABORTED);
    expect(opened).toHaveLength(length);
    await several.close();
    await eventually(() => {
      expect(opened.filter(({ destroyed }) => !destroyed)).toEqual([]);
    });
    expect(await kafka.read(topic)).toHaveLength(4);
  });

  test('a call that is out of time begins no further round', async () => {
    const out = new AbortController();
    out.abort(new Error('time is up'));
    await expect(transport.publish(givenEvents(2), out.signal)).rejects.toThrow('time is up');
  });

  describe('before a broker with a limit', () => {
    const MAX_BYTES = 8_000;

    async function published(events: readonly ShareEvent[]): Promise<unknown> {
      const limited = await startRefusingProxy(proxy.port, MAX_BYTES);
      const bounded = new KafkaTransport({
        brokers: kafka.brokers,
        topic,
        socketFactory: toPort(limited.port),
      });
      try {
        return await bounded.publish(events, NOT_ABORTED).catch((error: unknown) => error);
      } finally {
        await bounded.close();
        await limited.close();
      }
    }

    test('events that are too large together go one by one', async () => {
      const events = Array.from({ length: 8 }, (_, index) => givenEvent(`user-${index}`, 1, 3_000));
      expect(await published(events)).toBeUndefined();
    });

    test('the event that is too large alone is refused, by its id', async () => {
      const events = [
        ...[givenEvent('minji', 1), givenEvent('jisoo', 1, MAX_BYTES), givenEvent('hana', 1)],
        givenEvent('jisoo', 2),
      ];
      const refusal = await published(events);
      expect(refusal).toBeInstanceOf(EventRefusedError);
      expect(refusal).toMatchObject({ eventId: events[1]?.id });
      const told = eventsIn(await kafka.read(topic)).map(({ id }) => id);
      expect(told).not.toContain(events[3]?.id);
    });
  });

  test('no error shows the password', async () => {
    const SECRET = 'S3CRETMARK';
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      const stranger = new KafkaTransport({
        brokers: kafka.brokers,
        sasl: { mechanism, username: 'relay', password: SECRET },
      });
      const error = await stranger.connect(NOT_ABORTED).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'KAKAO_SHARE_DESTINATION_UNREACHABLE' });
      expect(String((error as Error).stack)).not.toContain(SECRET);
      await stranger.close();
    }
    expect(() => new KafkaTransport({ brokers: [`kafka://${SECRET}@host`] })).toThrow(
      new TransportOptionsError('Kafka needs brokers, each as host:port.'),
    );
  });
});
