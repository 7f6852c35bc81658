import { createHash } from 'node:crypto';
import type { Transaction } from '../database/database.js';
import { digestOfKey } from '../idempotency/idempotency-key.js';
import { IdempotencyConflictError } from '../idempotency/idempotency-conflict-error.js';
import type { ReplaySelection } from './find-replayable.js';

/** Who asks for a replay of many, why, and under which key. */
export interface ReplayRequest {
  readonly actor: string;
  readonly reason: string;
  /** One space per actor: a replay may concern several apps. */
  readonly key: string;
}

/** What a replay of many opened again. */
export interface ReplayRun {
  readonly id: string;
  readonly dryRun: false;
  readonly deliveries: number;
  /** How they had ended. */
  readonly before: readonly { readonly verdict: string; readonly deliveries: number }[];
  /** Continue after this delivery; null: that was all. */
  readonly nextCursor: string | null;
}

/** What a request for a replay of many is answered. */
export interface AnsweredRun extends ReplayRun {
  /** This replay was done before, under the same key: nothing was opened now. */
  readonly repeated: boolean;
}

/**
 * What a request was answered before, if it is a repetition. Whoever asks under the same key at the same time waits here.
 * @throws {IdempotencyConflictError}
 */
export async function findReplay(
  tx: Transaction,
  { actor, key, reason }: ReplayRequest,
  selection: ReplaySelection,
): Promise<ReplayRun | undefined> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `kakao_share.replays/${actor}/${key}`,
  ]);
  const [known] = await tx.query<{ request_digest: Buffer; answer: ReplayRun }>(
    'SELECT request_digest, answer FROM kakao_share.replays WHERE actor = $1 AND idempotency_key = $2',
    [actor, digestOfKey(key)],
  );
  if (known === undefined) return undefined;
  if (!known.request_digest.equals(digestOf(selection, reason)))
    throw new IdempotencyConflictError();
  return known.answer;
}

export async function keepReplay(
  tx: Transaction,
  { actor, key, reason }: ReplayRequest,
  selection: ReplaySelection,
  run: ReplayRun,
): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.replays (id, actor, idempotency_key, request_digest, answer)
     VALUES ($1, $2, $3, $4, $5)`,
    [run.id, actor, digestOfKey(key), digestOf(selection, reason), JSON.stringify(run)],
  );
}

function digestOf(selection: ReplaySelection, reason: string): Buffer {
  const { apps, from, to, verdicts, campaignId, after, limit } = selection;
  const content = [apps, from, to, verdicts, campaignId, after, limit, reason];
  return createHash('sha256').update(JSON.stringify(content)).digest();
}
