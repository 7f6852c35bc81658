import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { within } from '../lifecycle/within.js';
import { DestinationUnreachableError } from './broker-errors.js';
import { loadClient } from './load-client.js';

/** Connecting and what is declared then; the rest of the relay's limit for one call is for confirming. */
const CONNECT_LIMIT_MS = 4_000;
const CLOSE_LIMIT_MS = 2_000;
/** Two of them unanswered, and the connection is lost: sooner than any firewall forgets it. */
const HEARTBEAT_S = '10';

/** One connection to RabbitMQ with one channel that confirms. It is lost once and for all, and never crashes the process. */
export class RabbitmqLink {
  /** Why it was lost, where the server or the network said so. */
  failure: Error | undefined;

  private constructor(
    readonly channel: ConfirmChannel,
    private readonly model: ChannelModel,
    private readonly onLost: () => void,
  ) {
    for (const part of [model, channel]) {
      part.on('error', (error: Error) => {
        this.failure ??= error;
      });
      part.on('close', () => void this.close());
    }
  }

  /**
   * Connects and declares the exchange.
   * @param onLost called at least once when the link can no longer be used
   * @throws {DestinationUnreachableError}
   */
  static async open(url: URL, exchange: string, onLost: () => void): Promise<RabbitmqLink> {
    const { connect } = await loadClient('rabbitmq', 'amqplib', () => import('amqplib'));
    const address = new URL(url);
    if (!address.searchParams.has('heartbeat')) address.searchParams.set('heartbeat', HEARTBEAT_S);
    const connecting = connect(address.href, { timeout: CONNECT_LIMIT_MS, noDelay: true }).then(
      (model) => model.on('error', () => undefined),
    );
    try {
      return await within(
        CONNECT_LIMIT_MS,
        'connecting',
        connecting.then(async (model) => {
          const channel = await model.createConfirmChannel();
          const link = new RabbitmqLink(channel, model, onLost);
          await channel.assertExchange(exchange, 'topic', { durable: true });
          return link;
        }),
      );
    } catch (error) {
      void connecting.then(closeModel).catch(() => undefined);
      throw new DestinationUnreachableError(
        'RabbitMQ',
        error,
        'check RABBITMQ_URL, the user’s rights, and that the exchange is a durable topic exchange',
      );
    }
  }

  /** Waits until what was written has left. */
  async drained(limitMs: number): Promise<void> {
    await once(this.channel, 'drain', { signal: AbortSignal.timeout(limitMs) });
  }

  async close(): Promise<void> {
    this.onLost();
    await closeModel(this.model);
  }
}

/** In good order if the other side answers in time, otherwise all the same. */
async function closeModel(model: ChannelModel): Promise<void> {
  try {
    await within(CLOSE_LIMIT_MS, 'closing', model.close());
  } catch {
    // The client has no word for hanging up, and would wait for heartbeats to fail.
    (model.connection as { stream?: Duplex }).stream?.destroy(new Error('closed'));
  }
}
