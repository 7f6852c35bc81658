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

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://user:password@db/kakao',
  KAKAO_ADMIN_KEYS: 'key-1,key-2',
  ADMIN_TOKEN: 'token',
};

describe('settings', () => {
  test('with none set, development has all roles on this machine alone', () => {
    expect(readSettings({})).toEqual({
      production: false,
      port: 3000,
      host: '127.0.0.1',
      kakaoApps: {},
      userParameter: 'user_id',
      pickerApps: [],
      intentSigningKeys: [],
      statusOrigins: 'localhost',
      trustedProxies: 0,
      databaseUrl: undefined,
      databaseSchema: 'kakao_share',
      databasePoolSize: 10,
      dataDir: '.data',
      redisUrl: undefined,
      queuePrefix: 'bull',
      roles: ['web', 'worker', 'relay'],
      workerConcurrency: 2,
      adminToken: undefined,
      apiTokens: [],
      eventTransports: ['in-process', 'bullmq'],
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
      kakaoApps: { default: ['key-1', 'key-2'] },
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

  test('every fault is listed at once, by name and never by value', () => {
    const bad = {
      PORT: MARK,
      DATABASE_URL: `mysql://${MARK}`,
      REDIS_URL: MARK,
      DATABASE_POOL_SIZE: '1',
      WORKER_CONCURRENCY: '65',
      ROLES: `web,${MARK}`,
      EVENT_TRANSPORTS: MARK,
      LOG_LEVEL: MARK,
      DRAIN_MS: '-1',
      KAKAO_APPS: `{"shop":["${MARK}"`,
      API_TOKENS: `{"${MARK}":{}}`,
      INTENT_SIGNING_KEYS: MARK,
      STATUS_ORIGINS: `https://${MARK}.example/path`,
      TRUSTED_PROXIES: MARK,
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
    ['STATUS_ORIGINS', '*'],
    ['STATUS_ORIGINS', 'shop.example'],
    ['STATUS_ORIGINS', 'https://shop.example/'],
    ['STATUS_ORIGINS', 'https://shop.example:443'],
    ['STATUS_ORIGINS', 'ftp://shop.example'],
    ['STATUS_ORIGINS', 'https://shop.example,'],
    ['TRUSTED_PROXIES', '11'],
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

  test('a picker app that is not configured is a fault: it would be a typing mistake', () => {
    expect(faultsOf({ ...PRODUCTION, KAKAO_PICKER_APPS: MARK })).toEqual([
      'KAKAO_PICKER_APPS names an app that is not configured.',
    ]);
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

  test('keys of the app "default" come from one setting: none is dropped in silence', () => {
    const faults = faultsOf({ KAKAO_ADMIN_KEYS: MARK, KAKAO_APPS: '{"default":["other"]}' });
    expect(faults.join()).toMatch(/KAKAO_ADMIN_KEYS.*KAKAO_APPS/);
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
      KAKAO_ADMIN_KEYS_FILE: fileWith('a,b\n'),
      KAKAO_APPS_FILE: fileWith('{"shop":"s"}'),
      ADMIN_TOKEN_FILE: fileWith('token\r\n'),
      API_TOKENS_FILE: fileWith(`{"ops":{"sha256":"${'0'.repeat(64)}","scopes":[]}}`),
      INTENT_SIGNING_KEYS_FILE: fileWith(`${'s'.repeat(32)}\n`),
    });
    expect(settings).toMatchObject({
      databaseUrl: 'postgres://db/kakao',
      redisUrl: 'redis://redis',
      kakaoApps: { default: ['a', 'b'], shop: ['s'] },
      adminToken: 'token',
      apiTokens: [{ name: 'ops' }],
      intentSigningKeys: ['s'.repeat(32)],
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
