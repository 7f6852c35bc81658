import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { currentVersion } from './catalogue/catalogue.js';
import type { NewEvent } from './domain-event.js';
import { shardOf } from './shards.js';

/**
 * Writes events and, for every destination, what is still to be told. Each event of a user takes the user's next number;
 * the caller holds the user's lock.
 */
export async function recordEvents(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const nextSequence = await takeSequences(tx, events);
  const rows = events.map((event) => {
    const id = newId();
    return {
      ...event,
      id,
      sequence: nextSequence(event.userRef),
      shard: shardOf(event.userRef ?? id),
    };
  });
  await tx.query(
    `INSERT INTO kakao_share.events (id, app, type, version, user_ref, sequence, data, occurred_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::uuid[], $6::bigint[], $7::json[],
                          $8::timestamptz[])`,
    [
      rows.map(({ id }) => id),
      rows.map(({ app }) => app),
      rows.map(({ type }) => type),
      rows.map(({ type }) => currentVersion(type)),
      rows.map(({ userRef }) => userRef ?? null),
      rows.map(({ sequence }) => sequence),
      rows.map(({ data }) => JSON.stringify(data)),
      rows.map(({ occurredAt }) => occurredAt),
    ],
  );
  await tx.query(
    `INSERT INTO kakao_share.outbox (destination, shard, event_id)
     SELECT d.name, g.shard, g.id
     FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[]) WITH ORDINALITY AS g (id, shard, app, type, row_order)
     JOIN kakao_share.destinations d ON d.removed_at IS NULL
      AND (d.app IS NULL OR d.app = g.app) AND (d.types IS NULL OR g.type = ANY(d.types))
     ORDER BY row_order`,
    [
      rows.map(({ id }) => id),
      rows.map(({ shard }) => shard),
      rows.map(({ app }) => app),
      rows.map(({ type }) => type),
    ],
  );
}

async function takeSequences(
  tx: Transaction,
  events: readonly NewEvent[],
): Promise<(userRef: string | undefined) => number | null> {
  const counts = new Map<string, number>();
  for (const { userRef } of events) {
    if (userRef !== undefined) counts.set(userRef, (counts.get(userRef) ?? 0) + 1);
  }
  const next = new Map<string, number>();
  if (counts.size > 0) {
    const rows = await tx.query<{ id: string; first: string }>(
      `UPDATE kakao_share.users u SET next_sequence = next_sequence + g.count
       FROM unnest($1::uuid[], $2::bigint[]) AS g (id, count) WHERE u.id = g.id
       RETURNING u.id, u.next_sequence - g.count AS first`,
      [[...counts.keys()], [...counts.values()]],
    );
    for (const { id, first } of rows) next.set(id, toInteger(first));
  }
  return (userRef) => {
    if (userRef === undefined) return null;
    const sequence = next.get(userRef);
    if (sequence === undefined) throw new Error('An event names a user that does not exist.');
    next.set(userRef, sequence + 1);
    return sequence;
  };
}
