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
      key: `reward/test/${deliveryId}`,
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
  { app, unit, userRef }: Holder,
  { campaignId, amount, now, releaseAt }: GivenReward,
  deliveryId: string,
  transferId: string,
): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.shares (id, app, user_ref, chat_type, room_hash, unknown_values, received_at)
     VALUES ($1, $2, $3, 'DirectChat', 'room', '{}', $4)`,
    [deliveryId, app, userRef, now],
  );
  await tx.query(
    `INSERT INTO kakao_share.decisions (delivery_id, number, app, verdict, reasons, user_ref, campaign_id, campaign_version,
                                        transfer_id, amount, unit, actor)
     VALUES ($1, 1, $2, $3, '[]', $4, $5, 1, $6, $7, $8, 'settlement')`,
    [
      ...[deliveryId, app, releaseAt === undefined ? 'rewarded' : 'held', userRef, campaignId],
      ...[transferId, amount, unit],
    ],
  );
  await tx.query(
    'INSERT INTO kakao_share.reward_keys (app, key, delivery_id, transfer_id) VALUES ($1, $2, $3, $4)',
    [app, `test/${deliveryId}`, deliveryId, transferId],
  );
  await tx.query(
    `INSERT INTO kakao_share.campaign_rewards (delivery_id, campaign_id, user_ref, room, received_at, amount, paid)
     VALUES ($1, $2, $3, 'room', $4, $5, true)`,
    [deliveryId, campaignId, userRef, now, amount],
  );
}
