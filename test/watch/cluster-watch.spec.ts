import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database.js';
import { firstIdAt, newId } from '../../src/database/new-id.js';
import type { EventRow } from '../../src/events/domain-event.js';
import { toShareEvent } from '../../src/events/domain-event.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { problemsOf } from '../events/catalogue-check.js';
import { givenUser } from '../points/given-reward.js';
import { givenStored, openSettlement } from '../settlement/open-settlement.js';
import { eventually } from '../support/eventually.js';
import { finding } from '../../src/watch/alarm.js';
import { createTestDatabase, patientOptions, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { startWatch, toldOf, untilAlarms, type GivenWatch } from './given-watch.js';

const PROCESSES = 4;
const MINUTE_MS = 60_000;
/** Suites run without it, for speed. */
const OFF = ['database-unsafe'] as const;

let db: TestDatabase;
const pools: DataSource[] = [];
const watches: GivenWatch[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  db = await createTestDatabase();
  for (let process = 0; process < PROCESSES; process++) {
    const pool = new DataSource(patientOptions(db.url, 2, 'kakao-share test'));
    pools.push(await pool.initialize());
    watches.push(startWatch(new Database(pool), { postgres: { url: db.url } }, OFF));
  }
});
afterAll(async () => {
  await Promise.all(watches.map((watch) => watch.stop()));
  await Promise.all(pools.map((pool) => pool.destroy()));
  await db.drop();
});

/** Every process knows, and the log of one of them says so. */
async function expectTold(alarm: string, app = '*'): Promise<void> {
  await eventually(() => {
    for (const { board } of watches)
      expect(board.current.map((current) => current.alarm)).toEqual([alarm]);
  });
  expect(await toldOf(db, alarm)).toEqual([`alarm.raised ${app}`]);
}

async function expectCleared(alarm: string, app = '*'): Promise<void> {
  await untilAlarms(db, []);
  expect(await toldOf(db, alarm)).toEqual([`alarm.raised ${app}`, `alarm.cleared ${app}`]);
  // It is said once it is written, and a look that a busy database cut short is told as well.
  await eventually(() => {
    const all = watches.flatMap((watch) => watch.lines);
    const lines = all.filter((line) => line.includes(` Alarm ${alarm}`));
    expect(lines).toHaveLength(2);
    expect(lines.some((line) => line.startsWith('log ') && line.endsWith('is over'))).toBe(true);
  });
}

/** Settles what is stored, whatever it is. */
async function settle(ids: readonly string[]): Promise<void> {
  const settlement = await openSettlement(db, { postgres: { url: db.url } });
  await settlement.settler.settle(ids);
  await settlement.close();
}

test('a delivery that stays unsettled raises an alarm, told once by four processes, and cleared once', async () => {
  const ids = await givenStored(db, [givenDelivery('forgotten')]);
  await db.rows(`UPDATE kakao_share.open_deliveries SET opened_at = now() - interval '10 minutes'`);
  await untilAlarms(db, ['settlement-behind']);
  await expectTold('settlement-behind');
  await settle(ids);
  await expectCleared('settlement-behind');
});

test('what is replayed was received long ago and has not waited: no alarm', async () => {
  const longAgo = new Date(Date.now() - 24 * 60 * MINUTE_MS);
  const ids = await givenStored(db, [givenDelivery('replayed', { receivedAt: longAgo })]);
  const judged = await db.number('SELECT count(*) FROM kakao_share.events');
  const [before] = await db.rows('SELECT judged_at FROM kakao_share.watch_rounds');
  await eventually(async () => {
    const [now] = await db.rows('SELECT judged_at FROM kakao_share.watch_rounds');
    expect(now).not.toEqual(before);
  });
  expect(await db.number('SELECT count(*) FROM kakao_share.events')).toBe(judged);
  await settle(ids);
});

test('deliveries that cannot be understood raise an alarm, which ends when they are looked after', async () => {
  const body = Buffer.from('{"CHAT_TYPE":');
  const problems = [{ field: 'body', problem: 'is not JSON' }];
  const broken = Array.from({ length: 20 }, (_, index) =>
    givenDelivery(`broken-${index}`, { body, problems }),
  );
  await settle(await givenStored(db, broken));
  await untilAlarms(db, ['quarantine-growing']);
  await expectTold('quarantine-growing');
  await db.rows(
    `UPDATE kakao_share.decisions SET superseded_at = now() WHERE verdict = 'quarantined'`,
  );
  await expectCleared('quarantine-growing');
});

test('a value that is not known raises an alarm by field, which ends when no share of the day has one', async () => {
  const body = Buffer.from('{"CHAT_TYPE":"SecretChat","HASH_CHAT_ID":"room-1","user_id":"minji"}');
  await settle(await givenStored(db, [givenDelivery('novelty', { body })]));
  await untilAlarms(db, ['unknown-values']);
  await expectTold('unknown-values');
  const [alarm] = watches[0]?.board.current ?? [];
  expect(alarm?.detail).toMatch(/CHAT_TYPE \(1\)$/);
  await db.rows(`DELETE FROM kakao_share.shares WHERE unknown_values <> '{}'`);
  await expectCleared('unknown-values');
});

test('intents without webhooks raise an alarm of their app; only a webhook of that app ends it', async () => {
  await givenIntents('shop', 60);
  await untilAlarms(db, ['webhooks-missing']);
  await expectTold('webhooks-missing', 'shop');
  const others = await givenStored(db, [givenDelivery('of-another-app', { app: 'game' })]);
  await settle(others);
  expect(await toldOf(db, 'webhooks-missing')).toEqual(['alarm.raised shop']);
  await settle(await givenStored(db, [givenDelivery('back-again', { app: 'shop' })]));
  await expectCleared('webhooks-missing', 'shop');
});

test('what a process reports of itself is told once, and over when all that reported it are silent', async () => {
  const since = new Date(Date.now() - MINUTE_MS);
  for (const reporter of [newId(), newId()]) {
    await db.rows(
      `INSERT INTO kakao_share.alarm_reports (reporter, alarm, detail, since, expires_at)
       VALUES ($1, 'webhooks-refused', 'seen', $2, now() + interval '1 hour')`,
      [reporter, since],
    );
  }
  await untilAlarms(db, ['webhooks-refused']);
  await expectTold('webhooks-refused');
  expect(watches[0]?.board.current).toMatchObject([{ since }]);
  await db.rows(`UPDATE kakao_share.alarm_reports SET expires_at = now()`);
  await untilAlarms(db, []);
  expect(await toldOf(db, 'webhooks-refused')).toEqual(['alarm.raised *', 'alarm.cleared *']);
});

test('what was over before the cluster could hear of it is told all the same: raised, and cleared', async () => {
  const board = watches[0]?.board;
  board?.see('door', [finding('spool-full', 'the spool takes nothing')], new Date());
  board?.see('door', [], new Date());
  await eventually(async () => {
    expect(await toldOf(db, 'spool-full')).toEqual(['alarm.raised *', 'alarm.cleared *']);
  });
  await untilAlarms(db, []);
});

test('what cannot be looked at stays as it was, and hides nothing else', async () => {
  const ids = await givenStored(db, [givenDelivery('waiting')]);
  await db.rows(`UPDATE kakao_share.open_deliveries SET opened_at = now() - interval '10 minutes'`);
  await untilAlarms(db, ['settlement-behind']);
  await db.rows('ALTER TABLE kakao_share.open_deliveries RENAME TO hidden');
  try {
    await eventually(() => {
      expect(watches.flatMap(({ lines }) => lines).join('\n')).toMatch(/not to be seen/);
    });
    await givenIntents('cafe', 60);
    await untilAlarms(db, ['settlement-behind', 'webhooks-missing']);
  } finally {
    await db.rows('ALTER TABLE kakao_share.hidden RENAME TO open_deliveries');
  }
  await settle([
    ...ids,
    ...(await givenStored(db, [givenDelivery('cafe-is-back', { app: 'cafe' })])),
  ]);
  await untilAlarms(db, []);
});

test('every event that was told is as the catalogue says', async () => {
  const rows = await db.rows<EventRow>(
    `SELECT e.*, NULL AS user_id FROM kakao_share.events e WHERE type LIKE 'alarm.%'`,
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const event of rows.map(toShareEvent))
    expect({ event, problems: problemsOf(event) }).toEqual({ event, problems: [] });
});

/** An id made so many minutes ago. */
function idAt(minutesAgo: number): string {
  const first = firstIdAt(new Date(Date.now() - minutesAgo * MINUTE_MS));
  return `${first.slice(0, 14)}7000-8000-${randomBytes(6).toString('hex')}`;
}

/** Intents of the last quarter of an hour, but for the minutes that users take to share. */
async function givenIntents(app: string, count: number): Promise<void> {
  const campaignId = await givenCampaign(db, {}, app);
  const { userRef } = await givenUser(db, 'minji', app);
  const ids = Array.from({ length: count }, () => idAt(10));
  await db.rows(
    `INSERT INTO kakao_share.share_intents (id, app, campaign_id, user_ref, issued_by, issued_at, expires_at, request_digest)
     SELECT id, $2, $3, $4, 'test', now(), now() + interval '1 day', '' FROM unnest($1::uuid[]) id`,
    [ids, app, campaignId, userRef],
  );
}
