import { newId } from '../../src/database/new-id.js';
import { postTransfers } from '../../src/ledger/post-transfers.js';
import { availableTo, outside } from '../../src/points/holder.js';
import { givenReward, givenUser } from '../points/given-reward.js';
import { apiTokens, bearer, call } from '../operations/management.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, startTestService, type TestService } from '../support/test-service.js';

const HEADER =
  'entry_id,transfer_id,recorded_at,occurred_at,app,unit,account,kind,amount,balance_after,user_id,campaign_id,origin_id,actor,reason';
/** A user id, and a reason, that a spreadsheet would run, and that would break a line in two. */
const FORMULA_USER = '=HYPERLINK("http://evil","x")';
const FORMULA_REASON = ' ＠SUM(1)\r\n"quoted", and more';

let db: TestDatabase;
let service: TestService;
let campaignId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
  service = await startTestService(db, {
    environment: {
      ROLES: 'web',
      API_TOKENS: apiTokens({
        reader: { scopes: ['read'] },
        cashier: { scopes: ['money'] },
        game: { scopes: ['read'], apps: ['game'] },
      }),
    },
  });
  const now = new Date();
  for (const userId of ['minji', FORMULA_USER])
    await givenReward(db, await givenUser(db, userId), { campaignId, amount: 100, now });
  const gamer = await givenUser(db, 'gamer', 'game');
  const ofGame = await givenCampaign(db, {}, 'game');
  await givenReward(db, gamer, { campaignId: ofGame, amount: 5, now });
  await call(service, '/v1/users/minji/adjustments', bearer('cashier'), {
    method: 'POST',
    body: JSON.stringify({ direction: 'debit', amount: 30, reason: FORMULA_REASON }),
    headers: { 'Idempotency-Key': 'one' },
  });
});
afterAll(async () => {
  await service.stop();
  await db.drop();
});

const hourAway = (hours: number): string =>
  encodeURIComponent(new Date(Date.now() + hours * 3_600_000).toISOString());
const range = (from = -1, to = 1): string => `from=${hourAway(from)}&to=${hourAway(to)}`;

async function csv(
  query: string,
  as = 'reader',
): Promise<{ type: string | null; text: string; lines: string[] }> {
  const response = await fetch(`${service.url}/v1/ledger/entries.csv?${query}`, {
    headers: { Authorization: bearer(as) },
  });
  expect(response.status).toBe(200);
  const text = await response.text();
  return {
    type: response.headers.get('content-type'),
    text,
    lines: text.split(/\r\n(?=[0-9a-f]{8}-|$)/),
  };
}

test('every entry of the range is a line, in the order in which it was written', async () => {
  const { type, lines, text } = await csv(range());
  expect(type).toBe('text/csv; charset=utf-8; header=present');
  expect(text.startsWith(`${HEADER}\r\n`)).toBe(true);
  expect(text.endsWith('\r\n')).toBe(true);
  const entries = await db.rows<{ id: string }>('SELECT id FROM kakao_share.entries ORDER BY id');
  expect(lines.slice(1, -1).map((line) => line.slice(0, 36))).toEqual(entries.map(({ id }) => id));
});

test('amounts keep their sign; a text that a spreadsheet would run is kept from it, and quoted as RFC 4180 has it', async () => {
  const { text } = await csv(range());
  expect(text).toMatch(/,user_available,adjustment,-30,70,minji,/);
  expect(text).toContain(`"'=HYPERLINK(""http://evil"",""x"")"`);
  expect(text).toContain(`,cashier,"' ＠SUM(1)\r\n""quoted"", and more"\r\n`);
});

test('a range has a beginning and an end, of when entries were recorded', async () => {
  expect((await csv(range(1, 2))).lines).toEqual([HEADER, '']);
  expect((await csv(range(-2, -1))).text).toBe(`${HEADER}\r\n`);
});

test('of one app, or one user', async () => {
  expect((await csv(`${range()}&app=game`)).text).not.toContain('minji');
  const ofMinji = (await csv(`${range()}&userId=minji`)).lines.slice(1, -1);
  expect(ofMinji).toHaveLength(2);
  for (const line of ofMinji) expect(line).toContain(',user_available,');
});

test('a caller of one app gets that app alone', async () => {
  const { lines, text } = await csv(range(), 'game');
  expect(lines.slice(1, -1)).toHaveLength(2);
  expect(text).not.toContain('minji');
  const path = `/v1/ledger/entries.csv?${range()}`;
  expect((await call(service, `${path}&app=default`, bearer('game'))).status).toBe(400);
  expect((await call(service, `${path}&userId=minji`, bearer('game'))).status).toBe(404);
  expect((await call(service, path, bearer('cashier'))).status).toBe(403);
});

test.each([
  ['', /from/],
  [`from=${hourAway(-1)}`, /to/],
  [`from=yesterday&to=${hourAway(0)}`, /from/],
  [range(1, -1), /^to: must be after from/],
  [range(-400 * 24, 0), /^to: must be within 366 days/],
  [`${range()}&color=red`, /not known/],
])('a range of "%s" is refused', async (query, named) => {
  const answer = await call(service, `/v1/ledger/entries.csv?${query}`, bearer('reader'));
  expect(answer.status).toBe(400);
  expect(answer.body.errors?.join()).toMatch(named);
});

test('books of many pages come whole, each entry once', async () => {
  const holder = await givenUser(db, 'collector');
  const now = new Date();
  await db.database.transaction({ statementTimeoutMs: 10_000 }, (tx) =>
    postTransfers(
      tx,
      Array.from({ length: 1_200 }, (_, index) => ({
        id: newId(),
        key: `many/${index}`,
        kind: 'adjustment' as const,
        from: outside('adjustment', holder),
        to: availableTo(holder),
        amount: 1,
        occurredAt: now,
        userRef: holder.userRef,
        actor: 'test',
      })),
    ),
  );
  const { lines } = await csv(range());
  const ids = lines.slice(1, -1).map((line) => line.slice(0, 36));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(await db.number('SELECT count(*) FROM kakao_share.entries'));
});
