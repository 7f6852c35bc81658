import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { firstIdAt } from '../database/new-id.js';
import type { DomainEventType } from '../events/domain-event.js';
import { shardOf } from '../events/shards.js';
import { destinationOf, lockEndpoint, type EndpointChange } from './endpoint.js';

/** In one transaction, without holding up who settles; ask again for more. */
const MAX_REPLAYED = 10_000;
/** Events of a period that are looked at for those that are asked for: others' may be far more. */
const MAX_LOOKED_AT = 100_000;

/** Which events are sent again: those recorded in a period, or these. */
export type ReplayOrder =
  | {
      readonly from: Date;
      readonly to: Date;
      readonly types: readonly DomainEventType[] | undefined;
      /** Where the call before stopped. */
      readonly after: string | undefined;
    }
  | { readonly eventIds: readonly string[] };

export interface Replayed {
  readonly replayed: number;
  /** Continue after this event; null: that was all. */
  readonly next: string | null;
}

interface FoundEvent {
  id: string;
  user_ref: string | null;
}

/**
 * Sends an endpoint past events of its app again, of the types that it hears of, under the ids that they had: also some from
 * before it was there, or that it refused. What waits for it already is not doubled. They come after what waits now and
 * beside what happens meanwhile, so out of their users' order with those, of which `sequence` tells; among themselves each
 * user's are in order. Events beyond their retention are gone.
 * @throws {UnknownEndpointError}
 */
export async function replayEvents(
  tx: Transaction,
  { endpointId, actor, reason }: EndpointChange,
  order: ReplayOrder,
): Promise<Replayed> {
  const { id, app, settings } = await lockEndpoint(tx, endpointId);
  const { found, next } =
    'eventIds' in order
      ? { found: await findThese(tx, app, settings.types, order.eventIds), next: null }
      : await findPeriod(tx, app, settings.types, order);
  const replayed = await putAgain(tx, destinationOf(id), found);
  await recordAudit(tx, {
    ...{ actor, app, action: 'event-endpoint.replay', target: id, reason },
    after: { ...order, replayed },
  });
  return { replayed, next };
}

async function findThese(
  tx: Transaction,
  app: string,
  heard: readonly string[] | null,
  eventIds: readonly string[],
): Promise<FoundEvent[]> {
  return tx.query(
    `SELECT id, user_ref FROM kakao_share.events
     WHERE id = ANY($1) AND app = $2 AND ($3::text[] IS NULL OR type = ANY($3)) ORDER BY sequence, id`,
    [eventIds, app, heard],
  );
}

async function findPeriod(
  tx: Transaction,
  app: string,
  heard: readonly string[] | null,
  { from, to, types, after }: Extract<ReplayOrder, { from: Date }>,
): Promise<{ found: FoundEvent[]; next: string | null }> {
  const [looked] = await tx.query<{ last: string | null; count: number }>(
    `SELECT max(id::text) AS last, count(*)::integer AS count FROM (
       SELECT id FROM kakao_share.events WHERE id >= $1 AND id < $2 AND ($3::uuid IS NULL OR id > $3)
       ORDER BY id LIMIT ${MAX_LOOKED_AT}) e`,
    [firstIdAt(from), firstIdAt(to), after ?? null],
  );
  if (looked?.last == null) return { found: [], next: null };
  const found = await tx.query<FoundEvent & { sequence: string | null }>(
    `SELECT id, user_ref, sequence FROM kakao_share.events
     WHERE id >= $1 AND id <= $2 AND ($3::uuid IS NULL OR id > $3) AND app = $4
       AND ($5::text[] IS NULL OR type = ANY($5)) AND ($6::text[] IS NULL OR type = ANY($6))
     ORDER BY id LIMIT ${MAX_REPLAYED}`,
    [firstIdAt(from), looked.last, after ?? null, app, heard, types ?? null],
  );
  // By the clocks of several processes, a user's ids need not be in the order of their numbers.
  const inOrder = found.toSorted((one, other) => Number(one.sequence) - Number(other.sequence));
  if (found.length === MAX_REPLAYED) return { found: inOrder, next: found.at(-1)?.id ?? null };
  return { found: inOrder, next: looked.count === MAX_LOOKED_AT ? looked.last : null };
}

async function putAgain(
  tx: Transaction,
  destination: string,
  found: readonly FoundEvent[],
): Promise<number> {
  const ids = found.map(({ id }) => id);
  await tx.query(
    'DELETE FROM kakao_share.refused_events WHERE destination = $1 AND event_id = ANY($2)',
    [destination, ids],
  );
  const put = await tx.query(
    `INSERT INTO kakao_share.outbox (destination, shard, event_id)
     SELECT $1, g.shard, g.id FROM unnest($2::uuid[], $3::smallint[]) WITH ORDINALITY AS g (id, shard, row_order)
     WHERE NOT EXISTS (SELECT FROM kakao_share.outbox o WHERE o.event_id = g.id AND o.destination = $1)
     ORDER BY row_order RETURNING 1`,
    [destination, ids, found.map(({ id, user_ref }) => shardOf(user_ref ?? id))],
  );
  return put.length;
}
