import { readEndpointNetworks } from './endpoint-networks.js';
import type { EnvironmentReader } from './environment-reader.js';
import { readSigningKeys } from './signing-keys.js';

const TRANSPORTS = ['in-process', 'bullmq', 'rabbitmq', 'nats', 'kafka', 'webhooks'] as const;
export type Transport = (typeof TRANSPORTS)[number];
/** Those that need nothing that is not there anyway. */
const IN_DEVELOPMENT: readonly Transport[] = ['in-process', 'bullmq', 'webhooks'];
const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const LOGIN_SETTINGS = ['KAFKA_SASL_MECHANISM', 'KAFKA_USERNAME', 'KAFKA_PASSWORD'] as const;
/** The setting without which a transport does not know where to. */
const ADDRESS_OF: Partial<Record<Transport, 'RABBITMQ_URL' | 'NATS_URL' | 'KAFKA_BROKERS'>> = {
  rabbitmq: 'RABBITMQ_URL',
  nats: 'NATS_URL',
  kafka: 'KAFKA_BROKERS',
};

/** Where events go, and how to get there. */
export interface TransportSettings {
  readonly eventTransports: readonly Transport[];
  /** Those of them whose consumers are told the hash of the room that a share went to. */
  readonly eventRoomHash: readonly Transport[];
  readonly rabbitmq: { readonly url: string; readonly exchange: string } | undefined;
  /** Each URL with the login. */
  readonly nats:
    { readonly servers: readonly string[]; readonly subjectPrefix: string } | undefined;
  readonly kafka:
    | {
        /** `host:port` each. */
        readonly brokers: readonly string[];
        readonly topic: string;
        readonly ssl: boolean;
        readonly sasl?: KafkaLogin;
      }
    | undefined;
  readonly eventEndpoints: {
    /** What the secrets of endpoints are derived from, newest first; empty: development makes one. */
    readonly keys: readonly string[];
    /** Where endpoints may be though it is private. */
    readonly networks: readonly string[];
  };
}

interface KafkaLogin {
  readonly mechanism: (typeof SASL_MECHANISMS)[number];
  readonly username: string;
  readonly password: string;
}

export function readTransportSettings(
  given: EnvironmentReader,
  production: boolean,
): TransportSettings {
  const eventTransports = given.list(
    'EVENT_TRANSPORTS',
    TRANSPORTS,
    production ? ['in-process'] : IN_DEVELOPMENT,
  );
  for (const transport of eventTransports) {
    const setting = ADDRESS_OF[transport];
    if (setting !== undefined && !given.has(setting))
      given.fault(`${setting} is not set: EVENT_TRANSPORTS names "${transport}".`);
  }
  if (production && eventTransports.includes('webhooks') && !given.has('EVENT_ENDPOINT_KEYS'))
    given.fault('EVENT_ENDPOINT_KEYS is not set: EVENT_TRANSPORTS names "webhooks".');
  // Each endpoint says it for itself.
  const tellingRooms = eventTransports.filter((transport) => transport !== 'webhooks');
  return {
    eventTransports,
    eventRoomHash: given.list('EVENT_ROOM_HASH', tellingRooms, []),
    rabbitmq: readRabbitmq(given),
    nats: readNats(given),
    kafka: readKafka(given),
    eventEndpoints: readEndpoints(given, production),
  };
}

function readEndpoints(
  given: EnvironmentReader,
  production: boolean,
): TransportSettings['eventEndpoints'] {
  const keys = given.parsed('EVENT_ENDPOINT_KEYS', () =>
    readSigningKeys('EVENT_ENDPOINT_KEYS', given.secret('EVENT_ENDPOINT_KEYS')),
  );
  const networks = given.parsed('EVENT_ENDPOINT_NETWORKS', () =>
    readEndpointNetworks(given.text('EVENT_ENDPOINT_NETWORKS'), production),
  );
  return { keys: keys ?? [], networks: networks ?? [] };
}

function readRabbitmq(given: EnvironmentReader): TransportSettings['rabbitmq'] {
  const url = given.url('RABBITMQ_URL', ['amqp:', 'amqps:']);
  const exchange =
    given.matching(
      'RABBITMQ_EXCHANGE',
      /^[A-Za-z0-9._:-]{1,127}$/,
      'letters, digits, ".", "_", ":" and "-", at most 127',
    ) ?? 'kakao-share.events';
  return url === undefined ? undefined : { url, exchange };
}

function readNats(given: EnvironmentReader): TransportSettings['nats'] {
  const servers = given.urls('NATS_URL', ['nats:', 'tls:']);
  const subjectPrefix =
    given.matching(
      'NATS_SUBJECT_PREFIX',
      /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/,
      'letters, digits, "_" and "-", in parts with "." between',
    ) ?? 'kakao-share.events';
  return servers === undefined ? undefined : { servers, subjectPrefix };
}

function readKafka(given: EnvironmentReader): TransportSettings['kafka'] {
  const brokers = given.matching(
    'KAFKA_BROKERS',
    /^[^\s,:/@]+:\d{1,5}(\s*,\s*[^\s,:/@]+:\d{1,5})*$/,
    'addresses as host:port, comma-separated',
  );
  const topic =
    given.matching(
      'KAFKA_TOPIC',
      /^[A-Za-z0-9._-]{1,249}$/,
      'letters, digits, ".", "_" and "-", at most 249',
    ) ?? 'kakao-share.events';
  const ssl = given.oneOf('KAFKA_TLS', ['true', 'false'], 'false') === 'true';
  const sasl = readKafkaLogin(given);
  if (brokers === undefined) return undefined;
  return { brokers: brokers.split(/\s*,\s*/), topic, ssl, ...(sasl && { sasl }) };
}

/** All three or none: half a login would be none, and say nothing. */
function readKafkaLogin(given: EnvironmentReader): KafkaLogin | undefined {
  const missing = LOGIN_SETTINGS.filter((setting) => !given.has(setting));
  if (missing.length === LOGIN_SETTINGS.length) return undefined;
  for (const setting of missing)
    given.fault(`${setting} is not set: ${LOGIN_SETTINGS.join(', ')} belong together.`);
  return {
    mechanism: given.oneOf('KAFKA_SASL_MECHANISM', SASL_MECHANISMS, 'plain'),
    username: given.text('KAFKA_USERNAME') ?? '',
    password: given.secret('KAFKA_PASSWORD') ?? '',
  };
}
