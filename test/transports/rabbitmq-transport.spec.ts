import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import type { ShareEvent } from '../../src/events/domain-event.js';
import { EventRefusedError } from '../../src/relay/event-transport.js';
import { TransportOptionsError } from '../../src/transports/broker-errors.js';
import { RabbitmqTransport } from '../../src/transports/rabbitmq-transport.js';
import { eventually } from '../support/eventually.js';
import { startPrivateRabbitmq, type PrivateRabbitmq } from '../support/private-rabbitmq.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { describeWhereInstalled } from '../support/where-installed.js';
import { givenEvent, givenEvents, NOT_ABORTED, sequencesOf } from './given-events.js';
import { publishUnderCuts } from './publish-under-cuts.js';

/** The relay's limit for one call. */
const CALL_LIMIT_MS = 10_000;
/** For a broker that is killed and started again. */
const RESTART_LIMIT_MS = 300_000;
const MAX_MESSAGE_BYTES = 20_000;

describeWhereInstalled('rabbitmq-server', 'the transport rabbitmq', () => {
  let broker: PrivateRabbitmq;
  let proxy: TcpProxy;
  let transport: RabbitmqTransport;
  let consumer: ChannelModel;
  let exchange: string;
  let suffix = 0;

  beforeAll(async () => {
    broker = await startPrivateRabbitmq({ max_message_size: `${MAX_MESSAGE_BYTES}` });
    proxy = await startTcpProxy(broker.port);
  }, RESTART_LIMIT_MS);
  afterAll(async () => {
    await proxy.close();
    await broker.stop();
  });
  beforeEach(() => {
    exchange = `events-${++suffix}`;
    transport = new RabbitmqTransport({ url: viaProxy(), exchange });
  });
  afterEach(async () => {
    proxy.release();
    await transport.close();
    await consumer.close();
  });

  function viaProxy(): string {
    return broker.url.replace(`:${broker.port}`, `:${proxy.port}`);
  }

  /** What the time for connecting is worth has tests of its own: here a machine that stood still just then connects again. */
  const connected = (): Promise<void> => eventually(() => transport.connect(NOT_ABORTED));

  /** A durable queue with all that the exchange takes from now on, read past the proxy. */
  async function bindQueue(): Promise<() => Promise<ConsumeMessage[]>> {
    await connected();
    await openConsumer();
    const channel = await consumer.createChannel();
    await channel.assertQueue(exchange, { durable: true });
    await channel.bindQueue(exchange, exchange, '#');
    await channel.close();
    return readQueue;
  }

  async function openConsumer(): Promise<void> {
    consumer = await connect(broker.url);
    consumer.on('error', () => undefined);
  }

  /** All that waits in the queue, left there. */
  async function readQueue(): Promise<ConsumeMessage[]> {
    const channel = await consumer.createChannel();
    const { messageCount } = await channel.checkQueue(exchange);
    const messages: ConsumeMessage[] = [];
    await channel.consume(exchange, (message) => {
      if (message !== null) messages.push(message);
    });
    await eventually(() => {
      expect(messages.length).toBeGreaterThanOrEqual(messageCount);
    });
    await channel.close();
    return messages;
  }

  const eventsIn = (messages: readonly ConsumeMessage[]): ShareEvent[] =>
    messages.map(({ content }) => JSON.parse(content.toString()) as ShareEvent);

  test('an event arrives durable, by its type, with its id and as a CloudEvent', async () => {
    const read = await bindQueue();
    const event = givenEvent('민지', 7);
    await transport.publish([event], NOT_ABORTED);
    const [message] = await read();
    expect(message?.fields).toMatchObject({ exchange, routingKey: 'reward.credited' });
    expect(message?.properties).toMatchObject({
      deliveryMode: 2,
      contentType: 'application/cloudevents+json',
      messageId: event.id,
      type: 'reward.credited',
      timestamp: Date.UTC(2026, 10, 21, 1, 2, 3) / 1000,
      headers: {
        source: '/kakao-share/default',
        subject: '민지',
        sequence: '0000000000000007',
      },
    });
    expect(JSON.parse(message?.content.toString() ?? '')).toEqual(event);
  });

  test('each user’s events arrive in order, several calls at once', async () => {
    const read = await bindQueue();
    const users = ['minji', 'jisoo', 'hana', 'dana'];
    await Promise.all(
      users.map((subject) => transport.publish(givenEvents(50, { subject }), NOT_ABORTED)),
    );
    const arrived = eventsIn(await read());
    expect(arrived).toHaveLength(users.length * 50);
    for (const user of users)
      expect(sequencesOf(arrived, user)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test('an event that nobody is bound for is no failure', async () => {
    await openConsumer();
    await connected();
    await transport.publish(givenEvents(3), NOT_ABORTED);
  });

  test('more than the connection takes at once waits for room', async () => {
    const read = await bindQueue();
    const large = Array.from({ length: 50 }, () => givenEvent(undefined, 1, 15_000));
    await transport.publish(large, NOT_ABORTED);
    expect(await read()).toHaveLength(large.length);
  });

  test('a connection that is cut between two events keeps the order once they come again', async () => {
    const read = await bindQueue();
    const events = givenEvents(50, { subject: 'minji' });
    await publishUnderCuts(() => transport.publish(events, NOT_ABORTED), proxy, 15);
    expect(sequencesOf(eventsIn(await read()), 'minji')).toEqual(
      events.map((_, index) => index + 1),
    );
  });

  test('an event whose confirmation is lost comes again, and none after it came before', async () => {
    const read = await bindQueue();
    const events = givenEvents(3, { subject: 'minji' });
    proxy.holdAnswers();
    const publishing = transport.publish(events, NOT_ABORTED);
    const outcome = publishing.then(
      () => 'confirmed',
      () => 'not confirmed',
    );
    await eventually(async () => {
      expect(eventsIn(await read())).toEqual([events[0]]);
    });
    proxy.cut();
    proxy.release();
    expect(await outcome).toBe('not confirmed');
    await connected();
    await transport.publish(events, NOT_ABORTED);
    expect(eventsIn(await read())).toEqual([events[0], ...events]);
  });

  test('a broker that is silent is given up within the relay’s limit, at connect and at publish', async () => {
    const read = await bindQueue();
    proxy.hold();
    const began = performance.now();
    await expect(transport.publish(givenEvents(1), NOT_ABORTED)).rejects.toMatchObject({
      code: 'KAKAO_SHARE_EVENTS_NOT_CONFIRMED',
    });
    expect(performance.now() - began).toBeLessThan(CALL_LIMIT_MS);
    const stranger = new RabbitmqTransport({ url: viaProxy(), exchange });
    await expect(stranger.connect(NOT_ABORTED)).rejects.toMatchObject({
      code: 'KAKAO_SHARE_DESTINATION_UNREACHABLE',
    });
    await stranger.close();
    proxy.cut();
    proxy.release();
    await eventually(() => transport.publish(givenEvents(1), NOT_ABORTED));
    await eventually(async () => {
      expect((await read()).length).toBeGreaterThanOrEqual(1);
    });
  });

  test('a call that is out of time begins no further round', async () => {
    const read = await bindQueue();
    const out = new AbortController();
    out.abort(new Error('time is up'));
    await expect(transport.publish(givenEvents(2), out.signal)).rejects.toThrow('time is up');
    expect(await read()).toEqual([]);
  });

  test('an event that is too large for the broker is refused by its id, and the others are taken after it', async () => {
    const read = await bindQueue();
    const [first, second] = givenEvents(2, { subject: 'minji' });
    const huge = givenEvent('minji', 3, MAX_MESSAGE_BYTES);
    const refusal = transport.publish([first, huge, second] as ShareEvent[], NOT_ABORTED);
    await expect(refusal).rejects.toBeInstanceOf(EventRefusedError);
    await expect(refusal).rejects.toMatchObject({ eventId: huge.id });
    await connected();
    await transport.publish([first, second] as ShareEvent[], NOT_ABORTED);
    expect(sequencesOf(eventsIn(await read()), 'minji')).toEqual([1, 2]);
  });

  test('a full queue that refuses more is no confirmation', async () => {
    await connected();
    await openConsumer();
    const channel = await consumer.createChannel();
    await channel.assertQueue(exchange, { maxLength: 2, overflow: 'reject-publish' });
    await channel.bindQueue(exchange, exchange, '#');
    await channel.close();
    await expect(transport.publish(givenEvents(10), NOT_ABORTED)).rejects.toMatchObject({
      code: 'KAKAO_SHARE_EVENTS_NOT_CONFIRMED',
    });
  });

  test('an exchange of another kind is told at connect, with the remedy', async () => {
    await openConsumer();
    const channel = await consumer.createChannel();
    await channel.assertExchange(exchange, 'fanout');
    await channel.close();
    await expect(transport.connect(NOT_ABORTED)).rejects.toThrow(/durable topic exchange/);
  });

  test('no error shows the password: neither a wrong one nor one whose broker is away', async () => {
    await openConsumer();
    const SECRET = 'S3CRETMARK';
    const urls = [
      `amqp://relay:${SECRET}@127.0.0.1:${broker.port}`,
      `amqp://relay:${SECRET}@127.0.0.1:1`,
      `amqp://relay:${SECRET}@no-such-host.invalid`,
      `amqp://relay:${broker.password}@127.0.0.1:${broker.port}/${SECRET}`,
    ];
    for (const url of urls) {
      const stranger = new RabbitmqTransport({ url });
      const error = await stranger.connect(NOT_ABORTED).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'KAKAO_SHARE_DESTINATION_UNREACHABLE' });
      if (!url.endsWith(SECRET)) expect(String((error as Error).stack)).not.toContain(SECRET);
      expect(String((error as Error).stack)).not.toContain(broker.password);
      await stranger.close();
    }
    expect(() => new RabbitmqTransport({ url: `http://u:${SECRET}@host` })).toThrow(
      new TransportOptionsError('RabbitMQ needs a URL that starts with amqp:// or amqps://.'),
    );
  });

  test(
    'what was confirmed outlives a broker that is killed, and publishing works again after it',
    async () => {
      const read = await bindQueue();
      const events = givenEvents(20, { subject: 'minji' });
      await transport.publish(events.slice(0, 10), NOT_ABORTED);
      await broker.kill();
      const began = performance.now();
      await expect(transport.publish(events.slice(10), NOT_ABORTED)).rejects.toThrow();
      await expect(transport.connect(NOT_ABORTED)).rejects.toThrow(/RABBITMQ_URL/);
      expect(performance.now() - began).toBeLessThan(CALL_LIMIT_MS);
      await broker.start();
      await eventually(() => transport.publish(events.slice(10), NOT_ABORTED));
      await openConsumer();
      expect(sequencesOf(eventsIn(await read()), 'minji')).toEqual(
        events.map((_, index) => index + 1),
      );
    },
    RESTART_LIMIT_MS,
  );
});
