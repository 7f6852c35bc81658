import { randomBytes } from 'node:crypto';
import { newId } from '../../src/database/new-id.js';
import { writeIntentToken } from '../../src/intents/intent-token.js';
import { IntentSigningKeys } from '../../src/intents/signing-keys.js';
import { givenShare, type GivenOutcome } from '../intents/given-share.js';
import { listen } from '../intents/status-events.js';
import { startAwakeClock } from '../support/awake-clock.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, startTestService, type TestService } from '../support/test-service.js';
import type { Problem } from './management.js';

const KEY = randomBytes(24).toString('base64url');
const OLD_KEY = randomBytes(24).toString('base64url');
const PAGE = 'https://shop.example';
const INTENT = { pays: 'once', atMost: null, lifetimeMinutes: 60, maxOpenPerUser: 1_000 } as const;
const ENVIRONMENT = {
  ROLES: 'web',
  INTENT_SIGNING_KEYS: `${KEY},${OLD_KEY}`,
  STATUS_ORIGINS: `${PAGE},https://m.shop.example`,
  TRUSTED_PROXIES: '1',
};

interface Issued {
  readonly id: string;
  readonly token: string;
  readonly expiresAt: string;
}
interface Status {
  readonly state: string;
  readonly amount: number;
  readonly unit: string;
  readonly expiresAt: string;
}

let db: TestDatabase;
let service: TestService;
let campaigns: Record<'once' | 'once-per-room' | 'at-most', string>;
let clients = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  campaigns = {
    once: await givenCampaign(db, { intent: INTENT }),
    'once-per-room': await givenCampaign(db, { intent: { ...INTENT, pays: 'once-per-room' } }),
    'at-most': await givenCampaign(db, { intent: { ...INTENT, pays: 'at-most', atMost: 2 } }),
  };
  service = await startTestService(db, { environment: ENVIRONMENT });
});
afterAll(async () => {
  await service.stop();
  await db.drop();
});

async function issue(pays: keyof typeof campaigns = 'once', by = service): Promise<Issued> {
  const body = JSON.stringify({ userId: 'minji', campaignId: campaigns[pays] });
  return (await by.api<Issued>('/v1/share-intents', { method: 'POST', body })).body;
}

/** An intent that expired an hour ago; intents never change, so it is written as one. */
async function issueExpired(): Promise<Issued> {
  const { id: like } = await issue();
  const id = newId();
  const [row] = await db.rows<{ expires_at: Date }>(
    `INSERT INTO kakao_share.share_intents (id, app, campaign_id, user_ref, issued_by, issued_at, expires_at, request_digest)
     SELECT $1, app, campaign_id, user_ref, 'test', now() - interval '2 hours', date_trunc('second', now() - interval '1 hour'), ''
     FROM kakao_share.share_intents WHERE id = $2 RETURNING expires_at`,
    [id, like],
  );
  const expiresAt = row?.expires_at ?? new Date(0);
  const token = writeIntentToken({ id, expiresAt }, new IntentSigningKeys([KEY]));
  return { id, token, expiresAt: expiresAt.toISOString() };
}

/** A client of its own behind the trusted proxy, so that one test's questions are not counted against another's. */
const aClient = (): string => `203.0.${Math.floor(++clients / 250)}.${clients % 250}`;

interface Asking {
  readonly method?: string;
  readonly client?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly query?: string;
}
async function ask({ method, client, headers, body, query = '' }: Asking, of = service) {
  const response = await fetch(`${of.url}/share-status${query}`, {
    method: method ?? 'GET',
    headers: { 'X-Forwarded-For': client ?? aClient(), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}
const byHeader = async (token: string, more: Asking = {}) =>
  ask({ ...more, headers: { 'X-Share-Intent': token, ...more.headers } });
const inBody = async (token: unknown, more: Asking = {}) =>
  ask({
    method: 'POST',
    body: JSON.stringify({ token }),
    ...more,
    headers: { 'Content-Type': 'application/json', ...more.headers },
  });
const told = async (token: string): Promise<Status> =>
  JSON.parse((await byHeader(token)).text) as Status;

describe('the public status of a share', () => {
  test('is told by token alone, in a header or a body, and says state and amount only', async () => {
    const { token, expiresAt } = await issue();
    for (const answer of [await byHeader(token), await inBody(token)]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(JSON.parse(answer.text)).toEqual({
        state: 'waiting',
        amount: 0,
        unit: 'point',
        expiresAt,
      });
    }
  });

  const HELD = { verdict: 'held', amount: 100, hold: 'pending' } as const;
  const SELF: GivenOutcome = { verdict: 'self-share' };
  const PAID = { verdict: 'rewarded', amount: 100 };
  test.each<[string, GivenOutcome[], string, string, number]>([
    ['nothing', [], 'waiting', 'open', 0],
    ['a share that waits for its verdict', [{}], 'arrived', 'arrived', 0],
    ['a refused share', [SELF], 'not-rewarded', 'refused', 0],
    ['a refused share, then one that waits', [SELF, {}], 'arrived', 'arrived', 0],
    ['a paid share', [PAID], 'paid', 'paid', 100],
    ['a refused share, then a paid one', [SELF, PAID], 'paid', 'paid', 100],
    [
      'two paid rooms, and one that was used before',
      [PAID, { ...PAID, amount: 50 }, SELF],
      'paid',
      'paid',
      150,
    ],
    ['a held share', [HELD], 'held', 'held', 100],
    ['a held share that was released', [{ ...HELD, hold: 'released' }], 'paid', 'paid', 100],
    ['a held share that was voided', [{ ...HELD, hold: 'voided' }], 'not-rewarded', 'refused', 0],
    ['a paid share and a held one', [PAID, HELD], 'paid', 'paid', 200],
  ])('after %s: %#', async (_, outcomes, state, forTheCompany, amount) => {
    const { id, token } = await issue('once-per-room');
    const deliveryIds: string[] = [];
    for (const outcome of outcomes) deliveryIds.unshift(await givenShare(db, id, outcome));
    expect(await told(token)).toMatchObject({ state, amount });
    const view = await service.api<{ shares: { deliveryId: string; verdict: string }[] }>(
      `/v1/share-intents/${id}`,
    );
    expect(view.body).toMatchObject({ state: forTheCompany, amount });
    expect(view.body.shares.map(({ deliveryId }) => deliveryId)).toEqual(deliveryIds);
    expect(view.body.shares.map(({ verdict }) => verdict)).toEqual(
      outcomes.map(({ verdict }) => verdict ?? 'pending').reverse(),
    );
  });

  test('of an intent that has expired is expired, or what it earned before', async () => {
    const { id, token } = await issueExpired();
    expect(await told(token)).toMatchObject({ state: 'expired', amount: 0 });
    await givenShare(db, id, SELF);
    expect(await told(token)).toMatchObject({ state: 'not-rewarded' });
    await givenShare(db, id, PAID);
    expect(await told(token)).toMatchObject({ state: 'paid', amount: 100 });
  });

  test('is told for tokens of a key that is listed second', async () => {
    const { id, expiresAt } = await issue();
    const old = new IntentSigningKeys([OLD_KEY]);
    const token = writeIntentToken({ id, expiresAt: new Date(expiresAt) }, old);
    expect((await byHeader(token)).status).toBe(200);
  });

  test('is one answer for whatever is wrong with a token', async () => {
    const { id, token, expiresAt } = await issue();
    const claim = { id, expiresAt: new Date(expiresAt) };
    const foreign = new IntentSigningKeys([randomBytes(24).toString('hex')]);
    const tokens = [
      'x',
      'x'.repeat(5_000),
      id,
      `${token}x`,
      token.toLowerCase(),
      writeIntentToken(claim, foreign),
      writeIntentToken({ ...claim, id: newId() }, new IntentSigningKeys([KEY])),
    ];
    const answers = [];
    for (const wrong of tokens) answers.push(await byHeader(wrong), await inBody(wrong));
    for (const streamed of [tokens[0], tokens[6]])
      answers.push(await byHeader(streamed ?? '', { headers: { Accept: 'text/event-stream' } }));
    answers.push(await inBody(''), await inBody('\0'));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set([
        '404 {"type":"about:blank","title":"Not Found","status":404,"detail":"no such intent"}',
      ]),
    );
    expect(answers.every(({ headers }) => headers.get('cache-control') === 'no-store')).toBe(true);
  });

  test.each<[string, Asking]>([
    ['no token', {}],
    ['no token in a body', { method: 'POST' }],
    ['a token in the URL', { query: '?token=x' }],
    [
      'a token in a header and another in the URL',
      { query: '?x', headers: { 'X-Share-Intent': 'x' } },
    ],
    [
      'a number',
      { method: 'POST', body: '{"token":1}', headers: { 'Content-Type': 'application/json' } },
    ],
    [
      'a field too many',
      {
        method: 'POST',
        body: '{"token":"x","y":1}',
        headers: { 'Content-Type': 'application/json' },
      },
    ],
  ])('%s is refused with 400', async (_, asking) => {
    const answer = await ask({ ...asking, headers: { Origin: PAGE, ...asking.headers } });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
  });

  test('needs no management token, and a management token opens nothing here', async () => {
    expect((await ask({ headers: { Authorization: 'Bearer nonsense' } })).status).toBe(400);
  });

  test('HEAD is answered like GET, and holds no stream', async () => {
    const { token } = await issue();
    const accept = { Accept: 'text/event-stream' };
    const answer = await byHeader(token, { method: 'HEAD', headers: accept });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  test('goes with the web: a worker alone has none', async () => {
    const worker = await startTestService(db, { environment: { ...ENVIRONMENT, ROLES: 'worker' } });
    try {
      const { token } = await issue();
      expect((await ask({ headers: { 'X-Share-Intent': token } }, worker)).status).toBe(404);
    } finally {
      await worker.stop();
    }
  });
});

describe('pages of other origins', () => {
  const preflight = async (origin: string, of = service) =>
    ask(
      {
        method: 'OPTIONS',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'GET',
          'Access-Control-Request-Headers': 'x-share-intent',
        },
      },
      of,
    );
  const corsOf = (headers: Headers): string[] =>
    [...headers.keys()].filter((name) => name.startsWith('access-control-'));

  test.each([PAGE, 'https://m.shop.example'])('%s may ask: it is listed', async (origin) => {
    const answer = await preflight(origin);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, POST');
    expect(answer.headers.get('access-control-allow-headers')).toMatch(/X-Share-Intent/);
    expect(answer.headers.get('vary')).toContain('Origin');
    const { token } = await issue();
    const asked = await byHeader(token, { headers: { Origin: origin } });
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test.each([
    'https://evil.example',
    'https://shop.example.evil.example',
    'http://shop.example',
    'https://shop.example:8443',
    'https://SHOP.example',
    'null',
    'http://localhost:3000',
  ])('%s gets no header that lets it read', async (origin) => {
    const { token } = await issue();
    for (const answer of [
      await preflight(origin),
      await byHeader(token, { headers: { Origin: origin } }),
    ]) {
      expect(corsOf(answer.headers)).toEqual([]);
      expect(answer.headers.get('vary')).toContain('Origin');
    }
  });

  test('none may ask where none is listed in production; in development those on this machine may', async () => {
    const unset = { ...ENVIRONMENT, STATUS_ORIGINS: '' };
    const production = await startTestService(db, { environment: unset });
    const development = await startTestService(db, {
      environment: { ...unset, NODE_ENV: 'development' },
    });
    try {
      expect(corsOf((await preflight(PAGE, production)).headers)).toEqual([]);
      for (const origin of [
        'http://localhost:5173',
        'https://127.0.0.1',
        'http://[::1]:3000',
        'http://shop.localhost',
      ]) {
        const { headers } = await preflight(origin, development);
        expect(headers.get('access-control-allow-origin')).toBe(origin);
      }
      for (const origin of [PAGE, 'http://localhost.evil.example', 'null', 'file://localhost'])
        expect(corsOf((await preflight(origin, development)).headers)).toEqual([]);
    } finally {
      await production.stop();
      await development.stop();
    }
  });
});

describe('whoever asks too often', () => {
  test('about one intent is told 429 and when to come back, from however many addresses', async () => {
    const { token } = await issue();
    // Ten at once and one a second: with so many some are refused, however long they take.
    const answers = await Promise.all(
      Array.from({ length: 80 }, () => byHeader(token, { headers: { Origin: PAGE } })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(10);
    expect(refused.length).toBeGreaterThan(5);
    for (const { headers, text } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(headers.get('access-control-expose-headers')).toBe('Retry-After');
      expect((JSON.parse(text) as Problem).status).toBe(429);
    }
    const other = await issue();
    expect((await byHeader(other.token)).status).toBe(200);
  });

  test('from one address is told 429, also with tokens that are none, and others go on', async () => {
    const client = aClient();
    // What stands in front of the trusted proxy's word is made up by the client.
    const askAtOnce = () =>
      Promise.all(
        Array.from({ length: 250 }, (_, n) =>
          byHeader('guess', { client: n % 2 === 0 ? client : `198.51.100.${n}, ${client}` }),
        ),
      );
    const statuses: number[] = [];
    // What is let through again each second may be all that a slow machine has asked meanwhile.
    await eventually(async () => {
      statuses.push(...(await askAtOnce()).map(({ status }) => status));
      expect(statuses).toContain(429);
    });
    expect(new Set(statuses)).toEqual(new Set([404, 429]));
    expect(statuses.filter((status) => status === 404).length).toBeGreaterThanOrEqual(100);
    expect((await byHeader('guess')).status).toBe(404);
  });
});

describe('a page that listens', () => {
  const PAID = { verdict: 'rewarded', amount: 100 };
  const listenFrom = (token: string, client = aClient()) =>
    listen(service.url, token, { 'X-Forwarded-For': client, Origin: PAGE });

  test('hears at once how it stands, then each change, and the end when nothing more can be earned', async () => {
    const { id, token, expiresAt } = await issue('at-most');
    const page = await listenFrom(token);
    expect(page.response.status).toBe(200);
    expect(page.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(page.response.headers.get('cache-control')).toBe('no-store');
    expect(page.response.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(await page.next()).toEqual({ state: 'waiting', amount: 0, unit: 'point', expiresAt });
    await givenShare(db, id, { verdict: 'self-share' });
    expect(await page.next()).toMatchObject({ state: 'not-rewarded', amount: 0 });
    await givenShare(db, id, PAID);
    expect(await page.next()).toMatchObject({ state: 'paid', amount: 100 });
    await givenShare(db, id, PAID);
    expect(await page.next()).toMatchObject({ state: 'paid', amount: 200 });
    expect(await page.next()).toBeUndefined();
  });

  test('by POST hears the same', async () => {
    const { id, token } = await issue();
    await givenShare(db, id, PAID);
    const answer = await inBody(token, { headers: { Accept: 'text/event-stream' } });
    expect(answer.text).toMatch(
      /^event: status\ndata: \{"state":"paid","amount":100,[^\n]*\}\n\n$/,
    );
  });

  test.each<[string, () => Promise<Issued>, string]>([
    [
      'was paid once and pays no more',
      async () => {
        const intent = await issue('once');
        await givenShare(db, intent.id, PAID);
        return intent;
      },
      'paid',
    ],
    ['has expired', issueExpired, 'expired'],
  ])('to what %s hears it and the end', async (_, given, state) => {
    const page = await listenFrom((await given()).token);
    expect(await page.next()).toMatchObject({ state });
    expect(await page.next()).toBeUndefined();
  });

  test('is one of two per intent: a third is told 429, until one has gone', async () => {
    const { token } = await issue();
    const pages = [await listenFrom(token), await listenFrom(token)];
    const third = await listenFrom(token);
    expect(third.response.status).toBe(429);
    expect(third.response.headers.get('retry-after')).not.toBeNull();
    await pages[0]?.leave();
    await eventually(async () => {
      const again = await listenFrom(token);
      expect(again.response.status).toBe(200);
      await again.leave();
    });
    await pages[1]?.leave();
  });

  test('is one of ten per address', async () => {
    const client = aClient();
    const intents = await Promise.all(Array.from({ length: 11 }, () => issue()));
    const pages = await Promise.all(intents.map(({ token }) => listenFrom(token, client)));
    const statuses = pages.map(({ response }) => response.status).sort();
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429]);
    await Promise.all(pages.map((page) => page.leave()));
  });
});

describe('a service that stops', () => {
  /** Time for the page that comes late, before nobody listens any more. */
  const DRAIN_MS = 5_000;

  test('ends the streams of pages at once, and takes no new ones', async () => {
    const clock = await startAwakeClock();
    const environment = { ...ENVIRONMENT, DRAIN_MS: `${DRAIN_MS}` };
    const own = await startTestService(db, { environment });
    const { token } = await issue('once', own);
    const page = await listen(own.url, token);
    expect(await page.next()).toMatchObject({ state: 'waiting' });
    const since = clock.nowMs();
    const stopped = own.stop();
    expect(await page.next()).toBeUndefined();
    const late = await listen(own.url, token);
    expect(late.response.status).toBe(503);
    await stopped;
    // Far from the minute that a page may listen, and from the seconds that requests under way are given.
    expect(clock.nowMs() - since).toBeLessThan(DRAIN_MS + 2_000);
    await clock.stop();
  });
});
