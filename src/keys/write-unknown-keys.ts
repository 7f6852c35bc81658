import type { Database, Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import { chooseLosers, weightAt, type Contender } from './choose-losers.js';
import { MAX_BYTES_PER_KEY, MAX_REQUESTS_PER_KEY, MAX_UNKNOWN_KEYS } from './unknown-key-bounds.js';
import { bytesOf, type UnknownKey, type UnknownKeyRequest } from './unknown-key.js';

const LIMITS = { statementTimeoutMs: 3_000, lockTimeoutMs: 1_000 };
/** One process at a time counts places; readers are not held up. */
export const LOCK_UNKNOWN_KEYS = 'LOCK TABLE kakao_share.unknown_keys IN SHARE ROW EXCLUSIVE MODE';

/** What one process has found since it last wrote. */
export interface Finding extends UnknownKey, Contender {
  readonly hits: number;
  readonly requests: readonly UnknownKeyRequest[];
}

/** How much of a key's requests the database keeps now; keys that found no place are not told. */
export interface Standing {
  readonly proof: Buffer;
  readonly kept: number;
  readonly keptBytes: number;
}

interface Row {
  readonly proof: Buffer;
  readonly fingerprint: string;
  readonly network: string;
  readonly hits: number;
  readonly weight: number;
  readonly kept: number;
  readonly kept_bytes: number;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
}

interface Merged extends Row, Contender {
  readonly requests: readonly UnknownKeyRequest[];
}

/** Merges what this process has found into what all processes know, by the same rule by which each of them keeps its own. */
export async function writeUnknownKeys(
  database: Database,
  given: readonly Finding[],
  now: Date,
): Promise<Standing[]> {
  return database.transaction(LIMITS, async (tx) => {
    await tx.query(LOCK_UNKNOWN_KEYS);
    const findings = await withoutStored(tx, given);
    const rows = await tx.query<Row>(
      `SELECT proof, fingerprint, network, hits::float8 AS hits, weight, kept, kept_bytes, first_seen_at, last_seen_at
       FROM kakao_share.unknown_keys`,
    );
    const merged = merge(rows, findings, now);
    const losers = new Set(chooseLosers(merged, MAX_UNKNOWN_KEYS, now));
    const changed = merged.filter((key) => !losers.has(key) && isFound(key, findings));
    await deleteKeys(tx, [...losers]);
    await upsertKeys(tx, changed);
    await insertRequests(tx, changed);
    return changed.map(({ proof, kept, kept_bytes: keptBytes }) => ({ proof, kept, keptBytes }));
  });
}

/** After a commit whose outcome got lost the same requests come once more. */
async function withoutStored(tx: Transaction, given: readonly Finding[]): Promise<Finding[]> {
  const rows = await tx.query<{ id: string }>(
    'SELECT id FROM kakao_share.unknown_key_requests WHERE id = ANY($1)',
    [given.flatMap(({ requests }) => requests.map(({ id }) => id))],
  );
  const stored = new Set(rows.map(({ id }) => id));
  return given.map((finding) => ({
    ...finding,
    requests: finding.requests.filter(({ id }) => !stored.has(id)),
  }));
}

function isFound({ proof }: Row, findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.proof.equals(proof));
}

function merge(rows: readonly Row[], findings: readonly Finding[], now: Date): Merged[] {
  const known = rows.map((row) => {
    const finding = findings.find(({ proof }) => proof.equals(row.proof));
    const contender = contenderOf(row);
    return finding === undefined
      ? { ...row, ...contender, requests: [] }
      : mergeOne({ ...row, ...contender }, finding, weightAt(contender, now) + finding.hits);
  });
  const fresh = findings
    .filter(({ proof }) => !rows.some((row) => row.proof.equals(proof)))
    .map((finding) => mergeOne(emptyRow(finding), finding, finding.weight));
  return [...known, ...fresh];
}

function contenderOf({ weight, network, first_seen_at, last_seen_at }: Row): Contender {
  return { weight, network, firstSeenAt: first_seen_at, lastSeenAt: last_seen_at };
}

function emptyRow({ proof, fingerprint, network, firstSeenAt, lastSeenAt }: Finding): Row {
  return {
    ...{ proof, fingerprint, network, hits: 0, weight: 0, kept: 0, kept_bytes: 0 },
    ...{ first_seen_at: firstSeenAt, last_seen_at: lastSeenAt },
  };
}

/** Of the requests as many as both bounds leave room for, the first ones first. */
function mergeOne(row: Row, finding: Finding, weight: number): Merged {
  const requests: UnknownKeyRequest[] = [];
  let keptBytes = row.kept_bytes;
  for (const request of finding.requests) {
    const bytes = bytesOf(request);
    if (row.kept + requests.length >= MAX_REQUESTS_PER_KEY) break;
    if (keptBytes + bytes > MAX_BYTES_PER_KEY) break;
    requests.push(request);
    keptBytes += bytes;
  }
  const first = earlier(row.first_seen_at, finding.firstSeenAt);
  const last = later(row.last_seen_at, finding.lastSeenAt);
  const { proof, fingerprint, network } = row;
  return {
    ...{ proof, fingerprint, network, weight, requests },
    ...{
      hits: Math.max(1, row.hits + finding.hits),
      kept: row.kept + requests.length,
      kept_bytes: keptBytes,
    },
    ...{ first_seen_at: first, firstSeenAt: first, last_seen_at: last, lastSeenAt: last },
  };
}

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);
const later = (one: Date, other: Date): Date => (one > other ? one : other);

async function deleteKeys(tx: Transaction, keys: readonly Row[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.query('DELETE FROM kakao_share.unknown_keys WHERE proof = ANY($1)', [
    keys.map(({ proof }) => proof),
  ]);
}

async function upsertKeys(tx: Transaction, keys: readonly Merged[]): Promise<void> {
  if (keys.length === 0) return;
  const column = <T>(valueOf: (key: Merged) => T): T[] => keys.map(valueOf);
  await tx.query(
    `INSERT INTO kakao_share.unknown_keys
       (proof, fingerprint, network, hits, weight, kept, kept_bytes, first_seen_at, last_seen_at)
     SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::float8[], $6::integer[], $7::integer[],
                          $8::timestamptz[], $9::timestamptz[])
     ON CONFLICT (proof) DO UPDATE SET
       hits = excluded.hits, weight = excluded.weight, kept = excluded.kept, kept_bytes = excluded.kept_bytes,
       first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at`,
    [
      column((key) => key.proof),
      column((key) => key.fingerprint),
      column((key) => key.network),
      column((key) => key.hits),
      column((key) => key.weight),
      column((key) => key.kept),
      column((key) => key.kept_bytes),
      column((key) => key.first_seen_at),
      column((key) => key.last_seen_at),
    ],
  );
}

const REQUEST_COLUMNS = {
  ...{ id: 'uuid', proof: 'bytea', received_at: 'timestamptz', method: 'text' },
  ...{ resource_id: 'text', headers: 'json', query: 'bytea', body: 'bytea', bytes: 'integer' },
};

async function insertRequests(tx: Transaction, keys: readonly Merged[]): Promise<void> {
  const rows = keys.flatMap(({ proof, requests }) =>
    requests.map((request) => ({
      ...{ id: request.id, proof, received_at: request.receivedAt, method: request.method },
      ...{ resource_id: request.resourceId, headers: JSON.stringify(request.headers) },
      ...{ query: request.query, body: request.body, bytes: bytesOf(request) },
    })),
  );
  await insertRows(tx, 'kakao_share.unknown_key_requests', REQUEST_COLUMNS, rows);
}
