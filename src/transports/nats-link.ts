import type { JetStreamClient } from '@nats-io/jetstream';
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { within } from '../lifecycle/within.js';
import { DestinationUnreachableError } from './broker-errors.js';
import { EVENT_CONTENT_TYPE } from './event-body.js';
import { loadClient } from './load-client.js';
import type { NatsAddress } from './nats-options.js';

/** For finding a server that answers; what follows has as much again. Both are below the relay's limit for one call. */
const PROBE_LIMIT_MS = 1_500;
const CONNECT_LIMIT_MS = 3_000;
const CLOSE_LIMIT_MS = 2_000;
const PING_INTERVAL_MS = 10_000;
const DAY_MS = 24 * 3600_000;
/** Consumers that were away for longer ask for a replay. Without a bound the stream fills the disk. */
const MAX_AGE_MS = 30 * DAY_MS;
/** A repeat comes within the relay's longest rest, and that many times over. */
const DUPLICATE_WINDOW_MS = 10 * 60_000;

/** One connection to NATS. The client does not reconnect by itself: whoever waits would not hear of it. */
export class NatsLink {
  private constructor(
    private readonly connection: NatsConnection,
    private readonly jetstream: JetStreamClient,
    private readonly newHeaders: () => MsgHdrs,
    private readonly onLost: () => void,
  ) {
    void connection.closed().then(onLost);
  }

  /** Bytes of a message with its headers that the server takes. */
  get maxPayloadBytes(): number {
    return this.connection.info?.max_payload ?? Infinity;
  }

  /**
   * Connects and sees to it that a stream takes what is published.
   * @throws {DestinationUnreachableError}
   */
  static async open(address: NatsAddress, prefix: string, onLost: () => void): Promise<NatsLink> {
    const packages = '@nats-io/transport-node @nats-io/jetstream';
    const [{ connect, headers }, jetstream] = await loadClient('nats', packages, () =>
      Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream')]),
    );
    let link: NatsLink | undefined;
    try {
      const connection = await connect({
        servers: await answeringServers(address),
        ...address.login,
        ...(address.usesTls ? { tls: {} } : {}),
        name: 'kakao-share',
        timeout: CONNECT_LIMIT_MS,
        reconnect: false,
        pingInterval: PING_INTERVAL_MS,
        noAsyncTraces: true,
      });
      link = new NatsLink(connection, jetstream.jetstream(connection), headers, onLost);
      await within(
        CONNECT_LIMIT_MS,
        'finding the stream',
        ensureStream(jetstream, connection, prefix),
      );
      return link;
    } catch (error) {
      void link?.close();
      throw new DestinationUnreachableError(
        'NATS',
        error,
        'check NATS_URL, that JetStream is enabled, and the user’s rights to find or add a stream',
      );
    }
  }

  /** Resolves when the stream has stored it, or has stored one of this id before. */
  async publish(subject: string, body: Buffer, id: string, timeout: number): Promise<void> {
    const headers = this.newHeaders();
    headers.set('content-type', EVENT_CONTENT_TYPE);
    await this.jetstream.publish(subject, body, { headers, msgID: id, timeout });
  }

  async close(): Promise<void> {
    this.onLost();
    await within(CLOSE_LIMIT_MS, 'closing', this.connection.close()).catch(() => undefined);
  }
}

type JetStream = typeof import('@nats-io/jetstream');

/** An existing stream is its owner's, whatever its limits and replicas. */
async function ensureStream(
  { jetstreamManager, StorageType }: JetStream,
  connection: NatsConnection,
  prefix: string,
): Promise<void> {
  const { streams } = await jetstreamManager(connection, { timeout: CONNECT_LIMIT_MS });
  const subjects = [`${prefix}.>`];
  const taking = await streams.names(subjects[0]).next();
  if (taking.length > 0) return;
  await streams.add({
    name: prefix.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase(),
    subjects,
    storage: StorageType.File,
    max_age: MAX_AGE_MS * 1_000_000,
    duplicate_window: DUPLICATE_WINDOW_MS * 1_000_000,
  });
}

/**
 * Servers that greet whoever connects. The client, when it meets one that is silent, gives up and leaves the connection open, and
 * would leave one more with every try.
 */
async function answeringServers({ servers }: NatsAddress): Promise<string[]> {
  const probes = await Promise.allSettled(servers.map(probe));
  const answering = probes.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  if (answering.length > 0) return answering;
  throw new AggregateError(
    probes.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : [])),
    '',
  );
}

async function probe({ host, port }: NatsAddress['servers'][number]): Promise<string> {
  const socket = connectSocket(port, host);
  try {
    await within(PROBE_LIMIT_MS, 'connecting', once(socket, 'data'));
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
