import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import {
  ask,
  COMPAT_RULES,
  create,
  everythingSaved,
  RULES,
  type CampaignBody,
} from './campaigns.js';
import { apiTokens, bearer, call, type Problem } from './management.js';

const START = '2026-01-01T00:00:00+09:00';
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** What is wrong, the rules that are, and the field that must be named. */
const WRONG_RULES: readonly [string, object, string][] = [
  ['no start', { startsAt: undefined }, 'rules.startsAt'],
  ['a start without its offset', { startsAt: '2026-01-01T00:00:00' }, 'rules.startsAt'],
  ['a start that is a date', { startsAt: '2026-01-01' }, 'rules.startsAt'],
  ['a start on a day that does not exist', { startsAt: '2026-02-30T00:00:00Z' }, 'rules.startsAt'],
  [
    'a start at an hour that does not exist',
    { startsAt: '2026-01-01T24:00:00Z' },
    'rules.startsAt',
  ],
  [
    'a start in an offset that does not exist',
    { startsAt: '2026-01-01T00:00:00+19:00' },
    'rules.startsAt',
  ],
  ['a start that is a number', { startsAt: 1_767_225_600 }, 'rules.startsAt'],
  ['a start finer than a millisecond', { startsAt: '2026-01-01T00:00:00.0001Z' }, 'rules.startsAt'],
  ['an end that is no time', { endsAt: 'tomorrow' }, 'rules.endsAt'],
  ['a window that ends before it starts', { endsAt: '2025-12-31T00:00:00+09:00' }, 'rules.endsAt'],
  ['a window that ends when it starts', { endsAt: '2025-12-31T15:00:00Z' }, 'rules.endsAt'],
  ['a time zone that does not exist', { timeZone: 'Asia/Atlantis' }, 'rules.timeZone'],
  ['an offset as time zone', { timeZone: '+09:00' }, 'rules.timeZone'],
  ['no time zone', { timeZone: null }, 'rules.timeZone'],
  ['a negative priority', { priority: -1 }, 'rules.priority'],
  ['a priority that is a float', { priority: 0.5 }, 'rules.priority'],
  ['a priority beyond the bound', { priority: 1_000_000 }, 'rules.priority'],
  ['no amount', { amount: undefined }, 'rules.amount'],
  ['an amount of 0', { amount: 0 }, 'rules.amount'],
  ['a float amount', { amount: 1.5 }, 'rules.amount'],
  ['a negative amount', { amount: -100 }, 'rules.amount'],
  ['an amount that is a text', { amount: '100' }, 'rules.amount'],
  ['an amount beyond the bound', { amount: 1_000_000_000_001 }, 'rules.amount'],
  [
    'an amount and a ladder',
    { ladder: { per: 'day', steps: [{ fromRooms: 1, amount: 1 }] } },
    'rules.amount',
  ],
  ['a ladder that is a list', { amount: null, ladder: [] }, 'rules.ladder'],
  [
    'a ladder per week',
    { amount: null, ladder: { per: 'week', steps: [{ fromRooms: 1, amount: 1 }] } },
    'rules.ladder.per',
  ],
  [
    'a ladder without steps',
    { amount: null, ladder: { per: 'day', steps: [] } },
    'rules.ladder.steps',
  ],
  [
    'a ladder from 2 rooms',
    { amount: null, ladder: { per: 'day', steps: [{ fromRooms: 2, amount: 1 }] } },
    'rules.ladder.steps',
  ],
  [
    'a ladder that goes down',
    {
      amount: null,
      ladder: { per: 'day', steps: [1, 3, 2].map((fromRooms) => ({ fromRooms, amount: 1 })) },
    },
    'rules.ladder.steps',
  ],
  [
    'a ladder of too many steps',
    {
      amount: null,
      ladder: { per: 'day', steps: many(21, (step) => ({ fromRooms: step + 1, amount: 1 })) },
    },
    'rules.ladder.steps',
  ],
  [
    'a step that is a number',
    { amount: null, ladder: { per: 'day', steps: [1] } },
    'rules.ladder.steps',
  ],
  [
    'a step of a list',
    { amount: null, ladder: { per: 'day', steps: [[{ fromRooms: 1, amount: 1 }]] } },
    'rules.ladder.steps',
  ],
  [
    'a step with a float amount',
    { amount: null, ladder: { per: 'day', steps: [{ fromRooms: 1, amount: 0.5 }] } },
    'rules.ladder.steps.0.amount',
  ],
  [
    'a step with an unknown field',
    { amount: null, ladder: { per: 'day', steps: [{ fromRooms: 1, amount: 1, bonus: 5 }] } },
    'rules.ladder.steps.0.bonus',
  ],
  ['a match that is null', { match: null }, 'rules.match'],
  ['a template id that is a number', { match: { templateIds: [123] } }, 'rules.match.templateIds'],
  [
    'a template id that is no number',
    { match: { templateIds: ['a1'] } },
    'rules.match.templateIds',
  ],
  ['a template id twice', { match: { templateIds: ['1', '1'] } }, 'rules.match.templateIds'],
  [
    'too many template ids',
    { match: { templateIds: many(101, String) } },
    'rules.match.templateIds',
  ],
  ['parameters that are a list', { match: { parameters: [] } }, 'rules.match.parameters'],
  ['a parameter without values', { match: { parameters: { item: [] } } }, 'rules.match.parameters'],
  [
    'a parameter whose value is no list',
    { match: { parameters: { item: 'a' } } },
    'rules.match.parameters',
  ],
  [
    'a parameter whose value is a number',
    { match: { parameters: { item: [1] } } },
    'rules.match.parameters',
  ],
  [
    'a parameter whose value is over-long',
    { match: { parameters: { item: ['a'.repeat(201)] } } },
    'rules.match.parameters',
  ],
  [
    "a parameter of Kakao's",
    { match: { parameters: { CHAT_TYPE: ['MemoChat'] } } },
    'rules.match.parameters',
  ],
  ['a parameter with a NUL', { match: { parameters: { 'a\0': ['a'] } } }, 'rules.match.parameters'],
  [
    'a value that is half a character',
    { match: { parameters: { a: ['\ud800'] } } },
    'rules.match.parameters',
  ],
  [
    'too many parameters',
    { match: { parameters: Object.fromEntries(many(21, (index) => [`p${index}`, ['a']])) } },
    'rules.match.parameters',
  ],
  [
    'too many values',
    { match: { parameters: { item: many(101, String) } } },
    'rules.match.parameters',
  ],
  ['a mode that nobody knows', { mode: 'lenient' }, 'rules.mode'],
  ['no chat types', { chatTypes: [] }, 'rules.chatTypes'],
  ['chat types that are no list', { chatTypes: 'DirectChat' }, 'rules.chatTypes'],
  ['an empty chat type', { chatTypes: [''] }, 'rules.chatTypes'],
  ['an over-long chat type', { chatTypes: ['a'.repeat(65)] }, 'rules.chatTypes'],
  ['a chat type twice', { chatTypes: ['DirectChat', 'DirectChat'] }, 'rules.chatTypes'],
  [
    'a single room that is refused',
    { singleChatroom: { whenTrue: 'refuse' } },
    'rules.singleChatroom.whenTrue',
  ],
  ['a range that Kakao does not tell', { roomSizes: { ranges: ['2+'] } }, 'rules.roomSizes.ranges'],
  ['a range that is not told', { roomSizes: { ranges: ['UNKNOWN'] } }, 'rules.roomSizes.ranges'],
  [
    'ranges of an app that Kakao tells none',
    { roomSizes: { ranges: ['5+'] }, hasPaidUsage: false },
    'rules.roomSizes.ranges',
  ],
  ['no range at all', { roomSizes: { ranges: [] } }, 'rules.roomSizes.ranges'],
  ['an intent that pays daily', { intent: { pays: 'daily' } }, 'rules.intent.pays'],
  ['at-most without its number', { intent: { pays: 'at-most' } }, 'rules.intent.atMost'],
  ['a number without at-most', { intent: { pays: 'once', atMost: 3 } }, 'rules.intent.atMost'],
  [
    'an intent for less than a minute',
    { intent: { lifetimeMinutes: 0 } },
    'rules.intent.lifetimeMinutes',
  ],
  [
    'an intent for more than a week',
    { intent: { lifetimeMinutes: 10_081 } },
    'rules.intent.lifetimeMinutes',
  ],
  ['an intent for ever', { intent: { lifetimeMinutes: null } }, 'rules.intent.lifetimeMinutes'],
  ['no open intents', { intent: { maxOpenPerUser: 0 } }, 'rules.intent.maxOpenPerUser'],
  ['caps that are null', { caps: null }, 'rules.caps'],
  ['a cap of 0', { caps: { perUserPerDay: 0 } }, 'rules.caps.perUserPerDay'],
  ['a cap beyond the bound', { caps: { perUser: 10_001 } }, 'rules.caps.perUser'],
  [
    'a cap that is a text',
    { caps: { perUser: 1, perUserAndRoomPerDay: '1' } },
    'rules.caps.perUserAndRoomPerDay',
  ],
  ['unlimited as a text', { caps: { unlimited: 'true' } }, 'rules.caps.unlimited'],
  ['a cap and unlimited', { caps: { perUser: 1, unlimited: true } }, 'rules.caps.unlimited'],
  ['compat without caps of its own', { mode: 'compat' }, 'rules.unverifiedCaps'],
  ['caps for compat in strict', { unverifiedCaps: { perUserPerDay: 1 } }, 'rules.unverifiedCaps'],
  [
    'caps for compat without a day',
    { ...COMPAT_RULES, unverifiedCaps: {} },
    'rules.unverifiedCaps.perUserPerDay',
  ],
  [
    'an unverified cap as high as the verified one',
    { ...COMPAT_RULES, unverifiedCaps: { perUserPerDay: 3 } },
    'rules.unverifiedCaps.perUserPerDay',
  ],
  [
    'an unverified cap of 2 where the verified one is 1',
    { ...COMPAT_RULES, caps: { perUserPerDay: 1 }, unverifiedCaps: { perUserPerDay: 2 } },
    'rules.unverifiedCaps.perUserPerDay',
  ],
  [
    'no unverified cap where there is a verified one',
    { ...COMPAT_RULES, caps: { perUser: 9 } },
    'rules.unverifiedCaps.perUser',
  ],
  ['a negative cool-down', { coolDownSeconds: -1 }, 'rules.coolDownSeconds'],
  ['a cool-down of more than a year', { coolDownSeconds: 31_536_001 }, 'rules.coolDownSeconds'],
  ['a budget of 0', { budget: 0 }, 'rules.budget'],
  ['a float budget', { budget: 10.5 }, 'rules.budget'],
  ['a budget beyond the bound', { budget: 100_000_000_000_001 }, 'rules.budget'],
  ['a warning at 100 %', { budgetWarningPercents: [100] }, 'rules.budgetWarningPercents'],
  ['warnings out of order', { budgetWarningPercents: [80, 50] }, 'rules.budgetWarningPercents'],
  [
    'too many warnings',
    { budgetWarningPercents: many(11, (index) => index + 1) },
    'rules.budgetWarningPercents',
  ],
  ['a hold of more than a year', { holdHours: 8_761 }, 'rules.holdHours'],
  ['a hold that is null', { holdHours: null }, 'rules.holdHours'],
  ['points that expire at once', { expiresAfterDays: 0 }, 'rules.expiresAfterDays'],
  ['a test that is a text', { test: 'yes' }, 'rules.test'],
  ['a field that nobody knows', { budgetWarningPercent: 50 }, 'rules.budgetWarningPercent'],
  [
    'a field that nobody knows within another',
    { caps: { perUser: 1, perWeek: 2 } },
    'rules.caps.perWeek',
  ],
];

describe('what is wrong with a campaign is told by its field, and nothing is saved', () => {
  let db: TestDatabase;
  let service: TestService;
  let draft: CampaignBody;

  beforeAll(async () => {
    db = await createTestDatabase();
    service = await startTestService(db, {
      environment: {
        ROLES: 'web',
        KAKAO_APPS: JSON.stringify({ shop: 'admin-key-of-shop' }),
        API_TOKENS: apiTokens({
          shop: { scopes: ['money'], apps: ['shop'] },
          nowhere: { scopes: ['money'], apps: [] },
        }),
      },
    });
    draft = await create(service, { app: 'shop' });
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  async function expectRefused(
    method: 'POST' | 'PUT',
    path: string,
    body: object,
    field: string,
  ): Promise<Problem> {
    const before = await everythingSaved(db);
    const answer = await ask<Problem>(service, method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { type: 'about:blank', status: 400 } });
    expect(answer.body.errors?.map((error) => error.split(': ')[0])).toContain(field);
    expect(await everythingSaved(db)).toEqual(before);
    return answer.body;
  }

  test.each(WRONG_RULES)('%s', async (_, wrong, field) => {
    const rules = { ...RULES, ...wrong };
    await expectRefused('POST', '', { app: 'shop', name: 'Autumn', rules }, field);
    const change = { rules, version: 1, reason: 'test' };
    await expectRefused('PUT', `/${draft.id}`, change, field);
  });

  test.each([
    ['no name', { name: undefined }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['an over-long name', { name: 'a'.repeat(201) }, 'name'],
    ['a name with a NUL', { name: 'a\0' }, 'name'],
    ['no rules', { rules: undefined }, 'rules'],
    ['rules that are null', { rules: null }, 'rules'],
    ['rules that are a list', { rules: [] }, 'rules'],
    ['rules in a list', { rules: [RULES] }, 'rules'],
    ['rules that are a text', { rules: 'none' }, 'rules'],
    ['a unit in capitals', { unit: 'Point' }, 'unit'],
    ['a unit that is null', { unit: null }, 'unit'],
    ['a state to be born in', { state: 'paused' }, 'state'],
    ['an app that is not configured', { app: 'unknown' }, 'app'],
    ['no app, of several', { app: undefined }, 'app'],
    [
      'a live campaign without a cap',
      { state: 'live', rules: { ...RULES, caps: {} } },
      'rules.caps',
    ],
  ])('a campaign to be created: %s', async (_, wrong, field) => {
    const campaign = { app: 'shop', name: 'Autumn', rules: RULES };
    await expectRefused('POST', '', { ...campaign, ...wrong }, field);
  });

  test.each([
    ['no reason', { reason: undefined }, 'reason'],
    ['no version', { version: undefined }, 'version'],
    ['a version that is a text', { version: '1' }, 'version'],
    ['a name that is null', { name: null }, 'name'],
  ])('a campaign to be changed: %s', async (_, wrong, field) => {
    const change = { rules: RULES, version: 1, reason: 'test' };
    await expectRefused('PUT', `/${draft.id}`, { ...change, ...wrong }, field);
  });

  test.each([
    ['state', { state: 'stopped', reason: 'test' }, 'state'],
    ['state', { state: 'live' }, 'reason'],
    ['kill-switch', { on: 'true', reason: 'test' }, 'on'],
    ['kill-switch', { on: true, reason: '' }, 'reason'],
  ])('a change of %s by %j', async (what, change, field) => {
    await expectRefused('PUT', `/${draft.id}/${what}`, change, field);
  });

  test('a unit or an app does not change', async () => {
    for (const more of [{ unit: 'coin' }, { app: 'default' }]) {
      const change = { rules: RULES, version: 1, reason: 'test', ...more };
      const answer = await ask<Problem>(service, 'PUT', `/${draft.id}`, change);
      expect(answer.status).toBe(400);
    }
  });

  test.each(['constructor', 'prototype', '__proto__'])(
    'a parameter that would be left out silently is refused: %s',
    async (name) => {
      const rules = { ...RULES, match: { parameters: JSON.parse(`{"${name}":["a"]}`) as object } };
      const campaign = { app: 'shop', name: 'Autumn', rules };
      await expectRefused('POST', '', campaign, `rules.match.parameters.${name}`);
    },
  );

  test('nesting without end is refused', async () => {
    const body = `{"app":"shop","name":"Autumn","rules":${'['.repeat(40_000)}${']'.repeat(40_000)}}`;
    const answer = await call(service, '/v1/campaigns', bearer('shop'), { method: 'POST', body });
    expect(answer.status).toBe(400);
  });

  test('the name of an unknown field comes back harmless and short', async () => {
    const rules = { ...RULES, [`<b>${'x'.repeat(100)}`]: 1 };
    const campaign = { app: 'shop', name: 'Autumn', rules };
    await expectRefused('POST', '', campaign, `rules.b${'x'.repeat(63)}`);
  });

  test('of a thousand faults some are told', async () => {
    const rules = { ...RULES, ...Object.fromEntries(many(1_000, (index) => [`f${index}`, 1])) };
    const campaign = { app: 'shop', name: 'Autumn', rules };
    const { errors } = await expectRefused('POST', '', campaign, 'rules.f0');
    expect(errors).toHaveLength(50);
  });

  test('a caller creates in its own apps, and needs no name where it has one', async () => {
    const body = (app?: string): { method: string; body: string } => ({
      method: 'POST',
      body: JSON.stringify({ app, name: 'Autumn', rules: { ...RULES, startsAt: START } }),
    });
    const post = (name: string, app?: string): ReturnType<typeof call<Problem & CampaignBody>> =>
      call(service, '/v1/campaigns', bearer(name), body(app));
    const foreign = await post('shop', 'default');
    expect([foreign.status, foreign.body.errors]).toEqual([400, [expect.stringMatching(/^app: /)]]);
    expect((await post('nowhere')).status).toBe(400);
    expect(await post('shop')).toMatchObject({ status: 201, body: { app: 'shop' } });
  });
});
