import { readCampaignVersions } from '../campaigns/campaign-store.js';
import type { CampaignVersion } from '../campaigns/campaign.js';
import { forgetObserved } from '../campaigns/past-rewards.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { blankDeliveries } from '../deliveries/blank-deliveries.js';
import { recordEvents } from '../events/record-events.js';
import type { IntentSigningKeys } from '../intents/signing-keys.js';
import { emptyShares } from '../shares/empty-shares.js';
import { recordShares } from '../shares/record-shares.js';
import { assignCampaigns, decideBatch } from './decide-batch.js';
import { closeDeliveries, lockOpenDeliveries, type OpenDelivery } from './open-delivery.js';
import { headOf, problemReasons, SETTLEMENT_ACTOR, type Outcome, type Verdict } from './outcome.js';
import { eventsOf } from './outcome-events.js';
import { payRewards } from './pay-rewards.js';
import { readShares, type Understood } from './read-shares.js';
import { readSituation } from './read-situation.js';
import { writeDecisions } from './write-decisions.js';

/**
 * The one transaction: turns deliveries into shares, decisions, ledger entries and events, or into nothing at all.
 * Locks in the order that everything of ours locks in: deliveries, users, accounts. Facts are read once these are held.
 *
 * @param keys what intents are signed with; without them no token is ours
 * @returns how each delivery ended that was settled; those that somebody else holds, or that are settled, are passed over
 */
export async function settleBatch(
  tx: Transaction,
  deliveryIds: readonly string[],
  keys: IntentSigningKeys | undefined,
): Promise<Verdict[]> {
  const deliveries = await lockOpenDeliveries(tx, deliveryIds);
  if (deliveries.length === 0) return [];
  const understood = await readShares(tx, deliveries, keys);
  const shares = assignCampaigns(understood, await readVersions(tx, understood));
  await forgetObserved(tx, decidedBefore(deliveries));
  const situation = await readSituation(tx, shares);
  const quarantined = quarantine(deliveries);
  const outcomes = [...quarantined, ...decideBatch(shares, situation, newId)];
  await recordShares(
    tx,
    understood.map(({ delivery, webhook, facts }) => ({
      ...facts,
      deliveryId: delivery.id,
      webhook,
      isErased: isOfErasedUser({ facts }),
    })),
  );
  await emptyShares(
    tx,
    quarantined.flatMap(({ deliveryId, earlier }) => (earlier === undefined ? [] : [deliveryId])),
  );
  await blankDeliveries(
    tx,
    understood.filter(isReceivedOfErasedUser).map(({ delivery }) => delivery.id),
  );
  await payRewards(tx, outcomes);
  await writeDecisions(tx, outcomes, SETTLEMENT_ACTOR);
  await recordEvents(tx, outcomes.flatMap(eventsOf));
  await closeDeliveries(
    tx,
    outcomes.map(({ deliveryId }) => deliveryId),
  );
  return outcomes.map(({ verdict }) => verdict);
}

function decidedBefore(deliveries: readonly OpenDelivery[]): string[] {
  return deliveries.flatMap(({ id, decisions }) => (decisions > 0 ? [id] : []));
}

/** The intent leads to somebody who is not there any more: nothing new is kept of that person. */
function isOfErasedUser({ facts }: Pick<Understood, 'facts'>): boolean {
  return facts.intent.status === 'valid' && facts.userRef === undefined;
}

/** What was received leads there, too, and not a token that somebody put over it. */
function isReceivedOfErasedUser({ facts, delivery }: Understood): boolean {
  return isOfErasedUser({ facts }) && delivery.isTokenCorrected !== true;
}

async function readVersions(
  tx: Transaction,
  shares: readonly Understood[],
): Promise<CampaignVersion[]> {
  if (shares.length === 0) return [];
  const times = shares.map(({ facts }) => facts.receivedAt.getTime());
  return readCampaignVersions(tx, {
    apps: [...new Set(shares.map(({ facts }) => facts.app))],
    earliest: new Date(Math.min(...times)),
    latest: new Date(Math.max(...times)),
    named: shares.flatMap(({ facts: { intent } }) =>
      intent.status === 'valid' ? [intent.campaignId] : [],
    ),
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
