import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import {
  apart,
  ask,
  create,
  everythingSaved,
  RULES,
  type CampaignAnswer,
  type CampaignBody,
} from './campaigns.js';
import { apiTokens, bearer, call, type PageBody, type Problem } from './management.js';

interface VersionBody {
  readonly version: number;
  readonly state: string;
  readonly effectiveFrom: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly rules: Record<string, unknown>;
}

interface AuditRow {
  readonly actor: string;
  readonly app: string;
  readonly action: string;
  readonly reason: string | null;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';
const BECAUSE = { reason: 'test' };

describe('campaigns over HTTP', () => {
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    service = await startTestService(db, {
      environment: {
        ROLES: 'web',
        KAKAO_APPS: JSON.stringify({
          shop: 'admin-key-of-shop',
          game: 'admin-key-of-game',
          paged: 'admin-key-of-paged',
        }),
        API_TOKENS: apiTokens({
          reader: { scopes: ['read'] },
          operator: { scopes: ['operate'] },
          banker: { scopes: ['money'] },
          issuer: { scopes: ['intents'] },
          game: { scopes: ['read', 'operate', 'money'], apps: ['game'] },
        }),
      },
    });
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  const draftOf = (rules: object = {}): Promise<CampaignBody> =>
    create(service, { app: 'shop', rules: apart(rules) });
  const move = (id: string, state: string): Promise<CampaignAnswer> =>
    ask(service, 'PUT', `/${id}/state`, { state, reason: `becomes ${state}` });
  async function liveOf(rules: object = {}): Promise<CampaignBody> {
    return (await move((await draftOf(rules)).id, 'live')).body;
  }
  const remove = async (id: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${service.url}/v1/campaigns/${id}`, {
      method: 'DELETE',
      headers: { Authorization: bearer('banker'), 'Content-Type': 'application/json' },
      body: JSON.stringify(BECAUSE),
    });
    return { status: response.status, text: await response.text() };
  };
  const auditOf = (id: string): Promise<AuditRow[]> =>
    db.rows<AuditRow>(
      'SELECT actor, app, action, reason, before, after FROM kakao_share.audit WHERE target = $1 ORDER BY id',
      [id],
    );
  const spend = (id: string, amount: number): Promise<unknown> =>
    db.rows('UPDATE kakao_share.accounts SET balance = balance - $2 WHERE campaign_id = $1', [
      id,
      amount,
    ]);

  test('where a verified share is rewarded once, an unverified one may be as well', async () => {
    const once = { perUserPerDay: 1, perUser: 1 };
    const rules = { mode: 'compat', caps: once, unverifiedCaps: once };
    expect((await draftOf(rules)).rules).toMatchObject({ caps: once, unverifiedCaps: once });
  });

  test('what was left out is filled in with care, and told', async () => {
    const campaign = await create(service, { app: 'shop', rules: { ...RULES, priority: 900_000 } });
    expect(campaign).toMatchObject({
      app: 'shop',
      unit: 'point',
      state: 'draft',
      version: 1,
      killedAt: null,
      budget: { amount: null, spent: 0, remaining: null },
      rules: {
        ...{ timeZone: 'Asia/Seoul', mode: 'strict', endsAt: null, ladder: null },
        caps: { perUserPerDay: 3, perUser: null, perUserAndRoomPerDay: 1, unlimited: false },
        intent: { pays: 'once', atMost: null, lifetimeMinutes: 1_440, maxOpenPerUser: 20 },
      },
    });
    expect(await ask(service, 'GET', `/${campaign.id}`)).toEqual({ status: 200, body: campaign });
  });

  test('every rule that was given is kept as it was given', async () => {
    const rules = {
      startsAt: '2026-01-01T00:00:00.500+09:00',
      endsAt: '2027-01-01T00:00:00Z',
      timeZone: 'America/New_York',
      priority: 900_001,
      match: { templateIds: ['123'], parameters: { toString: ['a', '\u{1f600}'] } },
      mode: 'compat',
      chatTypes: ['DirectChat', 'SomeNewChat'],
      singleChatroom: { whenTrue: 'count', whenNotTold: 'self-share' },
      roomSizes: { ranges: ['1+', '5+'], whenNotTold: 'refuse' },
      hasPaidUsage: true,
      amount: null,
      ladder: { per: 'intent', steps: [1, 3].map((fromRooms) => ({ fromRooms, amount: 50 })) },
      intent: { pays: 'at-most', atMost: 5, lifetimeMinutes: 10_080, maxOpenPerUser: 1 },
      caps: { perUserPerDay: 10_000, perUser: null, perUserAndRoomPerDay: null, unlimited: false },
      unverifiedCaps: { perUserPerDay: 9_999, perUser: 1 },
      coolDownSeconds: 60,
      budget: 1_000_000,
      budgetWarningPercents: [1, 99],
      holdHours: 72,
      expiresAfterDays: 365,
      test: true,
    };
    const campaign = await create(service, { app: 'shop', unit: 'coin', rules });
    expect(campaign.rules).toEqual(rules);
    expect(campaign.unit).toBe('coin');
    expect(campaign.budget).toEqual({ amount: 1_000_000, spent: 0, remaining: 1_000_000 });
  });

  test('a change is a new version, after the one before and in force from now', async () => {
    const campaign = await draftOf();
    const rules = apart({ amount: 250 });
    const change = { name: 'Winter', rules, version: 1, reason: 'more for everybody' };
    const saved = await ask(service, 'PUT', `/${campaign.id}`, change);
    expect(saved).toMatchObject({ status: 200, body: { name: 'Winter', version: 2, rules } });
    expect(Date.parse(saved.body.effectiveFrom)).toBeGreaterThan(
      Date.parse(campaign.effectiveFrom),
    );

    const path = `/${campaign.id}/versions`;
    const versions = await ask<PageBody<VersionBody>>(service, 'GET', path);
    expect(versions.body.nextCursor).toBeNull();
    expect(versions.body.items).toMatchObject([
      { version: 2, state: 'draft', actor: 'admin', reason: 'more for everybody', rules },
      { version: 1, state: 'draft', actor: 'admin', reason: null, rules: campaign.rules },
    ]);
    const first = await ask<PageBody<VersionBody>>(service, 'GET', `${path}?limit=1`);
    expect(first.body).toMatchObject({ items: [{ version: 2 }], nextCursor: '2' });
    const second = await ask<PageBody<VersionBody>>(service, 'GET', `${path}?limit=1&cursor=2`);
    expect(second.body).toMatchObject({ items: [{ version: 1 }], nextCursor: null });
  });

  test('the audit tells who changed what, from what to what, and why', async () => {
    const { id, rules } = await draftOf();
    const changed = { ...rules, amount: 1 };
    await ask(service, 'PUT', `/${id}`, { rules: changed, version: 1, reason: 'cheaper' });
    await move(id, 'live');
    await ask(service, 'PUT', `/${id}/kill-switch`, { on: true, reason: 'a forger' });
    const heads = { actor: 'admin', app: 'shop' };
    expect(await auditOf(id)).toMatchObject([
      { ...heads, action: 'campaign.create', before: null, after: { version: 1, rules } },
      {
        ...{ ...heads, action: 'campaign.save', reason: 'cheaper' },
        before: { name: 'Autumn', version: 1, rules },
        after: { name: 'Autumn', version: 2, rules: changed },
      },
      {
        ...{ ...heads, action: 'campaign.state', reason: 'becomes live' },
        before: { state: 'draft', version: 2 },
        after: { state: 'live', version: 3 },
      },
      {
        ...{ ...heads, action: 'campaign.kill-switch', reason: 'a forger' },
        before: { killedAt: null },
        after: { killedAt: expect.any(String) as string },
      },
    ]);
  });

  test('who saves what somebody else changed meanwhile is told to look again', async () => {
    const { id } = await draftOf();
    const save = (): Promise<CampaignAnswer> =>
      ask(service, 'PUT', `/${id}`, { rules: apart(), version: 1, ...BECAUSE });
    const answers = await Promise.all([save(), save(), save()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.detail).toMatch(/^version: .* 2 /);
    expect(
      await db.number(
        'SELECT max(version) FROM kakao_share.campaign_versions WHERE campaign_id = $1',
        [id],
      ),
    ).toBe(2);
  });

  test.each([
    [['live'], 200],
    [['draft'], 409],
    [['paused'], 409],
    [['ended'], 409],
    [['live', 'live'], 409],
    [['live', 'draft'], 409],
    [['live', 'paused'], 200],
    [['live', 'paused', 'live'], 200],
    [['live', 'paused', 'draft'], 409],
    [['live', 'ended'], 200],
    [['live', 'paused', 'ended'], 200],
    [['live', 'ended', 'live'], 409],
    [['live', 'ended', 'draft'], 409],
  ])('a draft that is moved along %j is answered %i in the end', async (states, status) => {
    const { id } = await draftOf();
    const answers = [];
    for (const state of states) answers.push(await move(id, state));
    const last = answers.pop();
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(last?.status).toBe(status);
    const saved = await ask(service, 'GET', `/${id}`);
    expect(saved.body.version).toBe(states.length + (status === 200 ? 1 : 0));
  });

  test('a draft needs no cap, and goes live with one only', async () => {
    const { id } = await draftOf({ caps: {} });
    const before = await everythingSaved(db);
    expect(await move(id, 'live')).toMatchObject({
      status: 400,
      body: { errors: [expect.stringMatching(/^rules\.caps: /)] },
    });
    expect(await everythingSaved(db)).toEqual(before);
  });

  test('an ended campaign does not change', async () => {
    const { id } = await liveOf();
    await move(id, 'ended');
    const change = { rules: apart(), version: 3, ...BECAUSE };
    expect((await ask(service, 'PUT', `/${id}`, change)).status).toBe(409);
  });

  test('a draft can be deleted, its versions stay', async () => {
    const { id } = await draftOf();
    expect(await remove(id)).toEqual({ status: 204, text: '' });
    expect((await ask(service, 'GET', `/${id}`)).status).toBe(404);
    expect((await move(id, 'live')).status).toBe(404);
    expect((await remove(id)).status).toBe(404);
    const { body } = await ask<PageBody<CampaignBody>>(service, 'GET', '?limit=200');
    expect(body.items.map((item) => item.id)).not.toContain(id);
    expect(
      await db.rows('SELECT 1 FROM kakao_share.campaign_versions WHERE campaign_id = $1', [id]),
    ).toHaveLength(1);
    expect((await auditOf(id)).at(-1)).toMatchObject({
      action: 'campaign.delete',
      actor: 'banker',
      after: null,
    });
  });

  test('what was ever live is ended, not deleted', async () => {
    const { id } = await liveOf();
    const refused = await remove(id);
    expect(refused.status).toBe(409);
    expect(refused.text).toMatch(/end this campaign/);
    await move(id, 'ended');
    expect((await remove(id)).status).toBe(409);
  });

  test('the kill switch goes on and off, and keeps the time when it went on', async () => {
    const { id } = await liveOf();
    const turn = async (on: boolean): Promise<CampaignBody> =>
      (await ask(service, 'PUT', `/${id}/kill-switch`, { on, ...BECAUSE })).body;
    const killed = await turn(true);
    expect(killed).toMatchObject({
      killedAt: expect.any(String) as string,
      state: 'live',
      version: 2,
    });
    expect((await turn(true)).killedAt).toBe(killed.killedAt);
    expect((await turn(false)).killedAt).toBeNull();
  });

  test('the kill switch answers only once nobody pays from the budget any more', async () => {
    const { id } = await liveOf();
    let answered = false;
    let killing: Promise<unknown> = Promise.resolve();
    await db.database.transaction({ statementTimeoutMs: 10_000 }, async (payer) => {
      await payer.query('SELECT FROM kakao_share.accounts WHERE campaign_id = $1 FOR UPDATE', [id]);
      killing = ask(service, 'PUT', `/${id}/kill-switch`, { on: true, ...BECAUSE }).then(() => {
        answered = true;
      });
      await untilSomebodyWaits();
      expect(answered).toBe(false);
      const [seen] = await payer.query<{ killed_at: Date | null }>(
        'SELECT killed_at FROM kakao_share.campaigns WHERE id = $1',
        [id],
      );
      expect(seen?.killed_at).toBeNull();
    });
    await killing;
    expect((await ask(service, 'GET', `/${id}`)).body.killedAt).not.toBeNull();
  });

  async function untilSomebodyWaits(): Promise<void> {
    await eventually(async () => {
      const waiting = await db.number(
        `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (waiting === 0) throw new Error('nobody waits for a lock yet');
    });
  }

  test('a budget is a floor under its account, and what was spent is told', async () => {
    const { id } = await liveOf({ budget: 1_000 });
    await spend(id, 300);
    const { body } = await ask(service, 'GET', `/${id}`);
    expect(body.budget).toEqual({ amount: 1_000, spent: 300, remaining: 700 });
    await expect(spend(id, 701)).rejects.toThrow(/violates check constraint/);
  });

  test('a budget can be lowered to what was spent, and no further', async () => {
    const { id, rules } = await liveOf({ budget: 1_000 });
    await spend(id, 300);
    const save = (budget: number | null, version: number): Promise<CampaignAnswer> =>
      ask(service, 'PUT', `/${id}`, { rules: { ...rules, budget }, version, ...BECAUSE });
    const before = await everythingSaved(db);
    const refused = await save(299, 2);
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual([expect.stringMatching(/^rules\.budget: .*\b300\b/)]);
    expect(await everythingSaved(db)).toEqual(before);
    expect((await save(300, 2)).body.budget).toEqual({ amount: 300, spent: 300, remaining: 0 });
    expect((await save(null, 3)).body.budget).toEqual({
      amount: null,
      spent: 300,
      remaining: null,
    });
  });

  test.each([
    ['reader', 'POST', '', 403],
    ['operator', 'POST', '', 403],
    ['issuer', 'POST', '', 403],
    ['banker', 'POST', '', 400],
    ['operator', 'GET', '', 403],
    ['reader', 'GET', '', 200],
    ['reader', 'GET', `/${UNKNOWN_ID}`, 404],
    ['reader', 'GET', `/${UNKNOWN_ID}/versions`, 404],
    ['reader', 'GET', '/1', 400],
    ['operator', 'PUT', `/${UNKNOWN_ID}`, 403],
    ['operator', 'PUT', `/${UNKNOWN_ID}/state`, 403],
    ['reader', 'PUT', `/${UNKNOWN_ID}/kill-switch`, 403],
    ['banker', 'PUT', `/${UNKNOWN_ID}/kill-switch`, 403],
    ['operator', 'PUT', `/${UNKNOWN_ID}/kill-switch`, 404],
    ['operator', 'DELETE', `/${UNKNOWN_ID}`, 403],
    ['banker', 'DELETE', `/${UNKNOWN_ID}`, 404],
  ])('%s: %s /v1/campaigns%s is %i', async (name, method, path, status) => {
    const body = path.endsWith('kill-switch') ? { on: true, ...BECAUSE } : BECAUSE;
    const answer = await call(service, `/v1/campaigns${path}`, bearer(name), {
      method,
      ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
    });
    expect(answer.status).toBe(status);
    if (status >= 400) expect(answer.contentType).toBe('application/problem+json');
  });

  test('a caller of one app neither sees nor changes the campaigns of another', async () => {
    const { id } = await liveOf();
    const own = await create(service, { app: 'game' });
    const before = await everythingSaved(db);
    const as = (method: string, path: string, body?: object): ReturnType<typeof call<Problem>> =>
      call(service, `/v1/campaigns${path}`, bearer('game'), {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const answers = [
      await as('GET', `/${id}`),
      await as('GET', `/${id}/versions`),
      await as('PUT', `/${id}`, { rules: RULES, version: 2, ...BECAUSE }),
      await as('PUT', `/${id}/state`, { state: 'ended', ...BECAUSE }),
      await as('PUT', `/${id}/kill-switch`, { on: true, ...BECAUSE }),
      await as('DELETE', `/${id}`, BECAUSE),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    expect(await everythingSaved(db)).toEqual(before);
    const list = await call<PageBody<CampaignBody>>(service, '/v1/campaigns', bearer('game'));
    expect(list.body.items.map((item) => item.id)).toEqual([own.id]);
    expect((await as('GET', '?app=shop')).status).toBe(400);
  });

  test('the list comes in pages, newest first, by app and state', async () => {
    const made: string[] = [];
    for (let count = 0; count < 5; count++) made.push((await create(service, { app: 'paged' })).id);
    await move(made[1] ?? '', 'live');
    const list = async (query: string): Promise<PageBody<CampaignBody>> =>
      (await ask<PageBody<CampaignBody>>(service, 'GET', `?app=paged&${query}`)).body;
    const first = await list('limit=3');
    const second = await list(`limit=3&cursor=${first.nextCursor ?? ''}`);
    expect(second.nextCursor).toBeNull();
    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect(ids).toEqual([...made].reverse());
    expect((await list('state=live')).items.map(({ id }) => id)).toEqual([made[1]]);
    expect((await ask(service, 'GET', '?state=dead')).status).toBe(400);
  });
});
