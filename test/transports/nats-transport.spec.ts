import { jetstreamManager, RetentionPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { ShareEvent } from '../../src/events/domain-event.js';
import { EventRefusedError } from '../../src/relay/event-transport.js';
import { TransportOptionsError } from '../../src/transports/broker-errors.js';
import { NatsTransport } from '../../src/transports/nats-transport.js';
import { eventually } from '../support/eventually.js';
import { startPrivateNats, type PrivateNats } from '../support/private-nats.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { describeWhereInstalled } from '../support/where-installed.js';
import { givenEvent, givenEvents, NOT_ABORTED, sequencesOf } from './given-events.js';
import { publishUnderCuts } from './publish-under-cuts.js';

/** The relay's limit for one call. */
const CALL_LIMIT_MS = 10_000;
const DAY_NANOS = 24 * 3600 * 1e9;

describeWhereInstalled('nats-server', 'the transport nats', () => {
  let server: PrivateNats;
  let proxy: TcpProxy;
  let transport: NatsTransport;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  let prefix: string;
  let stream: string;
  let suffix = 0;

  beforeAll(async () => {
    server = await startPrivateNats();
    proxy = await startTcpProxy(server.port);
  });
  afterAll(async () => {
    await proxy.close();
    await server.stop();
  });
  beforeEach(async () => {
    prefix = `points-${++suffix}.events`;
    stream = `POINTS_${suffix}_EVENTS`;
    transport = new NatsTransport({ servers: viaProxy(), subjectPrefix: prefix });
    await openManager();
  });
  afterEach(async () => {
    proxy.release();
    await transport.close();
    await connection.close();
  });

  function viaProxy(): string {
    return server.url.replace(`:${server.port}`, `:${proxy.port}`);
  }

  async function openManager(): Promise<void> {
    const { port, user, password: pass } = server;
    connection = await connect({ servers: `127.0.0.1:${port}`, user, pass, reconnect: false });
    manager = await jetstreamManager(connection);
  }

  /** What the time for connecting is worth has tests of its own: here a machine that stood still just then connects again. */
  const connected = (): Promise<void> => eventually(() => transport.connect(NOT_ABORTED));

  /** All that the stream holds, in order. */
  async function stored(): Promise<{ subject: string; id: string; event: ShareEvent }[]> {
    const { state } = await manager.streams.info(stream);
    return Promise.all(
      Array.from({ length: state.messages }, async (_, index) => {
        const message = await manager.streams.getMessage(stream, { seq: state.first_seq + index });
        if (message === null) throw new Error('A message is missing');
        expect(message.header.get('content-type')).toBe('application/cloudevents+json');
        return {
          subject: message.subject,
          id: message.header.get('Nats-Msg-Id'),
          event: message.json<ShareEvent>(),
        };
      }),
    );
  }
  const storedEvents = async (): Promise<ShareEvent[]> =>
    (await stored()).map(({ event }) => event);

  test('an event is stored under its type, with its id and as a CloudEvent', async () => {
    const event = givenEvent('민지', 7);
    await connected();
    await transport.publish([event], NOT_ABORTED);
    expect(await stored()).toEqual([{ subject: `${prefix}.reward.credited`, id: event.id, event }]);
  });

  test('where no stream takes the subject one is added: in files, bounded, dropping repeats', async () => {
    await connected();
    const { config } = await manager.streams.info(stream);
    expect(config).toMatchObject({
      subjects: [`${prefix}.>`],
      storage: 'file',
      max_age: 30 * DAY_NANOS,
      duplicate_window: 600 * 1e9,
    });
  });

  test('by default the stream is KAKAO_SHARE_EVENTS', async () => {
    const unnamed = new NatsTransport({ servers: server.url });
    await eventually(() => unnamed.connect(NOT_ABORTED));
    await unnamed.close();
    const { config } = await manager.streams.info('KAKAO_SHARE_EVENTS');
    expect(config.subjects).toEqual(['kakao-share.events.>']);
  });

  test('a stream that takes the subject already is used as its owner made it', async () => {
    await manager.streams.add({
      name: `own-${stream}`,
      subjects: [`${prefix}.reward.*`],
      retention: RetentionPolicy.Interest,
    });
    await connected();
    await transport.publish([givenEvent('minji', 1)], NOT_ABORTED);
    await expect(manager.streams.info(stream)).rejects.toThrow(/not found/);
    const { config } = await manager.streams.info(`own-${stream}`);
    expect(config.retention).toBe(RetentionPolicy.Interest);
    const other = { ...givenEvent('minji', 2), type: 'points.redeemed' } as ShareEvent;
    await expect(transport.publish([other], NOT_ABORTED)).rejects.toThrow(/no stream takes/);
  });

  test('an event that is published again is stored once', async () => {
    const events = givenEvents(5, { subject: 'minji' });
    await connected();
    await transport.publish(events, NOT_ABORTED);
    await transport.publish(events, NOT_ABORTED);
    expect(await storedEvents()).toEqual(events);
  });

  test('each user’s events arrive in order, several calls at once', async () => {
    const users = ['minji', 'jisoo', 'hana', 'dana'];
    await connected();
    await Promise.all(
      users.map((subject) => transport.publish(givenEvents(50, { subject }), NOT_ABORTED)),
    );
    const arrived = await storedEvents();
    expect(arrived).toHaveLength(users.length * 50);
    for (const user of users)
      expect(sequencesOf(arrived, user)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test('a connection that is cut between two events keeps the order once they come again', async () => {
    const events = givenEvents(50, { subject: 'minji' });
    await publishUnderCuts(() => transport.publish(events, NOT_ABORTED), proxy, 10);
    expect(await storedEvents()).toEqual(events);
  });

  test('an event whose acknowledgement is lost is stored once, and none after it before', async () => {
    const events = givenEvents(3, { subject: 'minji' });
    await connected();
    proxy.holdAnswers();
    const outcome = transport.publish(events, NOT_ABORTED).then(
      () => 'confirmed',
      () => 'not confirmed',
    );
    await eventually(async () => {
      expect(await storedEvents()).toEqual([events[0]]);
    });
    proxy.cut();
    proxy.release();
    expect(await outcome).toBe('not confirmed');
    await connected();
    await transport.publish(events, NOT_ABORTED);
    expect(await storedEvents()).toEqual(events);
  });

  test('a server that is silent is given up within the relay’s limit, at connect and at publish', async () => {
    await connected();
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
  });

  test('of a server that never greets no connection is left', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.resume())).listen(0, '127.0.0.1');
    await eventually(() => {
      expect(silent.listening).toBe(true);
    });
    const { port } = silent.address() as AddressInfo;
    const stranger = new NatsTransport({ servers: `nats://127.0.0.1:${port}` });
    await expect(stranger.connect(NOT_ABORTED)).rejects.toThrow(/NATS_URL/);
    await eventually(() => {
      expect(sockets.map(({ closed }) => closed)).toEqual([true]);
    });
    await stranger.close();
    silent.close();
  });

  test('one server that answers is enough', async () => {
    const [login] = /relay:\w+/.exec(server.url) ?? [];
    const several = new NatsTransport({
      servers: [`nats://${login ?? ''}@127.0.0.1:1`, server.url],
      subjectPrefix: prefix,
    });
    await eventually(() => several.connect(NOT_ABORTED));
    await several.publish(givenEvents(2), NOT_ABORTED);
    await several.close();
    expect(await stored()).toHaveLength(2);
  });

  test('a call that is out of time begins no further round', async () => {
    await connected();
    const out = new AbortController();
    out.abort(new Error('time is up'));
    await expect(transport.publish(givenEvents(2), out.signal)).rejects.toThrow('time is up');
    expect(await stored()).toEqual([]);
  });

  test('an event that is too large for the server is refused by its id, before anything is sent', async () => {
    await connected();
    const events = [givenEvent('minji', 1), givenEvent('jisoo', 1, server.maxPayloadBytes)];
    const refusal = transport.publish(events, NOT_ABORTED);
    await expect(refusal).rejects.toBeInstanceOf(EventRefusedError);
    await expect(refusal).rejects.toMatchObject({ eventId: events[1]?.id });
    expect(await stored()).toEqual([]);
    await transport.publish([givenEvent('minji', 1, server.maxPayloadBytes - 1_000)], NOT_ABORTED);
  });

  test('an event that is too large for the stream is refused by its id', async () => {
    await manager.streams.add({ name: stream, subjects: [`${prefix}.>`], max_msg_size: 2_000 });
    await connected();
    const events = [givenEvent('minji', 1), givenEvent('jisoo', 1, 3_000)];
    const refusal = transport.publish(events, NOT_ABORTED);
    await expect(refusal).rejects.toBeInstanceOf(EventRefusedError);
    await expect(refusal).rejects.toMatchObject({ eventId: events[1]?.id });
    await transport.publish(events.slice(0, 1), NOT_ABORTED);
    expect(await storedEvents()).toEqual(events.slice(0, 1));
  });

  test('no error shows the password: neither a wrong one nor one whose server is away', async () => {
    const SECRET = 'S3CRETMARK';
    for (const host of [`127.0.0.1:${server.port}`, '127.0.0.1:1', 'no-such-host.invalid']) {
      for (const login of [`relay:${SECRET}`, SECRET]) {
        const stranger = new NatsTransport({ servers: `nats://${login}@${host}` });
        const error = await stranger.connect(NOT_ABORTED).catch((failure: unknown) => failure);
        expect(error).toMatchObject({ code: 'KAKAO_SHARE_DESTINATION_UNREACHABLE' });
        expect(String((error as Error).stack)).not.toContain(SECRET);
        await stranger.close();
      }
    }
    for (const servers of [
      `http://${SECRET}@host`,
      [],
      ['nats://a:b@host', `nats://${SECRET}@host`],
    ])
      expect(() => new NatsTransport({ servers })).toThrow(TransportOptionsError);
    expect(() => new NatsTransport({ servers: server.url, subjectPrefix: 'a..b' })).toThrow(
      TransportOptionsError,
    );
  });

  test('what was acknowledged outlives a server that is killed, and publishing works again after it', async () => {
    await connected();
    const events = givenEvents(20, { subject: 'minji' });
    await transport.publish(events.slice(0, 10), NOT_ABORTED);
    await server.kill();
    await expect(transport.publish(events.slice(10), NOT_ABORTED)).rejects.toThrow();
    await expect(transport.connect(NOT_ABORTED)).rejects.toThrow(/NATS_URL/);
    await server.start();
    await eventually(() => transport.publish(events.slice(10), NOT_ABORTED));
    await openManager();
    expect(await storedEvents()).toEqual(events);
  });
});
