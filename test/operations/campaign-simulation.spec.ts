import { randomBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  shareBy,
  startTestService,
  untilSettled,
  type ApiAnswer,
  type TestService,
} from '../support/test-service.js';
import { zoneAtNoon } from '../support/zone-at-noon.js';
import { ask, COMPAT_RULES, create, type CampaignBody } from './campaigns.js';
import { apiTokens, bearer, call, type Problem } from './management.js';

interface SideBody {
  readonly verdicts: Readonly<Record<string, number>>;
  readonly amount: number;
}

interface SimulationBody {
  readonly shares: number;
  readonly truncated: boolean;
  readonly erased: number;
  readonly before: SideBody;
  readonly after: SideBody;
  readonly changed: number;
  readonly examples: readonly {
    readonly deliveryId: string;
    readonly before: { readonly verdict: string; readonly amount: number };
    readonly after: { readonly verdict: string; readonly amount: number };
  }[];
}

const RULES = {
  ...COMPAT_RULES,
  startsAt: '2020-01-01T00:00:00+09:00',
  timeZone: zoneAtNoon(),
  caps: { unlimited: true, perUserAndRoomPerDay: null },
  unverifiedCaps: { perUserPerDay: 3 },
};
const START = '2020-01-01T00:00:00Z';
const END = '2080-01-01T00:00:00Z';
/** Everything that paying, or saving, would write. */
const TABLES = [
  ...['campaigns', 'campaign_versions', 'accounts', 'transfers', 'entries', 'lots', 'reward_keys'],
  ...['decisions', 'campaign_rewards', 'events', 'audit', 'shares'],
];

describe('a simulation tells what other rules would have done', () => {
  let db: TestDatabase;
  let service: TestService;
  let campaign: CampaignBody;
  /** In which the shares came that most tests look at. */
  let period: { from: string; to: string };
  let number = 0;

  /** Sends one share after the other: what is settled together or apart is another suite's matter. */
  async function shareFrom(userId: string, count: number, parameters: object = {}): Promise<void> {
    for (let room = 1; room <= count; room++) {
      await service.share(
        shareBy(userId, {
          hashChatId: `room-${room}`,
          customParameters: { user_id: userId, ...parameters },
        }),
        `delivery-${++number}`,
      );
      await untilSettled(db);
    }
  }
  const simulate = async (
    rules: object,
    over: object = period,
    id = campaign.id,
  ): Promise<SimulationBody> => {
    const answer = await ask<SimulationBody>(service, 'POST', `/${id}/simulate`, {
      rules,
      ...over,
    });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const written = (): Promise<unknown> =>
    Promise.all(TABLES.map((table) => db.rows(`SELECT * FROM kakao_share.${table} ORDER BY 1`)));

  beforeAll(async () => {
    db = await createTestDatabase();
    service = await startTestService(db, {
      environment: {
        INTENT_SIGNING_KEYS: randomBytes(24).toString('base64url'),
        API_TOKENS: apiTokens({
          reader: { scopes: ['read'] },
          banker: { scopes: ['money'] },
          elsewhere: { scopes: ['read'], apps: ['other'] },
        }),
      },
    });
    campaign = await create(service, { state: 'live', rules: RULES });
    // Three are paid, the fourth is one too many.
    await shareFrom('minji', 4);
    await shareFrom('jisoo', 2);
    period = { from: START, to: new Date().toISOString() };
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  test('the rules of then change nothing', async () => {
    expect(await simulate(RULES)).toEqual({
      ...{ shares: 6, truncated: false, erased: 0, changed: 0, examples: [] },
      before: { verdicts: { rewarded: 5, cap: 1 }, amount: 500 },
      after: { verdicts: { rewarded: 5, cap: 1 }, amount: 500 },
    });
  });

  test('nothing is written, and nobody is paid', async () => {
    const before = await written();
    await simulate({ ...RULES, amount: 1_000 });
    expect(await written()).toEqual(before);
  });

  test('another amount is told, with examples', async () => {
    const { before, after, changed, examples } = await simulate({ ...RULES, amount: 250 });
    expect([before.amount, after.amount, changed]).toEqual([500, 1_250, 5]);
    expect(examples).toHaveLength(5);
    expect(examples[0]).toMatchObject({
      before: { verdict: 'rewarded', amount: 100 },
      after: { verdict: 'rewarded', amount: 250, reasons: [] },
    });
  });

  test('each share sees those before it: caps, ladders and budgets', async () => {
    const capped = await simulate({ ...RULES, unverifiedCaps: { perUserPerDay: 1 } });
    expect(capped.after).toEqual({ verdicts: { rewarded: 2, cap: 4 }, amount: 200 });

    const ladder = {
      per: 'day',
      steps: [1, 2].map((fromRooms) => ({ fromRooms, amount: 10 * fromRooms })),
    };
    const climbed = await simulate({ ...RULES, amount: null, ladder });
    expect(climbed.after).toEqual({
      verdicts: { rewarded: 5, cap: 1 },
      amount: 10 + 20 + 20 + 10 + 20,
    });

    const short = await simulate({ ...RULES, budget: 350 });
    expect(short.after).toEqual({ verdicts: { rewarded: 3, cap: 1, budget: 2 }, amount: 300 });
  });

  test('what was earned before the period counts', async () => {
    const [second] = await db.rows<{ received_at: Date }>(
      'SELECT received_at FROM kakao_share.shares ORDER BY received_at OFFSET 1 LIMIT 1',
    );
    const later = { ...period, from: second?.received_at.toISOString() };
    const { shares, after } = await simulate({ ...RULES, budget: 350 }, later);
    expect(shares).toBe(5);
    // One of three was paid to minji before, and a hundred of the budget.
    expect(after).toEqual({ verdicts: { rewarded: 2, cap: 1, budget: 2 }, amount: 200 });
  });

  test('what would only be observed pays nothing', async () => {
    const { after } = await simulate({ ...RULES, test: true });
    expect(after).toEqual({ verdicts: { test: 5, cap: 1 }, amount: 0 });
  });

  test('a campaign that would take shares from another, or leave them to it', async () => {
    const other = await create(service, { rules: { ...RULES, priority: 9 } });
    const taken = await simulate({ ...RULES, priority: 9 }, period, other.id);
    expect(taken.before.verdicts).toEqual({ 'other-campaign': 6 });
    expect(taken.after).toEqual({ verdicts: { rewarded: 5, cap: 1 }, amount: 500 });

    const left = await simulate({ ...RULES, match: { parameters: { item: ['none'] } } });
    expect(left.after).toEqual({ verdicts: { 'no-campaign': 6 }, amount: 0 });
  });

  test('custom parameters are read as they were written', async () => {
    const { id } = await create(service, { rules: { ...RULES, priority: 10 } });
    const from = new Date().toISOString();
    await shareFrom('sora', 1, { item: '12345678901234567890' });
    const rules = {
      ...RULES,
      priority: 10,
      match: { parameters: { item: ['12345678901234567890'] } },
    };
    const { before, after } = await simulate(rules, { from, to: END }, id);
    expect([before.verdicts, after.verdicts]).toEqual([{ 'other-campaign': 1 }, { rewarded: 1 }]);
  });

  test('intents are followed, and pay as the changed rule says', async () => {
    const from = new Date().toISOString();
    const issued = await service.api<{ callbackArgs: object }>('/v1/share-intents', {
      method: 'POST',
      body: JSON.stringify({ userId: 'yuna', campaignId: campaign.id }),
    });
    await shareFrom('yuna', 3, issued.body.callbackArgs);
    const over = { from, to: END };
    const once = await simulate(RULES, over);
    expect(once).toMatchObject({
      changed: 0,
      after: { verdicts: { rewarded: 1, 'intent-used': 2 } },
    });
    const often = await simulate({ ...RULES, intent: { pays: 'once-per-room' } }, over);
    expect(often).toMatchObject({ changed: 2, after: { verdicts: { rewarded: 3 }, amount: 300 } });
    const strict = { ...RULES, mode: 'strict', unverifiedCaps: null };
    const unverified = await simulate(strict);
    expect(unverified.after).toEqual({ verdicts: { 'intent-missing': 6 }, amount: 0 });
  });

  test('what came back to the budget before the period can be spent in it, and what comes back later cannot', async () => {
    const rules = { ...RULES, ...{ priority: 20, holdHours: 24, budget: 200 } };
    const own = { ...rules, match: { parameters: { item: ['held'] } } };
    const { id } = await create(service, { state: 'live', rules: own });
    const voidFirst = async (): Promise<void> => {
      const [held] = await db.rows<{ delivery_id: string }>(
        `SELECT delivery_id FROM kakao_share.holds WHERE campaign_id = $1 AND state = 'pending' ORDER BY release_at LIMIT 1`,
        [id],
      );
      const answer = await service.api(`/v1/rewards/${held?.delivery_id ?? ''}/void`, {
        method: 'POST',
        body: JSON.stringify({ reason: 'test' }),
      });
      expect(answer.status).toBe(201);
    };
    await shareFrom('harin', 1, { item: 'held' });
    const spent = new Date().toISOString();
    await voidFirst();
    const from = new Date().toISOString();
    await shareFrom('haneul', 2, { item: 'held' });
    await voidFirst();
    const after = async (since: string): Promise<SideBody> =>
      (await simulate(own, { from: since, to: END }, id)).after;
    expect(await after(from)).toEqual({ verdicts: { held: 2 }, amount: 200 });
    expect(await after(spent)).toEqual({ verdicts: { held: 1, budget: 1 }, amount: 100 });
  });

  test('an erased share is left out, and counted', async () => {
    const from = new Date().toISOString();
    await shareFrom('erased', 1);
    await db.rows(
      `UPDATE kakao_share.shares SET room_hash = NULL, custom = NULL
       WHERE user_ref = (SELECT id FROM kakao_share.users WHERE user_id = 'erased')`,
    );
    const { shares, erased, before, after } = await simulate(RULES, { from, to: END });
    expect([shares, erased, before.verdicts, after.verdicts]).toEqual([1, 1, {}, {}]);
  });

  test('of more shares than it looks at it takes the first, and says so', async () => {
    await db.rows(
      `INSERT INTO kakao_share.shares (id, app, chat_type, room_hash, custom, unknown_values, received_at)
       SELECT gen_random_uuid(), 'default', 'DirectChat', 'room', '{}', '{}', '2090-01-01T00:00:00Z'::timestamptz + n * interval '1 s'
       FROM generate_series(1, 10001) n`,
    );
    const later = { from: '2090-01-01T00:00:00Z', to: '2091-01-01T00:00:00Z' };
    expect(await simulate(RULES, later)).toMatchObject({ shares: 10_000, truncated: true });
    const ten = { from: later.from, to: '2090-01-01T00:00:10.001Z' };
    expect(await simulate(RULES, ten)).toMatchObject({ shares: 10, truncated: false });
  });

  test.each([
    [
      'rules that cannot be',
      { rules: { ...RULES, amount: -1 }, from: START, to: END },
      'rules.amount',
    ],
    [
      'rules that cannot be live',
      { rules: { ...RULES, caps: {} }, from: START, to: END },
      'rules.caps',
    ],
    ['a period that ends before it begins', { rules: RULES, from: END, to: START }, 'to'],
    ['a period without a beginning', { rules: RULES, to: END }, 'from'],
    ['a period without an offset', { rules: RULES, from: START, to: '2027-01-01T00:00:00' }, 'to'],
  ])('%s: refused by the field', async (_, body, field) => {
    const answer: ApiAnswer<Problem> = await ask(service, 'POST', `/${campaign.id}/simulate`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map((error) => error.split(': ')[0])).toContain(field);
  });

  test.each([
    ['reader', 200],
    ['banker', 403],
    ['elsewhere', 404],
  ])('%s is answered %i', async (name, status) => {
    const answer = await call(service, `/v1/campaigns/${campaign.id}/simulate`, bearer(name), {
      method: 'POST',
      body: JSON.stringify({ rules: RULES, from: START, to: END }),
    });
    expect(answer.status).toBe(status);
  });
});
