import { readAlarmSettings, type AlarmSettings } from './alarm-settings.js';
import { readApiTokens, type ApiToken } from './api-tokens.js';
import {
  MIN_ADMIN_KEY_CHARS,
  readKakaoApps,
  readKeySources,
  type KakaoKeySources,
} from './kakao-apps.js';
import { readKakaoNetworks } from './kakao-networks.js';
import { EnvironmentReader, type Environment } from './environment-reader.js';
import { readPickerApps } from './picker-apps.js';
import { readSigningKeys } from './signing-keys.js';
import { readSpoolSettings, type SpoolSettings } from './spool-settings.js';
import { readStatusOrigins, type StatusOrigins } from './status-origins.js';
import { readTransportSettings, type TransportSettings } from './transport-settings.js';

export const ROLES = ['web', 'worker', 'relay'] as const;
export type Role = (typeof ROLES)[number];
/** As many as a secret that a program made has; a shorter one has been thought up, and opens everything to whoever guesses it. */
const MIN_ADMIN_TOKEN_CHARS = 32;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** All settings of the service, read once. */
export interface Settings extends TransportSettings, AlarmSettings, SpoolSettings {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Where management, metrics and documents are; undefined: on the port for everybody, behind their tokens. */
  readonly operationsPort: number | undefined;
  readonly operationsHost: string;
  /** Kakao app to admin keys; empty where none are set, which only development can mend. */
  readonly kakaoApps: Readonly<Record<string, readonly string[]>>;
  /** Undefined: no file is named, so the keys stay what they are. */
  readonly kakaoKeySources: KakaoKeySources | undefined;
  readonly userParameter: string;
  /** From where webhooks are taken; empty: from everywhere. */
  readonly kakaoNetworks: readonly string[];
  /** Apps that have Kakao's permission to set the picker. */
  readonly pickerApps: readonly string[];
  /** The first signs share intents, all of them verify; empty: none are issued. */
  readonly intentSigningKeys: readonly string[];
  readonly statusOrigins: StatusOrigins;
  /** How many proxies in front tell the client's address in `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** Undefined: an embedded Postgres under `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly databaseSchema: string;
  readonly databasePoolSize: number;
  readonly dataDir: string;
  /** Undefined: the queue is on Postgres. */
  readonly redisUrl: string | undefined;
  /** Keeps several services on one Redis apart; BullMQ's own default is `bull`. */
  readonly queuePrefix: string;
  readonly roles: readonly Role[];
  readonly workerConcurrency: number;
  readonly adminToken: string | undefined;
  readonly apiTokens: readonly ApiToken[];
  /** How long events are kept after they were recorded, longer while a destination waits for one or has refused it. */
  readonly eventRetentionDays: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** How long load balancers are given to notice that the process is going away, ms. */
  readonly drainMs: number;
}

/** Settings that cannot be used. Names them, never prints what they were set to. */
export class SettingsError extends Error {
  readonly code = 'KAKAO_SHARE_SETTINGS';
  override readonly name = 'SettingsError';
  constructor(readonly faults: readonly string[]) {
    super(`The settings cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/**
 * Reads and validates all settings. A secret can also come from a file, named by the same setting with `_FILE`.
 * @throws {SettingsError} listing every fault at once
 */
export function readSettings(environment: Environment): Settings {
  const faults: string[] = [];
  const given = new EnvironmentReader(environment, faults);
  const production = given.text('NODE_ENV') === 'production';
  const minKeyChars = production ? MIN_ADMIN_KEY_CHARS : 1;
  const kakaoApps =
    given.parsed('KAKAO_APPS', () =>
      readKakaoApps(given.secret('KAKAO_ADMIN_KEYS'), given.secret('KAKAO_APPS'), minKeyChars),
    ) ?? {};
  const host = given.text('HOST') ?? (production ? '0.0.0.0' : '127.0.0.1');
  const kakaoKeySources = readKeySources(given, minKeyChars);
  const settings: Settings = {
    production,
    port: given.integer('PORT', 3000, 0, 65_535),
    host,
    operationsPort: readOperationsPort(given),
    operationsHost: given.text('OPERATIONS_HOST') ?? host,
    kakaoApps,
    kakaoKeySources,
    userParameter: given.text('KAKAO_USER_PARAMETER') ?? 'user_id',
    kakaoNetworks:
      given.parsed('KAKAO_NETWORKS', () => readKakaoNetworks(given.text('KAKAO_NETWORKS'))) ?? [],
    pickerApps:
      given.parsed('KAKAO_PICKER_APPS', () =>
        readPickerApps(
          given.text('KAKAO_PICKER_APPS'),
          // A file may name the app later.
          kakaoKeySources === undefined ? Object.keys(kakaoApps) : [],
        ),
      ) ?? [],
    intentSigningKeys:
      given.parsed('INTENT_SIGNING_KEYS', () =>
        readSigningKeys('INTENT_SIGNING_KEYS', given.secret('INTENT_SIGNING_KEYS')),
      ) ?? [],
    statusOrigins:
      given.parsed('STATUS_ORIGINS', () =>
        readStatusOrigins(given.text('STATUS_ORIGINS'), production),
      ) ?? [],
    trustedProxies: given.integer('TRUSTED_PROXIES', 0, 0, 10),
    databaseUrl: given.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    databaseSchema:
      given.matching(
        'DATABASE_SCHEMA',
        /^[a-z_][a-z0-9_]{0,62}$/,
        'lower-case letters, digits and "_"',
      ) ?? 'kakao_share',
    databasePoolSize: given.integer('DATABASE_POOL_SIZE', 10, 2, 200),
    dataDir: given.text('DATA_DIR') ?? '.data',
    ...readSpoolSettings(given),
    redisUrl: given.url('REDIS_URL', ['redis:', 'rediss:']),
    queuePrefix: given.text('QUEUE_PREFIX') ?? 'bull',
    roles: given.list('ROLES', ROLES, ROLES),
    workerConcurrency: given.integer('WORKER_CONCURRENCY', 2, 1, 64),
    adminToken: given.secret('ADMIN_TOKEN'),
    apiTokens: given.parsed('API_TOKENS', () => readApiTokens(given.secret('API_TOKENS'))) ?? [],
    ...readTransportSettings(given, production),
    eventRetentionDays: given.integer('EVENT_RETENTION_DAYS', 90, 1, 3_650),
    ...readAlarmSettings(given),
    logLevel: given.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    drainMs: given.integer('DRAIN_MS', production ? 2_000 : 0, 0, 5_000),
  };
  if (production) faults.push(...missingInProduction(settings), ...weakInProduction(settings));
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}

function readOperationsPort(given: EnvironmentReader): number | undefined {
  const isSet = given.text('OPERATIONS_PORT') !== undefined;
  return isSet ? given.integer('OPERATIONS_PORT', 0, 0, 65_535) : undefined;
}

/** Production fails closed: nothing is generated, nothing embedded. */
function missingInProduction(settings: Settings): string[] {
  const faults: string[] = [];
  if (settings.databaseUrl === undefined) {
    faults.push('DATABASE_URL is not set: production runs on a Postgres of yours.');
  }
  if (!settings.roles.includes('web')) return faults;
  if (Object.keys(settings.kakaoApps).length === 0) {
    faults.push('KAKAO_ADMIN_KEYS (or KAKAO_APPS) is not set: no webhook could be authenticated.');
  }
  if (settings.adminToken === undefined && settings.apiTokens.length === 0) {
    faults.push('ADMIN_TOKEN (or API_TOKENS) is not set: nobody could manage the service.');
  }
  return faults;
}

function weakInProduction({ adminToken }: Settings): string[] {
  if (adminToken === undefined || adminToken.length >= MIN_ADMIN_TOKEN_CHARS) return [];
  return [
    `ADMIN_TOKEN must have at least ${MIN_ADMIN_TOKEN_CHARS} characters: "openssl rand -hex 24" makes one.`,
  ];
}
