import { countSpooled } from '../../support/count-spooled.js';
import { eventually } from '../../support/eventually.js';
import { untilSettled, untilStored, untilTold } from '../../support/test-service.js';
import { expireDispatchLeases, expireRelayLeases, findBrokenRules } from '../proof.js';
import type { Cluster } from './cluster.js';
import { findFaults, type Price, type Stored } from './find-faults.js';
import type { PlannedShare } from './planned-shares.js';
import { findSecrets } from './secrets.js';
import type { SteadyLoad } from './steady-load.js';

/** Long enough for queues that come back late and for a lease that was given out meanwhile. */
const SETTLE_LIMIT_MS = 300_000;

interface Verification {
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
}

/**
 * Waits until everything that was acknowledged has its verdict and was told, and says what is wrong then: every acknowledged
 * resource id has one current verdict, nothing acknowledged is missing, nothing is paid twice, the ledger verifies, no answer took
 * 3 s; and nobody wrote down a secret.
 */
export async function audit(
  cluster: Cluster,
  load: SteadyLoad,
  price: Price,
  earlier: readonly PlannedShare[] = [],
): Promise<string[]> {
  const { db } = cluster;
  const acknowledged = [...earlier, ...load.acknowledged()].map(({ resourceId }) => resourceId);
  const late = await untilDone(cluster, acknowledged);
  const broken = await findBrokenRules(db, acknowledged);
  const checks = await verify(cluster);
  return [
    ...late,
    ...findFaults(load.sendings, await readStored(cluster), price, earlier),
    ...broken.map(({ rule, offenders }) => `${rule}: ${JSON.stringify(offenders)}`),
    ...checks.filter(({ ok }) => !ok).map(({ name }) => `the ledger does not verify: ${name}`),
    ...(await findSecrets(cluster)),
  ];
}

/** What had not come about in time: the audit goes on and says which shares are concerned. */
async function untilDone(cluster: Cluster, acknowledged: readonly string[]): Promise<string[]> {
  const { db } = cluster;
  try {
    await untilStored(db, acknowledged, SETTLE_LIMIT_MS);
    // Also what was spooled and not acknowledged: it is stored as well, and must not come while the rest is looked at.
    await eventually(async () => {
      const spooled = await countSpooled(db, cluster.spoolFolder);
      if (spooled > 0) throw new Error(`${spooled} are still in the spool`);
    }, SETTLE_LIMIT_MS);
    // Time passes: whoever held a lease is gone, or too late.
    await expireDispatchLeases(db);
    await expireRelayLeases(db);
    await untilSettled(db, SETTLE_LIMIT_MS);
    await untilTold(db, SETTLE_LIMIT_MS);
    return [];
  } catch (error) {
    return [`not done in time: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Asked again where there was no report: the books are judged by what one says. */
function verify(cluster: Cluster): Promise<Verification['checks']> {
  return eventually(async () => {
    const { status, body } = await cluster.api<Verification>('/v1/ledger/verification');
    if (status !== 200) throw new Error(`The ledger's verification is answered ${status}.`);
    return body.checks;
  });
}

async function readStored({ db }: Cluster): Promise<Stored> {
  const deliveries = await db.rows<{ id: string; resource_id: string | null }>(
    'SELECT id, resource_id FROM kakao_share.deliveries',
  );
  const balances = await db.rows<{ user_id: string; points: string }>(
    `SELECT u.user_id, sum(a.balance) AS points FROM kakao_share.accounts a
     JOIN kakao_share.users u ON u.id = a.user_ref WHERE a.kind = 'user_available' GROUP BY u.user_id`,
  );
  return {
    resourceIds: new Set(deliveries.flatMap(({ resource_id: id }) => id ?? [])),
    quarantinedIds: new Set(
      deliveries.filter(({ resource_id: id }) => id === null).map(({ id }) => id),
    ),
    balances: new Map(balances.map(({ user_id: user, points }) => [user, Number(points)])),
  };
}
