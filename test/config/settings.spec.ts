import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSettings, SettingsError } from '../../src/config/settings.js';

/** Stands in every bad value, so that an echo of any of them is noticed. */
const MARK = 'S3CRETMARK';

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    expect(error.message).not.toContain(MARK);
    for (const fault of error.faults) expect(error.message).toContain(fault);
    return error.faults;
  }
  return [];
}

const ADMIN_KEYS = ['1'.repeat(16), '2'.repeat(32)];
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://user:password@db/kakao',
  KAKAO_ADMIN_KEYS: ADMIN_KEYS.join(),
  ADMIN_TOKEN: 't'.repeat(32),
};

describe('settings', () => {
  test('with none set, development has all roles on this machine alone', () => {
    expect(readSettings({})).toEqual({
      production: false,
      port: 3000,
      host: '127.0.0.1',
      operationsPort: undefined,
      operationsHost: '127.0.0.1',
      kakaoApps: {},
      kakaoKeySources: undefined,
      userParameter: 'user_id',
      kakaoNetworks: [],
      pickerApps: [],
      intentSigningKeys: [],
      statusOrigins: 'localhost',
      trustedProxies: 0,
      databaseUrl: undefined,
      databaseSchema: 'kakao_share',
      databasePoolSize: 10,
      dataDir: '.data',
      spoolDir: '.data/spool',
      spoolMaxBytes: 1024 ** 3,
      spoolReplayPerS: 1_000,
      redisUrl: undefined,
      queuePrefix: 'bull',
      roles: ['web', 'worker', 'relay'],
      workerConcurrency: 2,
      adminToken: undefined,
      apiTokens: [],
      eventTransports: ['in-process', 'bullmq', 'webhooks'],
      eventEndpoints: { keys: [], networks: ['127.0.0.0/8', '::1/128'] },
      eventRoomHash: [],
      rabbitmq: undefined,
      nats: undefined,
      kafka: undefined,
      eventRetentionDays: 90,
      alarmsOff: [],
      alarmSilenceMinutes: 30,
      alarmUnsettledS: 300,
      logLevel: 'info',
      drainMs: 0,
    });
  });

  test('production listens to the outside, publishes nowhere unasked and lets load balancers notice', () => {
    expect(readSettings(PRODUCTION)).toMatchObject({
      production: true,
      host: '0.0.0.0',
      eventTransports: ['in-process'],
      drainMs: 2_000,
      kakaoApps: { default: ADMIN_KEYS },
    });
  });

  test('production fails closed: it says everything that is missing', () => {
    const faults = faultsOf({ NODE_ENV: 'production' });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'DATABASE_URL',
      'KAKAO_ADMIN_KEYS',
      'ADMIN_TOKEN',
    ]);
  });

  test.each(Object.keys(PRODUCTION).slice(1))('production does not start without %s', (name) => {
    expect(faultsOf({ ...PRODUCTION, [name]: '  ' }).join()).toContain(name);
  });

  test.each([
    [
      'KAKAO_ADMIN_KEYS',
      `${'k'.repeat(32)},${'k'.repeat(15)}`,
      'App number 1 has an admin key of fewer than 16',
    ],
    [
      'KAKAO_APPS',
      `{"shop":"${'s'.repeat(15)}"}`,
      'App number 2 has an admin key of fewer than 16',
    ],
    ['ADMIN_TOKEN', 't'.repeat(31), 'ADMIN_TOKEN must have at least 32 characters'],
  ])('production takes no secret in %s that is too short to be one', (name, value, told) => {
    expect(faultsOf({ ...PRODUCTION, [name]: value })).toContainEqual(
      expect.stringContaining(told),
    );
    expect(() => readSettings({ [name]: value })).not.toThrow();
  });

  test('production without a door needs no Kakao key', () => {
    const environment = { ...PRODUCTION, KAKAO_ADMIN_KEYS: '', ROLES: 'worker,relay' };
    expect(readSettings(environment).roles).toEqual(['worker', 'relay']);
  });

  test('API_TOKENS can stand in for ADMIN_TOKEN', () => {
    const API_TOKENS = JSON.stringify({ ops: { sha256: 'A'.repeat(64), scopes: ['read'] } });
    expect(readSettings({ ...PRODUCTION, ADMIN_TOKEN: '', API_TOKENS })).toMatchObject({
      adminToken: undefined,
    });
  });

  test('operations are on the port for everybody, or on one of their own where HOST or OPERATIONS_HOST is', () => {
    expect(readSettings(PRODUCTION).operationsPort).toBeUndefined();
    const own = { ...PRODUCTION, OPERATIONS_PORT: '0' };
    expect(readSettings(own)).toMatchObject({ operationsPort: 0, operationsHost: '0.0.0.0' });
    expect(readSettings({ ...own, OPERATIONS_HOST: '10.0.0.1' })).toMatchObject({
      host: '0.0.0.0',
      operationsHost: '10.0.0.1',
    });
  });

  test('KAKAO_NETWORKS lists addresses and networks of both families', () => {
    const KAKAO_NETWORKS = '203.0.113.7, 198.51.100.0/24,2001:db8::1,2001:db8:1::/48';
    expect(readSettings({ ...PRODUCTION, KAKAO_NETWORKS }).kakaoNetworks).toEqual([
      ...['203.0.113.7/32', '198.51.100.0/24', '2001:db8::1/128', '2001:db8:1::/48'],
    ]);
    for (const bad of ['kakao.example', '203.0.113.0/33', '203.0.113.7,', 'all', '::1%lo', '1.2.3'])
      expect(faultsOf({ ...PRODUCTION, KAKAO_NETWORKS: bad }).join()).toMatch(/^KAKAO_NETWORKS /);
  });

  test('rooms are told to nobody unless named, and only to transports that are switched on', () => {
    const only = { ...PRODUCTION, EVENT_TRANSPORTS: 'bullmq' };
    expect(readSettings(only).eventRoomHash).toEqual([]);
    expect(readSettings({ ...only, EVENT_ROOM_HASH: 'bullmq' }).eventRoomHash).toEqual(['bullmq']);
    expect(faultsOf({ ...only, EVENT_ROOM_HASH: 'in-process' })).toEqual([
      expect.stringMatching(/^EVENT_ROOM_HASH /),
    ]);
  });

  test('every fault is listed at once, by name and never by value', () => {
    const bad = {
      PORT: MARK,
      OPERATIONS_PORT: MARK,
      DATABASE_URL: `mysql://${MARK}`,
      REDIS_URL: MARK,
      DATABASE_POOL_SIZE: '1',
      WORKER_CONCURRENCY: '65',
      ROLES: `web,${MARK}`,
      EVENT_TRANSPORTS: MARK,
      EVENT_ROOM_HASH: MARK,
      LOG_LEVEL: MARK,
      DRAIN_MS: '-1',
      KAKAO_APPS: `{"shop":["${MARK}"`,
      API_TOKENS: `{"${MARK}":{}}`,
      INTENT_SIGNING_KEYS: MARK,
      EVENT_ENDPOINT_KEYS: MARK,
      EVENT_ENDPOINT_NETWORKS: MARK,
      STATUS_ORIGINS: `https://${MARK}.example/path`,
      TRUSTED_PROXIES: MARK,
      RABBITMQ_URL: `http://${MARK}`,
      RABBITMQ_EXCHANGE: `${MARK}/`,
      NATS_URL: `nats://nats,http://${MARK}`,
      NATS_SUBJECT_PREFIX: `${MARK}.`,
      KAFKA_BROKERS: MARK,
      KAFKA_TOPIC: `${MARK}/`,
      KAFKA_TLS: MARK,
    };
    const faults = faultsOf(bad);
    const named = faults.map((fault) => fault.split(' ')[0]);
    expect([...named].sort()).toEqual(Object.keys(bad).sort());
  });

  test.each([
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['PORT', '0x10'],
    ['PORT', '1e3'],
    ['DATABASE_URL', 'postgres:/nowhere'],
    ['DATABASE_URL', 'postgres://[bad'],
    ['REDIS_URL', 'http://redis'],
    ['ROLES', 'web,,worker'],
    ['KAKAO_APPS', '[]'],
    ['KAKAO_APPS', 'null'],
    ['KAKAO_APPS', '{"shop":[1]}'],
    ['KAKAO_APPS', '{"shop":{"key":"x"}}'],
    ['INTENT_SIGNING_KEYS', 'k'.repeat(31)],
    ['INTENT_SIGNING_KEYS', `${'k'.repeat(32)},`],
    ['INTENT_SIGNING_KEYS', `${'k'.repeat(32)},${'k'.repeat(32)}`],
    ['EVENT_ENDPOINT_KEYS', 'k'.repeat(31)],
    ['EVENT_ENDPOINT_KEYS', `${'k'.repeat(32)},`],
    ['EVENT_ENDPOINT_NETWORKS', 'localhost'],
    ['EVENT_ENDPOINT_NETWORKS', '10.0.0.0'],
    ['EVENT_ENDPOINT_NETWORKS', '10.0.0.0/33'],
    ['EVENT_ENDPOINT_NETWORKS', '10.0.0.0/8,'],
    ['EVENT_ROOM_HASH', 'webhooks'],
    ['STATUS_ORIGINS', '*'],
    ['STATUS_ORIGINS', 'shop.example'],
    ['STATUS_ORIGINS', 'https://shop.example/'],
    ['STATUS_ORIGINS', 'https://shop.example:443'],
    ['STATUS_ORIGINS', 'ftp://shop.example'],
    ['STATUS_ORIGINS', 'https://shop.example,'],
    ['TRUSTED_PROXIES', '11'],
    ['RABBITMQ_URL', 'https://rabbit'],
    ['RABBITMQ_EXCHANGE', 'e'.repeat(128)],
    ['NATS_URL', 'nats://nats,'],
    ['NATS_URL', 'ws://nats'],
    ['NATS_SUBJECT_PREFIX', 'points.>'],
    ['KAFKA_BROKERS', 'kafka'],
    ['KAFKA_BROKERS', 'kafka:9092,'],
    ['KAFKA_BROKERS', 'kafka://kafka:9092'],
    ['KAFKA_BROKERS', 'user@kafka:9092'],
    ['KAFKA_TOPIC', 'a b'],
    ['KAFKA_TLS', 'yes'],
  ])('%s may not be %s', (name, value) => {
    expect(faultsOf({ [name]: value }).map((fault) => fault.split(' ')[0])).toEqual([name]);
  });

  test('production issues no intents and lets no page ask unless told how', () => {
    expect(readSettings(PRODUCTION)).toMatchObject({ intentSigningKeys: [], statusOrigins: [] });
    expect(
      readSettings({
        ...PRODUCTION,
        INTENT_SIGNING_KEYS: `${'a'.repeat(32)}, ${'b'.repeat(32)}`,
        STATUS_ORIGINS: 'https://shop.example, http://localhost:5173',
        KAKAO_PICKER_APPS: 'default',
      }),
    ).toMatchObject({
      intentSigningKeys: ['a'.repeat(32), 'b'.repeat(32)],
      statusOrigins: ['https://shop.example', 'http://localhost:5173'],
      pickerApps: ['default'],
    });
  });

  test('production calls endpoints with keys alone, and in no private network unless one is named', () => {
    const EVENT_TRANSPORTS = 'webhooks';
    expect(faultsOf({ ...PRODUCTION, EVENT_TRANSPORTS })).toEqual([
      'EVENT_ENDPOINT_KEYS is not set: EVENT_TRANSPORTS names "webhooks".',
    ]);
    const keys = { ...PRODUCTION, EVENT_TRANSPORTS, EVENT_ENDPOINT_KEYS: 'k'.repeat(32) };
    expect(readSettings(keys).eventEndpoints).toEqual({ keys: ['k'.repeat(32)], networks: [] });
    const EVENT_ENDPOINT_NETWORKS = '10.1.0.0/16, fd00:1::/64';
    expect(readSettings({ ...keys, EVENT_ENDPOINT_NETWORKS }).eventEndpoints.networks).toEqual([
      '10.1.0.0/16',
      'fd00:1::/64',
    ]);
  });

  test('a picker app that is not configured is a fault: it would be a typing mistake', () => {
    expect(faultsOf({ ...PRODUCTION, KAKAO_PICKER_APPS: MARK })).toEqual([
      'KAKAO_PICKER_APPS names an app that is not configured.',
    ]);
  });

  test('where a file names the apps, a picker app may come with it later', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-settings-'));
    const KAKAO_APPS_FILE = path.join(folder, 'apps.json');
    try {
      writeFileSync(KAKAO_APPS_FILE, `{"shop":"${'s'.repeat(32)}"}`);
      const settings = readSettings({
        ...PRODUCTION,
        KAKAO_APPS_FILE,
        KAKAO_PICKER_APPS: 'newcomer',
      });
      expect(settings).toMatchObject({
        kakaoApps: { default: ADMIN_KEYS, shop: ['s'.repeat(32)] },
        kakaoKeySources: {
          adminKeys: { text: ADMIN_KEYS.join() },
          apps: { file: KAKAO_APPS_FILE },
          minKeyChars: 16,
        },
        pickerApps: ['newcomer'],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('spaces around values and in lists are not part of them', () => {
    const settings = readSettings({
      PORT: ' 0 ',
      ROLES: ' worker , web ',
      KAKAO_ADMIN_KEYS: ' a , b ',
    });
    expect(settings).toMatchObject({
      port: 0,
      roles: ['worker', 'web'],
      kakaoApps: { default: ['a', 'b'] },
    });
  });

  test('several Kakao apps stand beside the default one', () => {
    const KAKAO_APPS = '{"shop":["s1","s2"],"game":"g1"}';
    expect(readSettings({ KAKAO_ADMIN_KEYS: 'a', KAKAO_APPS }).kakaoApps).toEqual({
      default: ['a'],
      shop: ['s1', 's2'],
      game: ['g1'],
    });
  });

  test('a list of apps that names none is a fault: no webhook could be authenticated', () => {
    expect(faultsOf({ KAKAO_APPS: '{}' })).toEqual([
      expect.stringMatching(/^KAKAO_ADMIN_KEYS or KAKAO_APPS: No admin key at all/),
    ]);
  });

  test('keys of the app "default" come from one setting: none is dropped in silence', () => {
    const faults = faultsOf({ KAKAO_ADMIN_KEYS: MARK, KAKAO_APPS: '{"default":["other"]}' });
    expect(faults.join()).toMatch(/KAKAO_ADMIN_KEYS.*KAKAO_APPS/);
  });

  test.each([
    ['rabbitmq', 'RABBITMQ_URL'],
    ['nats', 'NATS_URL'],
    ['kafka', 'KAFKA_BROKERS'],
  ])('the transport %s needs %s', (transport, setting) => {
    expect(faultsOf({ EVENT_TRANSPORTS: `in-process,${transport}` })).toEqual([
      `${setting} is not set: EVENT_TRANSPORTS names "${transport}".`,
    ]);
  });

  test('brokers are told by address, and by names that can be left out', () => {
    const EVENT_TRANSPORTS = 'rabbitmq,nats,kafka';
    const addresses = {
      RABBITMQ_URL: 'amqps://user:password@rabbit:5671/shop',
      NATS_URL: 'tls://u:p@nats-1:4222, tls://u:p@nats-2:4222',
      KAFKA_BROKERS: 'kafka-1:9092, kafka-2:9092',
    };
    expect(readSettings({ EVENT_TRANSPORTS, ...addresses })).toMatchObject({
      eventTransports: ['rabbitmq', 'nats', 'kafka'],
      rabbitmq: { url: addresses.RABBITMQ_URL, exchange: 'kakao-share.events' },
      nats: {
        servers: ['tls://u:p@nats-1:4222', 'tls://u:p@nats-2:4222'],
        subjectPrefix: 'kakao-share.events',
      },
      kafka: { brokers: ['kafka-1:9092', 'kafka-2:9092'], topic: 'kakao-share.events', ssl: false },
    });
    const named = {
      RABBITMQ_EXCHANGE: 'points',
      NATS_SUBJECT_PREFIX: 'points',
      KAFKA_TOPIC: 'points.v1',
      KAFKA_TLS: 'true',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_USERNAME: 'relay',
      KAFKA_PASSWORD: 'secret',
    };
    expect(readSettings({ EVENT_TRANSPORTS, ...addresses, ...named })).toMatchObject({
      rabbitmq: { exchange: 'points' },
      nats: { subjectPrefix: 'points' },
      kafka: {
        topic: 'points.v1',
        ssl: true,
        sasl: { mechanism: 'scram-sha-512', username: 'relay', password: 'secret' },
      },
    });
  });

  test('half a login to Kafka is a fault for each half that is missing', () => {
    expect(faultsOf({ KAFKA_USERNAME: MARK }).map((fault) => fault.split(' ')[0])).toEqual([
      'KAFKA_SASL_MECHANISM',
      'KAFKA_PASSWORD',
    ]);
    const login = { KAFKA_USERNAME: 'relay', KAFKA_PASSWORD: MARK, KAFKA_SASL_MECHANISM: MARK };
    expect(faultsOf(login)).toEqual([
      'KAFKA_SASL_MECHANISM must be one of plain, scram-sha-256, scram-sha-512.',
    ]);
  });
});

describe('secrets from files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-settings-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function fileWith(text: string): string {
    const file = path.join(folder, `${MARK}-${Math.random()}`);
    writeFileSync(file, text);
    return file;
  }

  test('every secret can come from a file, its last line end left out', () => {
    const settings = readSettings({
      NODE_ENV: 'production',
      DATABASE_URL_FILE: fileWith('postgres://db/kakao\n'),
      REDIS_URL_FILE: fileWith('redis://redis\n'),
      EVENT_TRANSPORTS: 'rabbitmq,nats,kafka',
      NATS_URL_FILE: fileWith('nats://nats\n'),
      RABBITMQ_URL_FILE: fileWith('amqp://rabbit\n'),
      KAFKA_BROKERS: 'kafka:9092',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_USERNAME: 'relay',
      KAFKA_PASSWORD_FILE: fileWith('p\n'),
      KAKAO_ADMIN_KEYS_FILE: fileWith(`${ADMIN_KEYS.join()}\n`),
      KAKAO_APPS_FILE: fileWith(`{"shop":"${'s'.repeat(32)}"}`),
      ADMIN_TOKEN_FILE: fileWith(`${'t'.repeat(32)}\r\n`),
      API_TOKENS_FILE: fileWith(`{"ops":{"sha256":"${'0'.repeat(64)}","scopes":[]}}`),
      INTENT_SIGNING_KEYS_FILE: fileWith(`${'s'.repeat(32)}\n`),
      EVENT_ENDPOINT_KEYS_FILE: fileWith(`${'e'.repeat(32)}\n`),
    });
    expect(settings).toMatchObject({
      databaseUrl: 'postgres://db/kakao',
      redisUrl: 'redis://redis',
      rabbitmq: { url: 'amqp://rabbit' },
      nats: { servers: ['nats://nats'] },
      kafka: { sasl: { password: 'p' } },
      kakaoApps: { default: ADMIN_KEYS, shop: ['s'.repeat(32)] },
      adminToken: 't'.repeat(32),
      apiTokens: [{ name: 'ops' }],
      intentSigningKeys: ['s'.repeat(32)],
      eventEndpoints: { keys: ['e'.repeat(32)] },
    });
  });

  test('a file that cannot be read is a fault that shows neither path nor content', () => {
    expect(faultsOf({ ADMIN_TOKEN_FILE: path.join(folder, MARK) })).toEqual([
      'ADMIN_TOKEN_FILE names a file that cannot be read.',
    ]);
    expect(faultsOf({ KAKAO_APPS_FILE: fileWith(MARK) })).toHaveLength(1);
  });

  test('an empty file is a secret that is not set', () => {
    const faults = faultsOf({ ...PRODUCTION, ADMIN_TOKEN: '', ADMIN_TOKEN_FILE: fileWith('\n') });
    expect(faults.join()).toContain('ADMIN_TOKEN');
  });

  test('a secret set twice is a fault: which one counts would be a guess', () => {
    expect(faultsOf({ ADMIN_TOKEN: 'a', ADMIN_TOKEN_FILE: fileWith('b') })).toEqual([
      'ADMIN_TOKEN and ADMIN_TOKEN_FILE are both set: set one.',
    ]);
  });
});
