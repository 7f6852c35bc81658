import { digestRoom } from '../../src/campaigns/share-facts.js';
import type { Transaction } from '../../src/database/database.js';
import { newId } from '../../src/database/new-id.js';
import { budgetOf } from '../../src/ledger/account.js';
import { postTransfers } from '../../src/ledger/post-transfers.js';
import { availableTo, pendingFor, type Holder } from '../../src/points/holder.js';
import { recordHolds } from '../../src/points/record-holds.js';
import { lockUsers, userKey } from '../../src/users/lock-users.js';
import type { TestDatabase } from '../support/test-database.js';

const LIMITS = { statementTimeoutMs: 10_000 };

/** A user of this id, who is there from now on. */
export async function givenUser(
  db: TestDatabase,
  userId: string,
  app = 'default',
): Promise<Holder> {
  const userRef = await db.database.transaction(LIMITS, async (tx) => {
    const { byName } = await lockUsers(tx, [{ app, userId }]);
    return byName.get(userKey({ app, userId })) ?? '';
  });
  return { app, unit: 'point', userRef };
}

export interface GivenReward {
  readonly campaignId: string;
  readonly amount: number;
  readonly now: Date;
  /** Absent: available at once. */
  readonly releaseAt?: Date;
  readonly expiresAfterDays?: number;
}

/** A reward as settlement pays it, with everything that it writes. @returns the delivery and the reward's transfer */
export async function givenReward(
  db: TestDatabase,
  holder: Holder,
  reward: GivenReward,
): Promise<{ deliveryId: string; transferId: string }> {
  const deliveryId = newId();
  const transferId = newId();
  await db.database.transaction(LIMITS, async (tx) => {
    await lockUsers(tx, [], [holder.userRef]);
    await writeShare(tx, holder, reward, deliveryId, transferId);
    await pay(tx, holder, reward, deliveryId, transferId);
  });
  return { deliveryId, transferId };
}

async function pay(
  tx: Transaction,
  holder: Holder,
  { campaignId, amount, now, releaseAt, expiresAfterDays }: GivenReward,
  deliveryId: string,
  transferId: string,
): Promise<void> {
  const lotExpiresAt =
    releaseAt === undefined && expiresAfterDays !== undefined
      ? { lotExpiresAt: new Date(now.getTime() + expiresAfterDays * 86_400_000) }
      : {};
  await postTransfers(tx, [
    {
      id: transferId,
      key: `reward/${rewardKey(holder, campaignId, deliveryId)}`,
      kind: 'reward',
      from: budgetOf({ ...holder, campaignId }),
      to: releaseAt === undefined ? availableTo(holder) : pendingFor(holder),
      amount,
      occurredAt: now,
      userRef: holder.userRef,
      actor: 'settlement',
      ...lotExpiresAt,
    },
  ]);
  if (releaseAt === undefined) return;
  await recordHolds(tx, [
    {
      ...{ ...holder, transferId, deliveryId, campaignId, amount, releaseAt },
      expiresAfterDays: expiresAfterDays ?? null,
    },
  ]);
}

async function writeShare(
  tx: Transaction,
  holder: Holder,
  { campaignId, amount, now, releaseAt, expiresAfterDays }: GivenReward,
  deliveryId: string,
  transferId: string,
): Promise<void> {
  const { app, unit, userRef } = holder;
  const version =
    expiresAfterDays === undefined ? 1 : await givenVersion(tx, campaignId, expiresAfterDays);
  await tx.query(
    `INSERT INTO kakao_share.shares (id, app, user_ref, chat_type, room_hash, unknown_values, received_at)
     VALUES ($1, $2, $3, 'DirectChat', $1::uuid::text, '{}', $4)`,
    [deliveryId, app, userRef, now],
  );
  await tx.query(
    `INSERT INTO kakao_share.decisions (delivery_id, number, app, verdict, reasons, user_ref, campaign_id, campaign_version,
                                        transfer_id, amount, unit, actor)
     VALUES ($1, 1, $2, $3, '[]', $4, $5, $9, $6, $7, $8, 'settlement')`,
    [
      ...[deliveryId, app, releaseAt === undefined ? 'rewarded' : 'held', userRef, campaignId],
      ...[transferId, amount, unit, version],
    ],
  );
  await tx.query(
    'INSERT INTO kakao_share.reward_keys (app, key, delivery_id, transfer_id) VALUES ($1, $2, $3, $4)',
    [app, rewardKey(holder, campaignId, deliveryId), deliveryId, transferId],
  );
  await tx.query(
    `INSERT INTO kakao_share.campaign_rewards (delivery_id, campaign_id, user_ref, room, received_at, amount, paid)
     VALUES ($1, $2, $3, $6, $4, $5, true)`,
    [deliveryId, campaignId, userRef, now, amount, digestRoom(app, deliveryId)],
  );
}

/** Each was shared to a room of its own, so that a user has as many on one day as a test wants. */
function rewardKey({ app, userRef }: Holder, campaignId: string, deliveryId: string): string {
  return `campaign/${campaignId}/user/${userRef}/room/${digestRoom(app, deliveryId)}/day/2026-01-01/Asia/Seoul`;
}

/** The rules of the campaign's first version, but for how long points can be spent; not in force while tests run. */
async function givenVersion(
  tx: Transaction,
  campaignId: string,
  expiresAfterDays: number,
): Promise<number> {
  const version = 1_000 + expiresAfterDays;
  await tx.query(
    `INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor)
     SELECT campaign_id, $2, state, rules || jsonb_build_object('expiresAfterDays', $3::integer), '9999-01-01Z', actor
     FROM kakao_share.campaign_versions WHERE campaign_id = $1 AND version = 1
     ON CONFLICT DO NOTHING`,
    [campaignId, version, expiresAfterDays],
  );
  return version;
}
