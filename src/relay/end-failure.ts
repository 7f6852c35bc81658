import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { pauseDestination, wakeRelays } from './destinations.js';
import { EventRefusedError, type EventTransport } from './event-transport.js';
import { judgeFailure, type Judgement } from './judge-failure.js';
import { setAside } from './refused-events.js';
import { nowIn, type RelayClock } from './relay-clock.js';
import { giveShardBack, type PendingEvent, type ShardLease } from './shard-lease.js';
import type { Failure } from './shard-publisher.js';

const LIMITS = { statementTimeoutMs: 10_000 };

interface Parts {
  readonly transport: EventTransport;
  readonly leaseMs: number;
  readonly clock: RelayClock;
  readonly logger: Logger;
}

/**
 * Ends what failed while a shard was told: one event goes aside and the turn goes on, or the turn is over and the shard given
 * back, to rest or with its destination paused.
 */
export async function endFailure(
  database: Database,
  lease: ShardLease,
  failure: Failure,
  { transport, leaseMs, clock, logger }: Parts,
): Promise<'over' | 'goes on'> {
  const { destination, shard } = lease;
  const judgement = await judge(database, lease, failure.error, transport, clock);
  const error = describeError(failure.error);
  if (judgement.then === 'set-aside') {
    const event = eventAtFault(failure);
    const time = { leaseMs, aheadMs: clock.aheadMs };
    const held = await database.transaction(LIMITS, (tx) =>
      setAside(tx, lease, { event, reason: error }, time),
    );
    if (!held) return 'over';
    logger.warn(`${destination} does not take event ${event.id}, which is put aside: ${error}`);
    return 'goes on';
  }
  if (judgement.then === 'pause') {
    // Several shards fail at the same time; one of them tells it.
    const isFirst = await database.transaction(LIMITS, async (tx) => {
      const paused = await pauseDestination(tx, destination, error);
      if (paused) await transport.onPaused?.(tx, { since: judgement.since, reason: error });
      return paused;
    });
    if (isFirst)
      logger.error(`${destination} is paused, its events wait until it is resumed: ${error}`);
    await giveShardBack(database, lease, clock.aheadMs, { error, restMs: 0, failedAlone: 0 });
    return 'over';
  }
  // Once for each time that it begins: a destination that is away for hours would fill the log, and its standing tells the rest.
  const told = `Events to ${destination} wait, shard ${shard}: ${error}`;
  if (lease.failures === 0) logger.warn(told);
  else logger.debug(told);
  await giveShardBack(database, lease, clock.aheadMs, { error, ...judgement });
  if (judgement.restMs === 0) await wakeRelays(database, destination);
  return 'over';
}

function eventAtFault({ error, part }: Failure): PendingEvent {
  const named =
    error instanceof EventRefusedError ? part.find(({ id }) => id === error.eventId) : undefined;
  const event = named ?? part[0];
  if (event === undefined) throw new Error('Nothing was published, so nothing can have failed.');
  return event;
}

async function judge(
  database: Database,
  lease: ShardLease,
  error: unknown,
  { maxRestMs, pauseAfterMs }: EventTransport,
  { aheadMs }: RelayClock,
): Promise<Judgement> {
  const [standing] = await database.query<{ now: Date; last: Date | null }>(
    `SELECT ${nowIn('$2')} AS now, max(last_published_at) AS last
     FROM kakao_share.relay_leases WHERE destination = $1`,
    [lease.destination, aheadMs],
  );
  if (standing === undefined) throw new Error('The database has no clock.');
  return judgeFailure({
    error,
    now: standing.now,
    failures: lease.failures,
    failingSince: lease.failing_since,
    failedAt: lease.failed_at,
    failedAlone: lease.failed_alone,
    lastPublishedAt: standing.last,
    maxRestMs,
    pauseAfterMs,
  });
}
