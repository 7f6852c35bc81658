import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import {
  ask,
  create,
  everythingSaved,
  RULES,
  type CampaignAnswer,
  type CampaignBody,
} from './campaigns.js';
import type { Problem } from './management.js';

describe('of two campaigns that one share fits, the priority says which decides', () => {
  let db: TestDatabase;
  let service: TestService;
  let running: CampaignBody;

  /** Creates a campaign that is live from the start. */
  const add = (app: string, rules: object = {}): Promise<CampaignAnswer> =>
    ask(service, 'POST', '', { app, name: 'Autumn', state: 'live', rules: { ...RULES, ...rules } });
  const draft = (rules: object = {}): Promise<CampaignBody> =>
    create(service, { app: 'shop', rules: { ...RULES, ...rules } });
  const move = (id: string, state: string): Promise<CampaignAnswer> =>
    ask(service, 'PUT', `/${id}/state`, { state, reason: 'test' });
  const match = (templateIds: string[], parameters: object = {}): object => ({
    match: { templateIds, parameters },
  });

  beforeAll(async () => {
    db = await createTestDatabase();
    const apps = ['shop', 'game', 'race', 'rush'];
    service = await startTestService(db, {
      environment: {
        ROLES: 'web',
        KAKAO_APPS: JSON.stringify(
          Object.fromEntries(apps.map((app) => [app, `admin-key-of-${app}`])),
        ),
      },
    });
    const rules = { endsAt: '2026-06-01T00:00:00+09:00', ...match(['1', '2'], { item: ['a'] }) };
    running = (await add('shop', rules)).body;
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  async function expectTie(
    change: () => Promise<{ status: number; body: Problem }>,
  ): Promise<void> {
    const before = await everythingSaved(db);
    const { status, body } = await change();
    expect(status).toBe(400);
    expect(body.errors).toEqual([expect.stringMatching(/^rules\.priority: /)]);
    expect(body.errors?.[0]).toContain(running.id);
    expect(await everythingSaved(db)).toEqual(before);
  }

  test.each([
    ['everything', {}],
    ['a template of the other', match(['2', '3'])],
    ['a value of the other', match([], { item: ['a', 'b'] })],
    ['a parameter that the other does not ask for', match(['1'], { colour: ['red'] })],
    ['the last moment of the other', { startsAt: '2026-05-31T14:59:59Z' }],
  ])('one that matches %s is refused, naming the other', async (_, rules) => {
    await expectTie(() => add('shop', rules));
  });

  test('a draft becomes live only where it does not tie', async () => {
    const { id } = await draft();
    await expectTie(() => move(id, 'live'));
  });

  test('a change must not make a tie', async () => {
    const { id, version } = (await add('shop', { priority: 1 })).body;
    const change = { rules: RULES, version, reason: 'test' };
    await expectTie(() => ask(service, 'PUT', `/${id}`, change));
    const same = { rules: { ...RULES, priority: 1, amount: 5 }, version, reason: 'test' };
    expect((await ask(service, 'PUT', `/${id}`, same)).status).toBe(200);
  });

  test('a paused campaign keeps its place, also in its own changes', async () => {
    const { id } = (await add('shop', { priority: 2 })).body;
    await move(id, 'paused');
    expect((await add('shop', { priority: 2 })).status).toBe(400);
    const change = { rules: RULES, version: 2, reason: 'test' };
    await expectTie(() => ask(service, 'PUT', `/${id}`, change));
    await move(id, 'ended');
    expect((await add('shop', { priority: 2 })).status).toBe(201);
  });

  test.each([
    ['another priority', 'shop', { priority: 3 }],
    ['other templates', 'shop', match(['8'])],
    ['other values', 'shop', match(['1', '2'], { item: ['b'] })],
    [
      'a later window',
      'shop',
      {
        startsAt: '2026-06-01T00:00:00+09:00',
        ...match(['1'], { item: ['a'] }),
      },
    ],
    ['another app', 'game', {}],
  ])('one of %s stands beside it', async (_, app, rules) => {
    expect((await add(app, rules)).status).toBe(201);
  });

  test('a draft stands beside it as long as it is one', async () => {
    const { id } = await draft();
    const change = { rules: RULES, version: 1, reason: 'test' };
    expect((await ask(service, 'PUT', `/${id}`, change)).status).toBe(200);
  });

  test('of many that are created at once, one is the first', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => add('race')));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(7);
  });

  test('of many that go live at once, one does', async () => {
    const drafts = await Promise.all(
      Array.from({ length: 8 }, () => create(service, { app: 'rush', rules: RULES })),
    );
    const answers = await Promise.all(drafts.map(({ id }) => move(id, 'live')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(
      await db.number(
        `SELECT count(*) FROM kakao_share.campaign_versions v JOIN kakao_share.campaigns c ON c.id = v.campaign_id
       WHERE c.app = 'rush' AND v.state = 'live'`,
      ),
    ).toBe(1);
  });
});
