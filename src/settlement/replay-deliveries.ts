import { recordAudit } from '../audit/record-audit.js';
import type { Database, Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import type { SettlementQueue } from '../queue/settlement-queue.js';
import { findReplayable, type ReplaySelection } from './find-replayable.js';
import { reopenDecided } from './reopen-decided.js';
import {
  findReplay,
  keepReplay,
  type AnsweredRun,
  type ReplayRequest,
  type ReplayRun,
} from './replay-store.js';

/** Some thousand rows by their keys take a second; what is looked through to find them may be far more. */
const LIMITS = { statementTimeoutMs: 20_000, lockTimeoutMs: 3_000 };

/**
 * Opens many decided deliveries again, in one transaction, and asks for their settlement. A request that is repeated under its key
 * replays nothing and is answered as before, marked as repeated.
 *
 * @param queue undefined where there is none at hand: the next sweep asks
 * @throws {IdempotencyConflictError}
 */
export async function replayDeliveries(
  database: Database,
  queue: Pick<SettlementQueue, 'add'> | undefined,
  selection: ReplaySelection,
  request: ReplayRequest,
): Promise<AnsweredRun> {
  const { run, ids, repeated } = await database.transaction(LIMITS, async (tx) => {
    const known = await findReplay(tx, request, selection);
    if (known !== undefined) return { run: known, ids: [], repeated: true };
    const dispatch = queue === undefined ? 'sweep' : 'job';
    return { ...(await replayIn(tx, dispatch, selection, request)), repeated: false };
  });
  // One job, so that they are settled in their order; without it the sweeper finds them.
  if (ids.length > 0) await queue?.add([ids]).catch(() => undefined);
  return { ...run, repeated };
}

async function replayIn(
  tx: Transaction,
  dispatch: 'job' | 'sweep',
  selection: ReplaySelection,
  request: ReplayRequest,
): Promise<{ run: ReplayRun; ids: string[] }> {
  const { actor, reason } = request;
  const id = newId();
  const { ids, next } = await findReplayable(tx, selection);
  const reopened = await reopenDecided(tx, ids, { actor, reason, replayId: id }, dispatch);
  const run: ReplayRun = {
    id,
    dryRun: false,
    deliveries: reopened.length,
    before: countVerdicts(reopened),
    nextCursor: next,
  };
  await recordAudit(tx, {
    ...{ actor, app: null, action: 'deliveries.replay', target: id, reason },
    before: selection,
    after: run,
  });
  await keepReplay(tx, request, selection, run);
  return { run, ids: reopened.map((one) => one.id) };
}

function countVerdicts(reopened: readonly { readonly verdict: string }[]): ReplayRun['before'] {
  const counts = new Map<string, number>();
  for (const { verdict } of reopened) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts]
    .map(([verdict, deliveries]) => ({ verdict, deliveries }))
    .sort((one, other) => other.deliveries - one.deliveries);
}
