import { recordAudit } from '../audit/record-audit.js';
import type { Database, Transaction } from '../database/database.js';
import { insertCorrection, type Correction } from '../deliveries/correction.js';
import { problemReasons } from './outcome.js';
import { NO_RESOURCE_ID } from './read-again.js';
import { readReceived, type ReceivedRequest } from './received-request.js';
import { CorrectionRefusedError, NotReplayableError, ShareKnownError } from './replay-errors.js';

const LIMITS = { statementTimeoutMs: 10_000, lockTimeoutMs: 3_000 };
/** A person who needs more than that is guessing. One more may undo them all. */
export const MAX_CORRECTIONS = 20;

/** How a delivery is to be read from now on, by whom, and why. */
export interface Mend extends Correction {
  readonly deliveryId: string;
  readonly actor: string;
  readonly note: string;
  /** The apps that the actor may work on; undefined: all. */
  readonly actorApps?: readonly string[] | undefined;
}

interface DecidedRow extends ReceivedRequest {
  readonly app: string;
  readonly resource_id: string | null;
  readonly corrections: number;
  readonly has_paid: boolean;
}

/**
 * Keeps how a delivery is to be read; a replay then decides it so. What was received stays byte for byte.
 *
 * Only what is understood afterwards is kept, so a correction is never half of one. Another app or resource id takes the key of
 * that share, so that it is paid once; a key that the delivery is not read with any more is given back to whoever has it.
 * @throws {CorrectionRefusedError} {@link ShareKnownError}
 * @throws {NotReplayableError} when it is open, has paid, or was erased
 */
export async function mendDelivery(database: Database, mend: Mend): Promise<void> {
  const { deliveryId, actor, note, app, resourceId, fields } = mend;
  await database.transaction(LIMITS, async (tx) => {
    const row = await lockDecided(tx, deliveryId);
    refuseForeignApp(app ?? row.app, mend);
    const userId = readUser(row, mend);
    if (app !== undefined || resourceId !== undefined) await claimKey(tx, mend);
    const number = row.corrections + 1;
    await insertCorrection(tx, { ...mend, number, userId });
    await giveBackKeys(tx, mend);
    await recordAudit(tx, {
      ...{ actor, app: app ?? row.app, action: 'delivery.mend', target: deliveryId, reason: note },
      // What the fields say may tell of a person, and the audit is for ever.
      after: { number, app, resourceId, fields: Object.keys(fields) },
    });
  });
}

/** Holds the current decision, so that nobody replays the delivery meanwhile, and the delivery, so that nobody erases it. */
async function lockDecided(tx: Transaction, deliveryId: string): Promise<DecidedRow> {
  const [row] = await tx.query<Omit<DecidedRow, 'corrections'>>(
    `SELECT d.app, d.resource_id, d.user_parameter, d.method, d.headers, d.query, d.body, c.transfer_id IS NOT NULL AS has_paid
     FROM kakao_share.decisions c JOIN kakao_share.deliveries d ON d.id = c.delivery_id
     WHERE c.delivery_id = $1 AND c.superseded_at IS NULL FOR UPDATE OF c FOR SHARE OF d`,
    [deliveryId],
  );
  if (row === undefined)
    throw new NotReplayableError('The delivery is not settled yet: mend it once it is.');
  if (row.has_paid) throw new NotReplayableError('What has paid is never decided again.');
  if (row.query === null)
    throw new NotReplayableError('What was received has been erased: there is nothing to mend.');
  return { ...row, corrections: await countCorrections(tx, deliveryId) };
}

/** In a statement of its own, which sees what was committed by whom the lock was waited for. */
async function countCorrections(tx: Transaction, deliveryId: string): Promise<number> {
  const [row] = await tx.query<{ number: number }>(
    'SELECT coalesce(max(number), 0) AS number FROM kakao_share.delivery_corrections WHERE delivery_id = $1',
    [deliveryId],
  );
  return row?.number ?? 0;
}

/** A correction that names no app takes the delivery back to the one that received it, which may be somebody else's. */
function refuseForeignApp(app: string, { actorApps }: Mend): void {
  if (actorApps?.includes(app) === false)
    throw new CorrectionRefusedError(['app: name one of yours, it was received by another']);
}

/** Whom the delivery names, read as it is to be. */
function readUser(row: DecidedRow, { app, resourceId, fields }: Mend): string | undefined {
  const undoes = app === undefined && resourceId === undefined && Object.keys(fields).length === 0;
  if (row.corrections >= MAX_CORRECTIONS + (undoes ? 1 : 0))
    throw new CorrectionRefusedError([`corrections: there are ${row.corrections} already`]);
  const reading = readReceived(row, fields);
  const named = Array.isArray(reading) ? undefined : reading.userId;
  if (undoes) {
    // Taking back what people said is always possible, whatever could be understood before.
    if (row.corrections > 0) return named;
    throw new CorrectionRefusedError(['app, resourceId, fields: one of them is needed']);
  }
  const problems = [
    ...(resourceId === undefined && row.resource_id === null ? [NO_RESOURCE_ID] : []),
    ...(Array.isArray(reading) ? reading : []),
  ];
  if (problems.length > 0) throw new CorrectionRefusedError(problemReasons(problems));
  return named;
}

/** Says that the share of this resource id is this delivery: as long as it is read so, and for ever once it has paid. */
async function claimKey(tx: Transaction, { deliveryId, app, resourceId }: Mend): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.delivery_keys (resource_id, app, source, delivery_id, received_at, digest)
     SELECT coalesce($2, resource_id), coalesce($3, app), source, id, received_at, digest
     FROM kakao_share.deliveries WHERE id = $1
     ON CONFLICT DO NOTHING`,
    [deliveryId, resourceId ?? null, app ?? null],
  );
  // A statement of its own sees a key that was committed meanwhile.
  const own = await tx.query(
    `SELECT FROM kakao_share.deliveries d
     JOIN kakao_share.delivery_keys k
       ON (k.resource_id, k.app, k.source) = (coalesce($2, d.resource_id), coalesce($3, d.app), d.source)
     WHERE d.id = $1 AND k.delivery_id = $1`,
    [deliveryId, resourceId ?? null, app ?? null],
  );
  if (own.length === 0) throw new ShareKnownError();
}

/**
 * Lets go of what earlier corrections took. Nothing was paid under it, or the delivery could not be mended; the key that it came
 * with stays its own.
 */
async function giveBackKeys(tx: Transaction, { deliveryId, app, resourceId }: Mend): Promise<void> {
  await tx.query(
    `DELETE FROM kakao_share.delivery_keys k USING kakao_share.deliveries d
     WHERE d.id = $1 AND k.delivery_id = d.id AND k.source = d.source
       AND k.resource_id = ANY (ARRAY(
         SELECT coalesce(c.resource_id, r.resource_id) FROM kakao_share.delivery_corrections c
         JOIN kakao_share.deliveries r ON r.id = c.delivery_id WHERE c.delivery_id = $1))
       AND (k.resource_id, k.app) IS DISTINCT FROM (d.resource_id, d.app)
       AND (k.resource_id, k.app) IS DISTINCT FROM (coalesce($2, d.resource_id), coalesce($3, d.app))`,
    [deliveryId, resourceId ?? null, app ?? null],
  );
}
