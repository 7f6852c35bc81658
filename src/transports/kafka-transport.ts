import type { Message } from 'kafkajs';
import type { ShareEvent } from '../events/domain-event.js';
import { within } from '../lifecycle/within.js';
import { EventRefusedError, type EventTransport } from '../relay/event-transport.js';
import { EventsNotConfirmedError } from './broker-errors.js';
import { EVENT_CONTENT_TYPE, toBody } from './event-body.js';
import { KafkaLink } from './kafka-link.js';
import { checkKafkaBrokers, type KafkaOptions } from './kafka-options.js';
import { OneLink } from './one-link.js';
import { inRounds } from './rounds.js';

const DEFAULT_TOPIC = 'kakao-share.events';
/** Together with connecting below the relay's limit for one call, and above that for one request. */
const CONFIRM_LIMIT_MS = 5_000;
/** Of a batch or of what it holds: the client batches by partition. */
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

/**
 * Publishes to a topic of Kafka, acknowledged by all replicas that are in sync. The key is the user, or the event's id where
 * there is none; partitioned as Java clients do, so that a user's events stay in one partition, in order.
 */
export class KafkaTransport implements EventTransport {
  readonly name = 'kafka';
  /** All of one user's may be among them and are acknowledged one after another, each in some ms, within the relay's limit. */
  readonly batchSize = 50;
  readonly parallelShards = 4;
  readonly #link: OneLink<KafkaLink>;

  /** @throws {TransportOptionsError} when the brokers are no addresses */
  constructor(options: KafkaOptions) {
    const { brokers, topic = DEFAULT_TOPIC } = options;
    checkKafkaBrokers(brokers);
    this.#link = new OneLink((onLost) => KafkaLink.open(options, topic, onLost));
  }

  async connect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#link.open();
  }

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    const link = await this.#link.open();
    await link.during(() => publishOn(link, events, signal));
  }

  async close(): Promise<void> {
    await (await this.#link.current())?.close();
  }
}

async function publishOn(
  link: KafkaLink,
  events: readonly ShareEvent[],
  signal: AbortSignal,
): Promise<void> {
  for (const round of inRounds(events)) {
    signal.throwIfAborted();
    try {
      await within(CONFIRM_LIMIT_MS, 'confirming', send(link, round));
    } catch (error) {
      if (error instanceof EventRefusedError) throw error;
      // What is unconfirmed may still lie in these connections, and nothing of ours must follow it there.
      void link.close();
      throw new EventsNotConfirmedError('Kafka', error);
    }
  }
}

/** Sends a round at once, and one by one where that is too much: whatever is too large alone is refused. */
async function send(link: KafkaLink, round: readonly ShareEvent[]): Promise<void> {
  try {
    await link.send(round.map(toMessage));
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    const [only, another] = round;
    if (only !== undefined && another === undefined) throw refusalOf(only);
    for (const event of round) await send(link, [event]);
  }
}

function toMessage(event: ShareEvent): Message {
  return {
    key: event.subject ?? event.id,
    value: toBody(event),
    timestamp: `${Date.parse(event.time)}`,
    headers: { 'content-type': EVENT_CONTENT_TYPE, ce_id: event.id, ce_type: event.type },
  };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'type' in error && TOO_LARGE.includes(String(error.type));
}

function refusalOf(event: ShareEvent): EventRefusedError {
  return new EventRefusedError(
    event.id,
    `the event has ${toBody(event).length} bytes, more than Kafka takes (max.message.bytes)`,
  );
}
