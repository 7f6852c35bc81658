import type { CampaignVersion } from '../campaigns/campaign.js';
import { readCampaignVersions } from '../campaigns/campaign-store.js';
import { decideReward, possibleRewardKeys, type ShareFacts } from '../campaigns/reward-policy.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { recordEvents } from '../events/record-events.js';
import type { ShareWebhook } from '../kakao/share-webhook.js';
import { recordShares } from '../shares/record-shares.js';
import { lockUsers, userKey } from '../users/lock-users.js';
import { closeDeliveries, lockOpenDeliveries, type OpenDelivery } from './open-delivery.js';
import { eventsOf, problemReasons, SETTLEMENT_ACTOR, type Outcome } from './outcome.js';
import { payRewards, readPaidKeys } from './pay-rewards.js';
import { writeDecisions } from './write-decisions.js';

/** A delivery that was understood, with its user locked. */
interface Understood {
  readonly delivery: OpenDelivery;
  readonly webhook: ShareWebhook;
  readonly facts: ShareFacts;
}

/**
 * The one transaction: turns deliveries into shares, decisions, ledger entries and events, or into nothing at all.
 * Locks in the order that everything of ours locks in: deliveries, users, accounts. Facts are read once these are held.
 *
 * @returns how many deliveries were settled; those that somebody else holds, or that are settled, are passed over
 */
export async function settleBatch(
  tx: Transaction,
  deliveryIds: readonly string[],
): Promise<number> {
  const deliveries = await lockOpenDeliveries(tx, deliveryIds);
  if (deliveries.length === 0) return 0;
  const understood = await lockUsersOf(tx, deliveries);
  const versions = await readCampaignVersions(tx, [...new Set(deliveries.map(({ app }) => app))]);
  const paid = await readPaidKeys(tx, [
    ...new Set(understood.flatMap(({ facts }) => possibleRewardKeys(facts, versions))),
  ]);
  const outcomes = [...quarantine(deliveries), ...decide(understood, versions, paid)];
  await recordShares(
    tx,
    understood.map(({ delivery, webhook, facts }) => ({
      ...facts,
      deliveryId: delivery.id,
      webhook,
    })),
  );
  await payRewards(tx, outcomes);
  await writeDecisions(tx, outcomes, SETTLEMENT_ACTOR);
  await recordEvents(tx, outcomes.flatMap(eventsOf));
  await closeDeliveries(
    tx,
    outcomes.map(({ deliveryId }) => deliveryId),
  );
  return outcomes.length;
}

async function lockUsersOf(
  tx: Transaction,
  deliveries: readonly OpenDelivery[],
): Promise<Understood[]> {
  const readable = deliveries.flatMap((delivery) =>
    'fields' in delivery.reading ? [{ delivery, webhook: delivery.reading }] : [],
  );
  const userOf = ({ delivery, webhook }: { delivery: OpenDelivery; webhook: ShareWebhook }) =>
    webhook.userId === undefined ? undefined : { app: delivery.app, userId: webhook.userId };
  const users = await lockUsers(
    tx,
    readable.flatMap((one) => userOf(one) ?? []),
  );
  return readable.map((one) => {
    const user = userOf(one);
    const { app, receivedAt } = one.delivery;
    const {
      CHAT_TYPE: chatType,
      HASH_CHAT_ID: roomHash,
      IS_SINGLE_CHATROOM: singleChatroom,
    } = one.webhook.fields;
    const userRef = user === undefined ? undefined : users.byName.get(userKey(user));
    return { ...one, facts: { app, receivedAt, userRef, chatType, singleChatroom, roomHash } };
  });
}

function quarantine(deliveries: readonly OpenDelivery[]): Outcome[] {
  return deliveries.flatMap(({ reading, ...delivery }) =>
    'fields' in reading
      ? []
      : [
          {
            ...headOf(delivery),
            verdict: 'quarantined',
            reasons: problemReasons(reading),
            userRef: undefined,
          },
        ],
  );
}

/** Folds the decision over the batch in the order of receipt, each share seeing what those before it were paid. */
function decide(
  understood: readonly Understood[],
  versions: readonly CampaignVersion[],
  paidBefore: Set<string>,
): Outcome[] {
  const paid = new Set(paidBefore);
  return [...understood].sort(inOrderOfReceipt).map(({ delivery, facts }) => {
    const { reward, ...decision } = decideReward(facts, versions, (key) => paid.has(key));
    const outcome = { ...headOf(delivery), ...decision, userRef: facts.userRef };
    if (reward === undefined) return outcome;
    paid.add(reward.key);
    return { ...outcome, reward: { ...reward, transferId: newId() } };
  });
}

function inOrderOfReceipt(a: Understood, b: Understood): number {
  const earlier = a.delivery.receivedAt.getTime() - b.delivery.receivedAt.getTime();
  return earlier !== 0 ? earlier : a.delivery.id < b.delivery.id ? -1 : 1;
}

/** What every outcome says of its delivery. */
export function headOf(
  delivery: Pick<OpenDelivery, 'id' | 'app' | 'receivedAt' | 'decisions'>,
): Pick<Outcome, 'deliveryId' | 'app' | 'receivedAt' | 'decisionNumber'> {
  const { id, app, receivedAt, decisions } = delivery;
  return { deliveryId: id, app, receivedAt, decisionNumber: decisions + 1 };
}
