import { createHash, randomBytes } from 'node:crypto';
import { migrate } from '../../src/database/migrate.js';
import { newId } from '../../src/database/new-id.js';
import { verifyLedger } from '../../src/ledger/verification.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { pointsOf } from '../faults/proof.js';
import { givenStored, verdictsOf } from '../settlement/open-settlement.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenSchemaBefore } from './given-schema.js';

const BEFORE_CAMPAIGNS_WERE_DATA = '0007';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenSchemaBefore(db, BEFORE_CAMPAIGNS_WERE_DATA);
});
afterAll(() => db.drop());

/** A share that was settled and paid before, row by row as it stood then. */
async function givenPaidBefore(userId: string, room: string): Promise<void> {
  const [campaign, user, transfer] = [newId(), newId(), newId()];
  const delivery = givenDelivery(newId(), { userId, room });
  const run = (sql: string, ...values: unknown[]) => db.rows(sql, values);
  await run(
    `INSERT INTO kakao_share.users (id, app, user_id) VALUES ($1, 'default', $2)`,
    user,
    userId,
  );
  await run(
    `INSERT INTO kakao_share.campaigns (id, app, name) VALUES ($1, 'default', 'old')`,
    campaign,
  );
  const rules = {
    startsAt: '2020-01-01T00:00:00+09:00',
    endsAt: null,
    timeZone: 'Asia/Seoul',
    chatTypes: ['DirectChat'],
    amount: 100,
  };
  await run(
    `INSERT INTO kakao_share.campaign_versions (campaign_id, version, rules, effective_from) VALUES ($1, 1, $2, '2020-01-01Z')`,
    campaign,
    JSON.stringify(rules),
  );
  const [budget, available] = [newId(), newId()];
  await run(
    `INSERT INTO kakao_share.accounts (id, app, unit, kind, campaign_id, balance) VALUES ($1, 'default', 'point', 'campaign_budget', $2, -100)`,
    budget,
    campaign,
  );
  await run(
    `INSERT INTO kakao_share.accounts (id, app, unit, kind, user_ref, balance) VALUES ($1, 'default', 'point', 'user_available', $2, 100)`,
    available,
    user,
  );
  await run(
    `INSERT INTO kakao_share.transfers (id, app, unit, kind, amount, occurred_at) VALUES ($1, 'default', 'point', 'reward', 100, $2)`,
    transfer,
    delivery.receivedAt,
  );
  await run(
    `INSERT INTO kakao_share.entries (id, transfer_id, account_id, amount, balance_after)
     VALUES (gen_random_uuid(), $1, $2, -100, -100), (gen_random_uuid(), $1, $3, 100, 100)`,
    transfer,
    budget,
    available,
  );
  await run(
    `INSERT INTO kakao_share.lots (id, account_id, transfer_id, amount, remaining) VALUES ($1, $2, $3, 100, 100)`,
    newId(),
    available,
    transfer,
  );
  const digest = createHash('sha256').update(`default\n${room}`).digest('base64url').slice(0, 22);
  const key = `campaign/${campaign}/user/${user}/room/${digest}/day/2026-11-21`;
  await run(
    `INSERT INTO kakao_share.reward_keys (app, key, delivery_id, transfer_id) VALUES ('default', $1, $2, $3)`,
    key,
    delivery.id,
    transfer,
  );
  await run(
    `INSERT INTO kakao_share.transfer_keys (app, key, transfer_id) VALUES ('default', $1, $2)`,
    `reward/${key}`,
    transfer,
  );
  await run(
    `INSERT INTO kakao_share.shares (id, app, user_ref, chat_type, room_hash, unknown_values, received_at)
     VALUES ($1, 'default', $2, 'DirectChat', $3, '{}', $4)`,
    delivery.id,
    user,
    room,
    delivery.receivedAt,
  );
  await run(
    `INSERT INTO kakao_share.decisions
       (delivery_id, number, app, verdict, reasons, user_ref, campaign_id, campaign_version, transfer_id, amount, unit, actor)
     VALUES ($1, 1, 'default', 'rewarded', '[]', $2, $3, 1, $4, 100, 'point', 'settlement')`,
    delivery.id,
    user,
    campaign,
    transfer,
  );
  await run(
    `INSERT INTO kakao_share.deliveries
       (id, source, app, resource_id, received_at, key_fingerprint, user_parameter, user_id, method, headers, query, body, digest)
     VALUES ($1, 'kakao.share', 'default', $2, $3, 'test', 'user_id', $4, 'POST', '{}', '', $5, '')`,
    delivery.id,
    delivery.resourceId,
    delivery.receivedAt,
    userId,
    delivery.body,
  );
}

test('what was paid before campaigns were data still counts, and the old rules go on as they were meant', async () => {
  const [userId, room] = ['minji', `room-${randomBytes(4).toString('hex')}`];
  await givenPaidBefore(userId, room);
  const applied = await migrate(db.url);
  expect(applied[0]).toMatch(/^0007/);

  const ids = await givenStored(db, [
    givenDelivery(newId(), { userId, room }),
    givenDelivery(newId(), { userId, room: 'another' }),
  ]);
  await db.database.transaction({ statementTimeoutMs: 10_000 }, (tx) =>
    settleBatch(tx, ids, undefined),
  );
  expect(await verdictsOf(db, ids)).toEqual(['room-used-today', 'rewarded']);
  expect(await pointsOf(db, userId)).toBe(200);

  const { checks } = await verifyLedger(db.database);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
});
