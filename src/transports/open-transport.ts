import type { EventTransport } from '../relay/event-transport.js';
import type { QueueStore } from '../queue/queue-store.js';
import { TransportOptionsError } from './broker-errors.js';
import { BullmqTransport } from './bullmq-transport.js';
import type { KafkaOptions } from './kafka-options.js';
import { KafkaTransport } from './kafka-transport.js';
import type { NatsOptions } from './nats-options.js';
import { NatsTransport } from './nats-transport.js';
import { RabbitmqTransport, type RabbitmqOptions } from './rabbitmq-transport.js';
import type { ShareEvents } from './share-events.js';

export const EVENT_TRANSPORT_NAMES = [
  'in-process',
  'bullmq',
  'rabbitmq',
  'nats',
  'kafka',
  'webhooks',
] as const;
/** The transports that come with this package. */
export type EventTransportName = (typeof EVENT_TRANSPORT_NAMES)[number];
/** Those that are one destination; of `webhooks` each endpoint is one, which comes and goes while the process runs. */
type OneDestinationName = Exclude<EventTransportName, 'webhooks'>;

/** Which transports there are, and what each needs to know. */
export interface EventTransportsOptions {
  /**
   * Where events go: transports of ours by name, and any of your own. Default `in-process`; `bullmq` adds the bounded queue
   * `domain-events`, `webhooks` calls the endpoints of the table `event_endpoints`. A transport of yours has a name of its own, lower-case, with digits and `-`.
   */
  readonly eventTransports?: readonly (EventTransportName | EventTransport)[];
  /** Which of ours are told the hash of the room that a share went to. Default none. Yours say it themselves, and so does each endpoint. */
  readonly eventRoomHash?: readonly EventTransportName[];
  /** For the transport `rabbitmq`, whose client is `npm install amqplib`. */
  readonly rabbitmq?: RabbitmqOptions;
  /** For the transport `nats`, whose clients are `npm install @nats-io/transport-node @nats-io/jetstream`. */
  readonly nats?: NatsOptions;
  /** For the transport `kafka`, whose client is `npm install kafkajs`. */
  readonly kafka?: KafkaOptions;
}

/** What transports of this process share with its other parts. */
export interface TransportParts {
  readonly queueStore: QueueStore;
  readonly shareEvents: ShareEvents;
}

/** Progress is kept under the name, which also stands in paths. */
const OWN_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Opens what was chosen; nothing is loaded or reached yet. @throws {TransportOptionsError} */
export function openTransports(
  options: EventTransportsOptions,
  parts: TransportParts,
): EventTransport[] {
  const chosen = options.eventTransports ?? ['in-process'];
  const transports = chosen
    .filter((one) => one !== 'webhooks')
    .map((one) => (typeof one === 'string' ? openOurs(one, options, parts) : checkOwn(one)));
  const names = transports.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return transports;
  throw new TransportOptionsError(`The transport "${twice}" is chosen twice: name each once.`);
}

function openOurs(
  name: OneDestinationName,
  options: EventTransportsOptions,
  parts: TransportParts,
): EventTransport {
  const transport = openTransport(name, options, parts);
  transport.includesRoomHash = options.eventRoomHash?.includes(name) ?? false;
  return transport;
}

function openTransport(
  name: OneDestinationName,
  { rabbitmq, nats, kafka }: EventTransportsOptions,
  { queueStore, shareEvents }: TransportParts,
): EventTransport {
  switch (name) {
    case 'in-process':
      return shareEvents;
    case 'bullmq':
      return new BullmqTransport(queueStore);
    case 'rabbitmq':
      return new RabbitmqTransport(rabbitmq ?? lacksOptions(name, 'RABBITMQ_URL'));
    case 'nats':
      return new NatsTransport(nats ?? lacksOptions(name, 'NATS_URL'));
    case 'kafka':
      return new KafkaTransport(kafka ?? lacksOptions(name, 'KAFKA_BROKERS'));
    default:
      throw new TransportOptionsError(
        `There is no transport of that name: there are ${EVENT_TRANSPORT_NAMES.join(', ')}.`,
      );
  }
}

function lacksOptions(name: EventTransportName, setting: string): never {
  throw new TransportOptionsError(
    `The transport "${name}" is chosen and does not know where to: give the option "${name}", or ${setting} to the service.`,
  );
}

function checkOwn(transport: EventTransport): EventTransport {
  const isOurs = (EVENT_TRANSPORT_NAMES as readonly string[]).includes(transport.name);
  if (!isOurs && OWN_NAME.test(transport.name)) return transport;
  throw new TransportOptionsError(
    'A transport of your own needs a name of its own: a lower-case letter, then letters, digits and "-", at most 63, and ' +
      `none of ${EVENT_TRANSPORT_NAMES.join(', ')}.`,
  );
}
