import { recordAudit } from '../audit/record-audit.js';
import type { Database } from '../database/database.js';
import { acceptBatch } from '../deliveries/accept-batch.js';
import { SHARE_SOURCE, type Acceptance } from '../deliveries/delivery.js';
import type { KakaoKeyRing, KeyHolder } from '../kakao/key-ring.js';
import type { KeyWork } from '../keys/forget-unknown-key.js';
import { readUnknownKeys } from '../keys/read-unknown-keys.js';
import { KeyNotInForceError, UnknownFingerprintError } from '../keys/unknown-key-errors.js';
import { MAX_DELIVERIES_PER_JOB } from '../queue/settlement-queue.js';
import { readDelivery } from './read-delivery.js';

const LIMITS = { statementTimeoutMs: 5_000 };

/** What a replay needs beside the database. */
export interface ReplayMeans {
  readonly ring: Pick<KakaoKeyRing, 'holderOf'>;
  readonly userParameter: string;
  /** Asks for settlement; without it the sweeper does, a minute later. */
  readonly dispatch: (deliveryIds: readonly string[]) => void;
}

/** What became of the requests that were kept. */
export type ReplayCounts = Readonly<Record<Acceptance['status'], number>>;

/**
 * Takes in what came with a key before any app had it: each request as the door would have, received when it was, under the id
 * that it got then. Done once more it finds duplicates, also when another app has the key by then: a request is one delivery.
 *
 * @throws {UnknownFingerprintError}
 * @throws {KeyNotInForceError} while no app has the key
 * @throws {TakenInElsewhereError} when another replay takes the same in for another app at this moment
 */
export async function replayUnknownKey(
  database: Database,
  { ring, userParameter, dispatch }: ReplayMeans,
  work: KeyWork,
): Promise<ReplayCounts> {
  const { proof, holder } = await findKey(database, ring, work.fingerprint);
  await recordReplay(database, proof, holder, work);
  const counts = { accepted: 0, duplicate: 0, quarantined: 0 };
  for (let last: string | null = null, batch: Kept[]; ; last = batch.at(-1)?.id ?? null) {
    batch = await readBatch(database, { proof, holder, last });
    const fresh = batch.filter(({ is_known }) => !is_known);
    counts.duplicate += batch.length - fresh.length;
    const deliveries = fresh.map((kept) =>
      readDelivery(arrivalOf(kept, holder), userParameter, kept.id),
    );
    // Nobody waits for an answer: a key that somebody holds is waited for, and not given up for quarantine.
    const outcomes = await acceptBatch(database, deliveries, { heldKeys: 'leave' });
    const stored = outcomes.filter((outcome): outcome is Acceptance => !(outcome instanceof Error));
    dispatch(
      stored.filter(({ status }) => status !== 'duplicate').map(({ deliveryId }) => deliveryId),
    );
    for (const { status } of stored) counts[status] += 1;
    // What was stored stays so, and the next replay finds it.
    const failure = outcomes.find((outcome): outcome is Error => outcome instanceof Error);
    if (failure !== undefined) throw failure;
    if (batch.length < MAX_DELIVERIES_PER_JOB) return counts;
  }
}

async function findKey(
  database: Database,
  ring: ReplayMeans['ring'],
  fingerprint: string,
): Promise<{ proof: Buffer; holder: KeyHolder }> {
  const known = await readUnknownKeys(database, ring, fingerprint);
  if (known.length === 0) throw new UnknownFingerprintError();
  // Several keys may share a fingerprint, on purpose even; their proofs differ.
  for (const { proof } of known) {
    const holder = ring.holderOf(proof);
    if (holder !== undefined) return { proof, holder };
  }
  throw new KeyNotInForceError();
}

/** Before anything is taken in, so that it is known who did it, however it ends. */
async function recordReplay(
  database: Database,
  proof: Buffer,
  { app }: KeyHolder,
  { actor, fingerprint, reason }: KeyWork,
): Promise<void> {
  await database.transaction(LIMITS, async (tx) => {
    const [row] = await tx.query<{ kept: number }>(
      'UPDATE kakao_share.unknown_keys SET replayed_at = clock_timestamp() WHERE proof = $1 RETURNING kept',
      [proof],
    );
    await recordAudit(tx, {
      ...{ actor, app, action: 'unknown-key.replay', target: fingerprint, reason },
      after: { requests: row?.kept ?? 0 },
    });
  });
}

interface Kept {
  readonly id: string;
  /** It was taken in before, or as another request of its share was while another app had the key. */
  readonly is_known: boolean;
  readonly received_at: Date;
  readonly method: string;
  readonly resource_id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Buffer;
  readonly body: Buffer;
}

async function readBatch(
  database: Database,
  { proof, holder, last }: { proof: Buffer; holder: KeyHolder; last: string | null },
): Promise<Kept[]> {
  return database.query<Kept>(
    `SELECT r.id, r.received_at, r.method, r.resource_id, r.headers, r.query, r.body,
            EXISTS (SELECT FROM kakao_share.deliveries d WHERE d.id = r.id) OR
            EXISTS (SELECT FROM kakao_share.delivery_keys k JOIN kakao_share.deliveries d ON d.id = k.delivery_id
                    WHERE k.resource_id = r.resource_id AND k.source = $3 AND k.app <> $4 AND d.key_fingerprint = $5) AS is_known
     FROM kakao_share.unknown_key_requests r
     WHERE r.proof = $1 AND ($2::uuid IS NULL OR r.id > $2) ORDER BY r.id LIMIT ${MAX_DELIVERIES_PER_JOB}`,
    [proof, last, SHARE_SOURCE, holder.app, holder.fingerprint],
  );
}

function arrivalOf(kept: Kept, holder: KeyHolder): Parameters<typeof readDelivery>[0] {
  const { received_at: receivedAt, resource_id, method, headers, query, body } = kept;
  return { ...holder, receivedAt, method, resourceIds: [resource_id], headers, query, body };
}
