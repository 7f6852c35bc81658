import type { ShareEvent } from '../events/domain-event.js';
import { within } from '../lifecycle/within.js';
import { EventRefusedError, type EventTransport } from '../relay/event-transport.js';
import { EventsNotConfirmedError } from './broker-errors.js';
import { toBody } from './event-body.js';
import { NatsLink } from './nats-link.js';
import { checkSubjectPrefix, readNatsAddress, type NatsOptions } from './nats-options.js';
import { OneLink } from './one-link.js';
import { inRounds } from './rounds.js';

export const DEFAULT_SUBJECT_PREFIX = 'kakao-share.events';
/** Together with connecting below the relay's limit for one call. */
const CONFIRM_LIMIT_MS = 4_000;
/** More than the message id and the names around it take, which count as well. */
const HEADER_BYTES = 256;
/** "message size exceeds maximum allowed": of the stream, whose owner set `max_msg_size`. */
const MESSAGE_EXCEEDS_MAXIMUM = 10_054;

/**
 * Publishes to a stream of NATS JetStream, which stores each event before it is acknowledged and drops repeats by message id
 * within its window. The subject is a prefix and the event's type. Where no stream takes it, one is added: in files, for 30 days.
 */
export class NatsTransport implements EventTransport {
  readonly name = 'nats';
  /** All of one user's may be among them and are acknowledged one after another, each in some ms, within the relay's limit. */
  readonly batchSize = 50;
  readonly parallelShards = 4;
  readonly #prefix: string;
  readonly #link: OneLink<NatsLink>;

  /** @throws {TransportOptionsError} when addresses or prefix cannot be used */
  constructor(options: NatsOptions) {
    const address = readNatsAddress(options);
    const prefix = checkSubjectPrefix(options.subjectPrefix ?? DEFAULT_SUBJECT_PREFIX);
    this.#prefix = prefix;
    this.#link = new OneLink((onLost) => NatsLink.open(address, prefix, onLost));
  }

  async connect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#link.open();
  }

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    const link = await this.#link.open();
    refuseTooLarge(events, link.maxPayloadBytes);
    for (const round of inRounds(events)) {
      signal.throwIfAborted();
      const acknowledged = Promise.all(round.map((event) => this.#publishOne(link, event)));
      try {
        await within(CONFIRM_LIMIT_MS, 'confirming', acknowledged);
      } catch (error) {
        if (error instanceof EventRefusedError) throw error;
        // What is unconfirmed may still lie in this connection, and nothing of ours must follow it there.
        void link.close();
        throw new EventsNotConfirmedError('NATS', reasonOf(error));
      }
    }
  }

  async close(): Promise<void> {
    await (await this.#link.current())?.close();
  }

  async #publishOne(link: NatsLink, event: ShareEvent): Promise<void> {
    const subject = `${this.#prefix}.${event.type}`;
    try {
      await link.publish(subject, toBody(event), event.id, CONFIRM_LIMIT_MS);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === MESSAGE_EXCEEDS_MAXIMUM)
        throw new EventRefusedError(
          event.id,
          'the event is larger than the stream takes (max_msg_size)',
        );
      throw error;
    }
  }
}

/** Before anything is sent: the server would close the connection on all that is under way. */
function refuseTooLarge(events: readonly ShareEvent[], maxPayloadBytes: number): void {
  for (const event of events) {
    const bytes = toBody(event).length + HEADER_BYTES;
    if (bytes <= maxPayloadBytes) continue;
    throw new EventRefusedError(
      event.id,
      `with its headers the event has ${bytes} bytes, NATS takes at most ${maxPayloadBytes} (max_payload)`,
    );
  }
}

/** The client says that JetStream is not enabled where nobody takes the subject. */
function reasonOf(error: unknown): unknown {
  const isUnheard = error instanceof Error && error.name === 'JetStreamNotEnabled';
  return isUnheard ? 'no stream takes its subject, or JetStream is not enabled' : error;
}
