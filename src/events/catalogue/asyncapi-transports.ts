import { CATALOGUE } from './catalogue.js';

/** How one transport carries the events: a server, a channel there, and how we send to it. */
interface Carrier {
  readonly server: Readonly<Record<string, unknown>>;
  /** Where on the server; `{type}` stands for the event's type, null for what the receiver chose. */
  readonly address: string | null;
  readonly description: string;
  readonly channelBindings?: Readonly<Record<string, unknown>>;
  readonly operationBindings?: Readonly<Record<string, unknown>>;
}

/** Host names stand for the operator's own; addresses are the defaults, which settings can change. */
const CARRIERS: Readonly<Record<string, Carrier>> = {
  rabbitmq: {
    server: { host: 'rabbitmq.example:5672', protocol: 'amqp', protocolVersion: '0.9.1' },
    address: '{type}',
    description:
      'A durable topic exchange of RabbitMQ; the routing key is the event’s type, so that "reward.*" binds a queue to all rewards. Sent with publisher confirms. ' +
      'What no queue is bound for is gone: bind durable queues first.',
    channelBindings: {
      amqp: {
        is: 'routingKey',
        exchange: { name: 'kakao-share.events', type: 'topic', durable: true, autoDelete: false },
        bindingVersion: '0.3.0',
      },
    },
    operationBindings: { amqp: { deliveryMode: 2, mandatory: false, bindingVersion: '0.3.0' } },
  },
  nats: {
    server: { host: 'nats.example:4222', protocol: 'nats' },
    address: 'kakao-share.events.{type}',
    description:
      'A stream of NATS JetStream, a subject for each type. The message id is the event’s, so that JetStream drops what it has had within its window.',
    operationBindings: { nats: { bindingVersion: '0.1.0' } },
  },
  kafka: {
    server: { host: 'kafka.example:9092', protocol: 'kafka' },
    address: 'kakao-share.events',
    description:
      'A topic of Kafka, acknowledged by all replicas in sync. The key is the user, so that one user’s events stay in one partition, in order.',
    channelBindings: { kafka: { topic: 'kakao-share.events', bindingVersion: '0.5.0' } },
    operationBindings: { kafka: { bindingVersion: '0.5.0' } },
  },
  webhooks: {
    server: { host: 'your-endpoint.example', protocol: 'https' },
    address: null,
    description:
      'A POST to each endpoint that was registered under /v1/event-endpoints, signed by the Standard Webhooks specification. Its Content-Type is ' +
      'application/json, which parsers that keep the raw body for the signature know. Answer 2xx once the event is safe with you. After 413, 415 or 422 the event is set aside, after 410 the endpoint is paused; after anything else it comes again.',
    operationBindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
  },
  bullmq: {
    server: { host: 'redis.example:6379', protocol: 'redis' },
    address: 'domain-events',
    description:
      'A BullMQ queue, on Redis or on the service’s own PostgreSQL. A job is named by the event’s type, its id is the event’s and its data the event. Bounded: with ' +
      'no consumer the events wait in the service.',
  },
};

const TYPE_PARAMETER = {
  description: 'The event’s type.',
  enum: CATALOGUE.map(({ type }) => type),
};

const carriers = Object.entries(CARRIERS);

export const SERVERS = Object.fromEntries(carriers.map(([name, { server }]) => [name, server]));

export const CHANNELS = Object.fromEntries(
  carriers.map(([name, { address, description, channelBindings }]) => [
    name,
    {
      address,
      description,
      servers: [{ $ref: `#/servers/${name}` }],
      messages: Object.fromEntries(
        CATALOGUE.map(({ type }) => [type, { $ref: `#/components/messages/${type}` }]),
      ),
      ...(address?.includes('{type}') === true ? { parameters: { type: TYPE_PARAMETER } } : {}),
      ...(channelBindings === undefined ? {} : { bindings: channelBindings }),
    },
  ]),
);

export const OPERATIONS = Object.fromEntries(
  carriers.map(([name, { operationBindings }]) => [
    `send-to-${name}`,
    {
      action: 'send',
      channel: { $ref: `#/channels/${name}` },
      summary: 'Tells what happened, at least once, in order per subject.',
      ...(operationBindings === undefined ? {} : { bindings: operationBindings }),
    },
  ]),
);

export const KAFKA_KEY = {
  type: 'string',
  description: 'The event’s `subject`; its `id` where it has none.',
};

/** Source: the Standard Webhooks specification. */
export const WEBHOOK_HEADERS = {
  type: 'object',
  required: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  properties: {
    'webhook-id': { type: 'string', description: 'The event’s `id`.' },
    'webhook-timestamp': {
      type: 'string',
      pattern: '^[0-9]+$',
      description: 'When this attempt was signed, in seconds since 1970: refuse what is old.',
    },
    'webhook-signature': {
      type: 'string',
      description:
        'Signatures of id, time and body, space-separated, "v1," and base64 each: several while a secret is rotated.',
    },
  },
};
