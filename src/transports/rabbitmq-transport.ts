import type { Options } from 'amqplib';
import type { ShareEvent } from '../events/domain-event.js';
import { within } from '../lifecycle/within.js';
import { EventRefusedError, type EventTransport } from '../relay/event-transport.js';
import { EventsNotConfirmedError, reasonOf, TransportOptionsError } from './broker-errors.js';
import { EVENT_CONTENT_TYPE, toBody } from './event-body.js';
import { OneLink } from './one-link.js';
import { RabbitmqLink } from './rabbitmq-link.js';
import { inRounds } from './rounds.js';

export const DEFAULT_EXCHANGE = 'kakao-share.events';
/** Together with connecting below the relay's limit for one call: a broker that blocks publishers is noticed by us first. */
const CONFIRM_LIMIT_MS = 5_000;
/** "message size 2000 is larger than configured max size 1000", with which RabbitMQ closes the channel. */
const TOO_LARGE = /message size (\d+) is larger than (?:configured )?max size (\d+)/;

export interface RabbitmqOptions {
  /** `amqp://` or `amqps://`, with credentials and virtual host. */
  readonly url: string;
  /** Name of the topic exchange. Default `kakao-share.events`. */
  readonly exchange?: string;
}

/**
 * Publishes to a durable topic exchange of RabbitMQ, with publisher confirms; the routing key is the event's type. An event
 * that no queue is bound for is confirmed and gone: nobody bound is nobody interested. Bind durable queues first.
 */
export class RabbitmqTransport implements EventTransport {
  readonly name = 'rabbitmq';
  /** All of one user's may be among them and are confirmed one after another, each in some ms, within the relay's limit. */
  readonly batchSize = 50;
  readonly parallelShards = 4;
  readonly #exchange: string;
  readonly #link: OneLink<RabbitmqLink>;

  /** @throws {TransportOptionsError} when the URL cannot be used */
  constructor({ url, exchange = DEFAULT_EXCHANGE }: RabbitmqOptions) {
    if (!/^amqps?:\/\//.test(url) || !URL.canParse(url))
      throw new TransportOptionsError('RabbitMQ needs a URL that starts with amqp:// or amqps://.');
    const address = new URL(url);
    this.#exchange = exchange;
    this.#link = new OneLink((onLost) => RabbitmqLink.open(address, exchange, onLost));
  }

  async connect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#link.open();
  }

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    const link = await this.#link.open();
    for (const round of inRounds(events)) {
      signal.throwIfAborted();
      const messages = round.map((event) => ({ event, body: toBody(event) }));
      try {
        await within(CONFIRM_LIMIT_MS, 'confirming', this.#publishRound(link, messages));
      } catch (error) {
        // What is unconfirmed may still lie in this connection, and nothing of ours must follow it there.
        void link.close();
        const reason = link.failure ?? error;
        throw refusalOf(reason, messages) ?? new EventsNotConfirmedError('RabbitMQ', reason);
      }
    }
  }

  async close(): Promise<void> {
    await (await this.#link.current())?.close();
  }

  async #publishRound(link: RabbitmqLink, messages: readonly Message[]): Promise<void> {
    const confirms: Promise<void>[] = [];
    for (const { event, body } of messages) {
      let hasRoom: boolean | undefined;
      const confirmed = new Promise<void>((resolve, reject) => {
        const onAnswer = (error: Error | null): void => {
          if (error === null) resolve();
          else reject(error);
        };
        hasRoom = link.channel.publish(
          this.#exchange,
          event.type,
          body,
          propertiesOf(event),
          onAnswer,
        );
      });
      // A round that fails while it waits for room hears none of them.
      confirmed.catch(() => undefined);
      confirms.push(confirmed);
      if (hasRoom === false) await link.drained(CONFIRM_LIMIT_MS);
    }
    await Promise.all(confirms);
  }
}

interface Message {
  readonly event: ShareEvent;
  readonly body: Buffer;
}

function propertiesOf(event: ShareEvent): Options.Publish {
  const { id, type, source, subject, sequence, time } = event;
  return {
    persistent: true,
    contentType: EVENT_CONTENT_TYPE,
    messageId: id,
    type,
    // AMQP's are in seconds.
    timestamp: Math.floor(Date.parse(time) / 1000),
    headers: { source, ...(subject && { subject }), ...(sequence && { sequence }) },
  };
}

/** RabbitMQ tells a size and no event, but whatever has that size is too large for it. */
function refusalOf(reason: unknown, messages: readonly Message[]): EventRefusedError | undefined {
  const [, size, limit] = TOO_LARGE.exec(reasonOf(reason)) ?? [];
  const refused = messages.find(({ body }) => body.length === Number(size));
  if (refused === undefined) return undefined;
  return new EventRefusedError(
    refused.event.id,
    `RabbitMQ takes at most ${limit} bytes (max_message_size), the event has ${size}`,
  );
}
