import { backoffMs } from '../lifecycle/background-loop.js';
import { OlderHandlerError } from './publish-asked.js';
import { PublishOverdueError } from './shard-publisher.js';
import {
  DestinationBusyError,
  DestinationGoneError,
  DestinationUnavailableError,
  EventRefusedError,
} from './event-transport.js';

/** Unless the transport says otherwise. */
const MAX_REST_MS = 15_000;
/** So often an event fails, others being taken between one try and the next, before it counts as the event's own fault. */
const MAX_FAILED_ALONE = 5;

/** What is known when telling a shard failed. */
export interface FailedShard {
  readonly error: unknown;
  readonly now: Date;
  /** In a row, before this one. */
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly failedAt: Date | null;
  readonly failedAlone: number;
  /** When the destination last took an event, of whatever shard. */
  readonly lastPublishedAt: Date | null;
  readonly maxRestMs?: number | undefined;
  readonly pauseAfterMs?: number | undefined;
}

/** What follows: the shard rests and repeats, or one event goes aside, or the destination is paused. */
export type Judgement =
  | { readonly then: 'repeat'; readonly restMs: number; readonly failedAlone: number }
  | { readonly then: 'set-aside' }
  | { readonly then: 'pause'; readonly since: Date };

/**
 * Tells the fault of one event from that of the destination. What the transport knows it says by its error. For the rest: while a
 * destination takes nothing at all, everything waits; an event that fails again and again while others are taken goes aside.
 */
export function judgeFailure(shard: FailedShard): Judgement {
  const { error, now } = shard;
  const since = shard.failingSince ?? now;
  if (error instanceof EventRefusedError) return { then: 'set-aside' };
  if (error instanceof DestinationGoneError) return { then: 'pause', since };
  // Of this process: a newer one may tell it at once.
  if (error instanceof OlderHandlerError) {
    return { then: 'repeat', restMs: 0, failedAlone: shard.failedAlone };
  }
  // Others get on also where a queue is full now and then, or one relay of several is cut off.
  const isOfDestination = error instanceof DestinationUnavailableError;
  const failedAlone = shard.failedAlone + (!isOfDestination && othersGotOn(shard) ? 1 : 0);
  // What still runs may succeed yet.
  const isOver = !(error instanceof PublishOverdueError);
  if (isOver && !isOfDestination && failedAlone >= MAX_FAILED_ALONE) return { then: 'set-aside' };
  if (failsForTooLong(shard, since)) return { then: 'pause', since };
  const maxRestMs = shard.maxRestMs ?? MAX_REST_MS;
  const askedMs = error instanceof DestinationBusyError ? error.retryAfterMs : 0;
  const restMs = Math.max(backoffMs(shard.failures + 1, undefined, maxRestMs), askedMs);
  return { then: 'repeat', restMs: Math.min(restMs, maxRestMs), failedAlone };
}

function othersGotOn({ failedAt, lastPublishedAt }: FailedShard): boolean {
  return failedAt !== null && lastPublishedAt !== null && lastPublishedAt > failedAt;
}

function failsForTooLong(
  { now, pauseAfterMs, lastPublishedAt }: FailedShard,
  since: Date,
): boolean {
  if (pauseAfterMs === undefined || now.getTime() - since.getTime() < pauseAfterMs) return false;
  return lastPublishedAt === null || lastPublishedAt < since;
}
