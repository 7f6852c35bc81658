import type { Database } from '../../src/database/database.js';
import { firstIdAt } from '../../src/database/new-id.js';
import { givenUser } from '../points/given-reward.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import type { Alarm } from '../../src/watch/alarm.js';
import { judgeSilence } from '../../src/watch/judge-silence.js';
import { readSilence } from '../../src/watch/read-silence.js';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const SILENCE_MINUTES = 30;
const LIMITS = { statementTimeoutMs: 10_000 };

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.drop());

const ago = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE_MS);

/** So many ids that are made at this time, all different. */
const IDS = `SELECT (left($1, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id FROM generate_series(1, $2::integer) n`;

/** Intents of an app that were issued at this time; the first `shared` of them led to a share a minute later. */
async function givenIntents(
  app: string,
  minutesAgo: number,
  { count, shared = 0 }: { count: number; shared?: number },
): Promise<void> {
  const campaignId = await givenCampaign(db, {}, app);
  const { userRef } = await givenUser(db, 'minji', app);
  const first = firstIdAt(ago(minutesAgo));
  await db.rows(
    `INSERT INTO kakao_share.share_intents (id, app, campaign_id, user_ref, issued_by, issued_at, expires_at, request_digest)
     SELECT id, $3, $4, $5, 'test', now(), now() + interval '1 day', '' FROM (${IDS}) ids`,
    [first, count, app, campaignId, userRef],
  );
  const sharedAt = ago(minutesAgo - 1);
  await db.rows(
    `INSERT INTO kakao_share.shares (id, app, chat_type, unknown_values, received_at, intent_status, intent_id)
     SELECT (left($4, 14) || substr(id::text, 15))::uuid, $3, 'DirectChat', '{}', $5, 'valid', id FROM (${IDS}) ids`,
    [first, shared, app, firstIdAt(sharedAt), sharedAt],
  );
}

/** Webhooks of this app that came at this time, whatever became of them. */
async function givenWebhooks(app: string, minutesAgo: number, count: number): Promise<void> {
  await db.rows(
    `INSERT INTO kakao_share.deliveries (id, source, app, received_at, key_fingerprint, user_parameter, method, digest)
     SELECT id, 'kakao.share', $3, $4, 'test', 'user_id', 'POST', '' FROM (${IDS}) ids`,
    [firstIdAt(ago(minutesAgo)), count, app, ago(minutesAgo)],
  );
}

const raised = (app: string, since: Date): Alarm => ({
  ...{ alarm: 'webhooks-missing', app, detail: 'raised before', since },
});

/** The apps that are found silent. */
async function silent(alarms: readonly Alarm[] = []): Promise<string[]> {
  const options = { now: new Date(), silenceMinutes: SILENCE_MINUTES, alarms };
  const facts = await readSilence(db.database, options);
  return judgeSilence(facts, SILENCE_MINUTES)
    .map(({ app }) => app)
    .sort();
}

test('what nobody could share while webhooks were off is not what is usual: the next silence is seen as the first was', async () => {
  await givenIntents('shop', 3 * DAY_MINUTES, { count: 1_000, shared: 300 });
  await givenIntents('shop', DAY_MINUTES, { count: 1_500 });
  // What ended the alarm: the test of Kakao's console, which carries no intent.
  await givenWebhooks('shop', 120, 1);
  expect(await silent()).toEqual([]);
  await givenIntents('shop', 10, { count: 20 });
  expect(await silent()).toEqual(['shop']);
});

test('where it is usual that few share, many intents without a webhook are no news', async () => {
  await givenIntents('shop', DAY_MINUTES, { count: 1_000, shared: 1 });
  await givenIntents('shop', 10, { count: 1_000 });
  expect(await silent()).toEqual([]);
});

test('a small app is judged however many intents a large one issues beside it', async () => {
  await givenIntents('small', 2 * DAY_MINUTES, { count: 200, shared: 100 });
  await givenIntents('small', 20, { count: 20 });
  await givenIntents('large', DAY_MINUTES, { count: 1_100, shared: 500 });
  await givenIntents('large', 10, { count: 10_100 });
  await givenWebhooks('large', 5, 1);
  expect(await silent()).toEqual(['small']);
});

test('an app that goes on issuing intents keeps its alarm; one that has issued none for a week has lost it', async () => {
  await givenIntents('in-use', 6 * DAY_MINUTES, { count: 1 });
  await givenIntents('given-up', 8 * DAY_MINUTES, { count: 1 });
  const since = ago(9 * DAY_MINUTES);
  expect(await silent([raised('in-use', since), raised('given-up', since)])).toEqual(['in-use']);
});

/** One node of a plan that was carried out. */
interface Step {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Step[];
}

/** Counts what a step and those below it read of a table. */
function rowsRead(step: Step, table: string): number {
  const here =
    step['Relation Name'] === table
      ? (step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0)) * step['Actual Loops']
      : 0;
  return (step.Plans ?? []).reduce((total, below) => total + rowsRead(below, table), here);
}

/** The same database, which tells how it carries out what it is asked for, and finds nothing. */
function explaining(told: Step[]): Database {
  const explain = async (sql: string, values: unknown[]): Promise<unknown[]> => {
    const [row] = await db.database.transaction(LIMITS, (tx) =>
      tx.query<{ 'QUERY PLAN': [{ Plan: Step }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, values),
    );
    if (row !== undefined) told.push(row['QUERY PLAN'][0].Plan);
    return [];
  };
  return {
    transaction: (_: unknown, work: (tx: unknown) => Promise<unknown>) => work({ query: explain }),
  } as unknown as Database;
}

test('a silent app is watched without reading what came for others, however much that is', async () => {
  await givenIntents('silent', DAY_MINUTES, { count: 60 });
  await givenWebhooks('busy', 12 * 60, 20_000);
  await db.rows('ANALYZE kakao_share.deliveries');
  const told: Step[] = [];
  const alarms = [raised('silent', ago(DAY_MINUTES))];
  const options = { now: new Date(), silenceMinutes: SILENCE_MINUTES, alarms };
  await readSilence(explaining(told), options);
  const [plan] = told;
  if (plan === undefined) throw new Error('Nothing was asked for.');
  expect(rowsRead(plan, 'deliveries')).toBeLessThan(10);
});
