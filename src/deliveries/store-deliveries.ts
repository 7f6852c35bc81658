import type { Transaction } from '../database/database.js';
import { giveUpKey, isContested, type KeyHolding } from './contested-key.js';
import { digestOf, keyOf, type Acceptance, type Delivery } from './delivery.js';
import { refuseElsewhere } from './taken-in-elsewhere.js';

/** A job was asked for just now; before this the sweeper does not ask again. Generous against a burst's waiting time. */
export const DISPATCH_LEASE_S = 60;
/** Other content under a known id is evidence, not data: a handful is enough. */
const MAX_DIFFERING_REPEATS = 5;

const STORE = `
  WITH given AS (
    SELECT * FROM unnest(
      $1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[],
      $9::text[], $10::json[], $11::bytea[], $12::bytea[], $13::bytea[], $14::json[], $15::uuid[]
    ) AS g (id, source, app, resource_id, received_at, key_fingerprint, user_parameter, user_id, method,
            headers, query, body, digest, problems, intent_id)
  ), keyed AS (
    INSERT INTO kakao_share.delivery_keys (resource_id, app, source, delivery_id, received_at, digest)
    SELECT resource_id, app, source, id, received_at, digest FROM given
    WHERE resource_id IS NOT NULL
    ORDER BY resource_id COLLATE "C", app, source
    ON CONFLICT DO NOTHING
    RETURNING delivery_id
  ), fresh AS (
    SELECT * FROM given WHERE resource_id IS NULL OR id IN (SELECT delivery_id FROM keyed)
  ), stored AS (
    INSERT INTO kakao_share.deliveries (id, source, app, resource_id, received_at, key_fingerprint, user_parameter, user_id, method,
                            headers, query, body, digest, problems)
    SELECT id, source, app, resource_id, received_at, key_fingerprint, user_parameter, user_id, method,
           headers, query, body, digest, problems FROM fresh
    ON CONFLICT (id) DO NOTHING
    RETURNING id
  ), opened AS (
    INSERT INTO kakao_share.open_deliveries (delivery_id, dispatched_at, leased_until, intent_id)
    SELECT id, clock_timestamp(), clock_timestamp() + make_interval(secs => ${DISPATCH_LEASE_S}), intent_id
    FROM stored JOIN fresh USING (id)
  )
  SELECT id, id NOT IN (SELECT id FROM stored) AS was_known FROM fresh`;

// ON CONFLICT DO NOTHING cannot see a row that was committed meanwhile; a statement of its own can.
const FIND_FIRST = `
  SELECT k.resource_id, k.app, k.source, k.delivery_id, k.digest,
         EXISTS (SELECT FROM kakao_share.deliveries d WHERE d.id = k.delivery_id
                 AND (d.resource_id, d.app) IS DISTINCT FROM (k.resource_id, k.app)) AS is_corrected
  FROM unnest($1::text[], $2::text[], $3::text[]) AS g (resource_id, app, source)
  JOIN kakao_share.delivery_keys k ON (k.resource_id, k.app, k.source) = (g.resource_id, g.app, g.source)`;

const KEEP_DIFFERING = `
  INSERT INTO kakao_share.differing_repeats (delivery_id, digest, received_at, method, headers, query, body)
  SELECT $1, $2, $3, $4, $5, $6, $7
  WHERE (SELECT count(*) FROM kakao_share.differing_repeats WHERE delivery_id = $1) < ${MAX_DIFFERING_REPEATS}
  ON CONFLICT DO NOTHING`;

/** A key was in the way, and was given back before it could be looked up: the same again finds it free. */
export class KeyGivenBackError extends Error {
  readonly code = 'KAKAO_SHARE_KEY_GIVEN_BACK';
  override readonly name = 'KeyGivenBackError';
}

interface FirstRow extends KeyHolding {
  resource_id: string;
  app: string;
  source: string;
}

/**
 * Stores a batch of deliveries. Of equal keys, in the batch or in the database, exactly one is accepted; one that contests a key
 * which a correction gave is put aside without it. Storing the same delivery once more, after a commit whose outcome got lost,
 * finds it and says what it said before.
 * @throws {TakenInElsewhereError}
 */
export async function storeDeliveries(
  tx: Transaction,
  batch: readonly Delivery[],
): Promise<Acceptance[]> {
  const firstOfKey = new Map<string, Delivery>();
  for (const delivery of batch) {
    if (!firstOfKey.has(keyOf(delivery))) firstOfKey.set(keyOf(delivery), delivery);
  }
  const stored = await insert(tx, [...firstOfKey.values()]);
  const repeats = batch.filter((delivery) => !stored.has(delivery.id));
  const firsts = await findFirsts(tx, repeats);
  const contested = repeats.filter((repeat) => isContested(repeat, firstRow(firsts, repeat)));
  const withoutKey = new Map(contested.map((delivery) => [delivery.id, giveUpKey(delivery)]));
  await insert(tx, [...withoutKey.values()]);
  await keepDiffering(
    tx,
    repeats.filter(({ id }) => !withoutKey.has(id)),
    firsts,
  );
  return batch.map((given) => {
    const delivery = withoutKey.get(given.id) ?? given;
    if (stored.has(given.id) || delivery !== given) return accepted(delivery);
    const { delivery_id: firstId } = firstRow(firsts, given);
    if (firstId === given.id) return accepted(given);
    return { status: 'duplicate', deliveryId: firstId, problems: [] };
  });
}

function accepted({ id, problems }: Delivery): Acceptance {
  return { status: problems.length > 0 ? 'quarantined' : 'accepted', deliveryId: id, problems };
}

async function insert(tx: Transaction, deliveries: readonly Delivery[]): Promise<Set<string>> {
  if (deliveries.length === 0) return new Set();
  const column = <T>(valueOf: (delivery: Delivery) => T): T[] => deliveries.map(valueOf);
  const rows = await tx.query<{ id: string; was_known: boolean }>(STORE, [
    column((d) => d.id),
    column((d) => d.source),
    column((d) => d.app),
    column((d) => d.resourceId ?? null),
    column((d) => d.receivedAt),
    column((d) => d.keyFingerprint),
    column((d) => d.userParameter),
    column((d) => d.userId ?? null),
    column((d) => d.method),
    column((d) => JSON.stringify(d.headers)),
    column((d) => d.query),
    column((d) => d.body),
    column(digestOf),
    column((d) => (d.problems.length > 0 ? JSON.stringify(d.problems) : null)),
    column((d) => d.intentId ?? null),
  ]);
  const known = new Set(rows.filter(({ was_known }) => was_known).map(({ id }) => id));
  await refuseElsewhere(
    tx,
    deliveries.filter(({ id }) => known.has(id)),
  );
  return new Set(rows.map(({ id }) => id));
}

async function findFirsts(
  tx: Transaction,
  repeats: readonly Delivery[],
): Promise<Map<string, FirstRow>> {
  if (repeats.length === 0) return new Map();
  const rows = await tx.query<FirstRow>(FIND_FIRST, [
    repeats.map((d) => d.resourceId),
    repeats.map((d) => d.app),
    repeats.map((d) => d.source),
  ]);
  return new Map(
    rows.map((row) => [keyOf({ ...row, id: row.delivery_id, resourceId: row.resource_id }), row]),
  );
}

async function keepDiffering(
  tx: Transaction,
  repeats: readonly Delivery[],
  firsts: ReadonlyMap<string, FirstRow>,
): Promise<void> {
  for (const repeat of repeats) {
    const first = firstRow(firsts, repeat);
    const digest = digestOf(repeat);
    if (digest.equals(first.digest)) continue;
    const { receivedAt, method, headers, query, body } = repeat;
    await tx.query(KEEP_DIFFERING, [
      first.delivery_id,
      digest,
      receivedAt,
      method,
      JSON.stringify(headers),
      query,
      body,
    ]);
  }
}

function firstRow(firsts: ReadonlyMap<string, FirstRow>, repeat: Delivery): FirstRow {
  const first = firsts.get(keyOf(repeat));
  // Never answer `duplicate` unproven: without the first row the batch fails and is tried again.
  if (first === undefined) throw new KeyGivenBackError();
  return first;
}
