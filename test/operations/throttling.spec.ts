import { ManagementLimits } from '../../src/operations/management-limits.js';
import { withHeader } from '../../src/simulator/share-request.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { get, read } from '../webhook/door.js';
import { apiTokens, bearer, call } from './management.js';

const GUESSES = 300;
/** More than a caller of management may send at once. */
const WEBHOOKS = 2_100;
const SENDERS = 20;
const TEST_LIMIT_MS = 180_000;

describe('throttling of management', () => {
  const guessAll = (limits: ManagementLimits, network: string): void => {
    for (let guess = 0; guess < GUESSES; guess++) limits.countWrongToken(network, 0);
  };

  test('judges no more tokens of a network that sent too many wrong ones, for as long as it says', () => {
    const limits = new ManagementLimits();
    guessAll(limits, 'theirs');
    expect(limits.waitToBeJudged('theirs', undefined, 0)).toBe(1);
    expect(limits.waitToBeJudged('theirs', 'admin', 0)).toBe(1);
    expect(limits.waitToBeJudged('theirs', undefined, 1_000)).toBe(0);
    expect(limits.waitToBeJudged('ours', undefined, 0)).toBe(0);
  });

  test('locks nobody out who was let in from there within the last hour', () => {
    const limits = new ManagementLimits();
    limits.admit('shared', 'backend', 0);
    guessAll(limits, 'shared');
    expect(limits.waitToBeJudged('shared', 'backend', 0)).toBe(0);
    expect(limits.waitToBeJudged('shared', 'admin', 0)).toBe(1);
    expect(limits.waitToBeJudged('shared', undefined, 0)).toBe(1);
    for (let guess = 0; guess < GUESSES; guess++) limits.countWrongToken('shared', 3_600_000);
    expect(limits.waitToBeJudged('shared', 'backend', 3_600_000)).toBe(1);
  });

  test('bounds the requests of each caller by itself', () => {
    const limits = new ManagementLimits();
    const waits = Array.from({ length: 2_001 }, () => limits.admit('ours', 'wild', 0));
    expect(waits.findIndex((wait) => wait > 0)).toBe(2_000);
    expect(limits.admit('ours', 'calm', 0)).toBe(0);
    expect(limits.admit('ours', 'wild', 1_000)).toBe(0);
  });
});

describe('a service that somebody guesses the tokens of', () => {
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    service = await startTestService(db, {
      environment: {
        ROLES: 'web',
        TRUSTED_PROXIES: '1',
        API_TOKENS: apiTokens({ reader: { scopes: ['read'] }, late: { scopes: ['read'] } }),
      },
    });
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  const ask = (client: string, authorization?: string) =>
    call(service, '/v1/deliveries', authorization, { headers: { 'X-Forwarded-For': client } });

  const deliver = (client: string, resourceId: string) =>
    service.send(
      withHeader(
        get(service, resourceId, 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji'),
        'X-Forwarded-For',
        client,
      ),
    );

  test('answers 429 with Retry-After there, and goes on for its callers and for Kakao', async () => {
    expect((await ask('6.6.6.6', bearer('reader'))).status).toBe(200);
    const guess = () =>
      fetch(`${service.url}/v1/deliveries`, {
        headers: { Authorization: 'Bearer guess', 'X-Forwarded-For': '6.6.6.6' },
      });
    let answer = await guess();
    while (answer.status === 401) answer = await guess();
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await ask('6.6.6.6', bearer('reader'))).status).toBe(200);
    expect((await ask('6.6.6.6')).status).toBe(401);
    expect((await ask('7.7.7.7', bearer('late'))).status).toBe(200);
    expect(read(await deliver('6.6.6.6', 'meanwhile')).status).toBe('accepted');
  });

  test(
    'bounds no webhooks, from whatever one address, where no caller of management could go on',
    async () => {
      let next = 0;
      const statuses = new Map<number, number>();
      const sendAll = async (): Promise<void> => {
        while (next < WEBHOOKS) {
          const { status } = await deliver('6.6.6.6', `many-${next++}`);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: SENDERS }, sendAll));
      expect(statuses).toEqual(new Map([[200, WEBHOOKS]]));
    },
    TEST_LIMIT_MS,
  );
});
