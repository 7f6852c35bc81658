import { readApiTokens, type ApiToken } from './api-tokens.js';
import { readKakaoApps } from './kakao-apps.js';
import { EnvironmentReader, type Environment } from './environment-reader.js';
import { readPickerApps } from './picker-apps.js';
import { readSigningKeys } from './signing-keys.js';
import { readStatusOrigins, type StatusOrigins } from './status-origins.js';

export const ROLES = ['web', 'worker', 'relay'] as const;
export type Role = (typeof ROLES)[number];
const TRANSPORTS = ['in-process', 'bullmq'] as const;
export type Transport = (typeof TRANSPORTS)[number];
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** All settings of the service, read once. */
export interface Settings {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Kakao app to admin keys; empty where none are set, which only development can mend. */
  readonly kakaoApps: Readonly<Record<string, readonly string[]>>;
  readonly userParameter: string;
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
  readonly eventTransports: readonly Transport[];
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
  const kakaoApps =
    given.parsed('KAKAO_APPS', () =>
      readKakaoApps(given.secret('KAKAO_ADMIN_KEYS'), given.secret('KAKAO_APPS')),
    ) ?? {};
  const settings: Settings = {
    production,
    port: given.integer('PORT', 3000, 0, 65_535),
    host: given.text('HOST') ?? (production ? '0.0.0.0' : '127.0.0.1'),
    kakaoApps,
    userParameter: given.text('KAKAO_USER_PARAMETER') ?? 'user_id',
    pickerApps:
      given.parsed('KAKAO_PICKER_APPS', () =>
        readPickerApps(given.text('KAKAO_PICKER_APPS'), Object.keys(kakaoApps)),
      ) ?? [],
    intentSigningKeys:
      given.parsed('INTENT_SIGNING_KEYS', () =>
        readSigningKeys(given.secret('INTENT_SIGNING_KEYS')),
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
    redisUrl: given.url('REDIS_URL', ['redis:', 'rediss:']),
    queuePrefix: given.text('QUEUE_PREFIX') ?? 'bull',
    roles: given.list('ROLES', ROLES, ROLES),
    workerConcurrency: given.integer('WORKER_CONCURRENCY', 2, 1, 64),
    adminToken: given.secret('ADMIN_TOKEN'),
    apiTokens: given.parsed('API_TOKENS', () => readApiTokens(given.secret('API_TOKENS'))) ?? [],
    eventTransports: given.list(
      'EVENT_TRANSPORTS',
      TRANSPORTS,
      production ? ['in-process'] : TRANSPORTS,
    ),
    logLevel: given.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    drainMs: given.integer('DRAIN_MS', production ? 2_000 : 0, 0, 5_000),
  };
  if (production) faults.push(...missingInProduction(settings));
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
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
