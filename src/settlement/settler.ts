import type { Logger } from '@nestjs/common';
import { describeError, isConnectionLoss, isLockTimeout } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { retryConflicts } from '../database/retry-conflicts.js';
import { recordEvents } from '../events/record-events.js';
import type { IntentSigningKeys } from '../intents/signing-keys.js';
import { backoffMs } from '../lifecycle/background-loop.js';
import { MAX_DELIVERIES_PER_JOB, type SettlementQueue } from '../queue/settlement-queue.js';
import {
  closeDeliveries,
  countAttempts,
  forgetAttempts,
  lockOpenDeliveries,
  postponeDelivery,
} from './open-delivery.js';
import { headOf, SETTLEMENT_ACTOR, type Outcome, type Verdict } from './outcome.js';
import { eventsOf } from './outcome-events.js';
import { settleBatch } from './settle-batch.js';
import type { SettlementObserver } from './settlement-observer.js';
import { writeDecisions } from './write-decisions.js';

const LIMITS = { statementTimeoutMs: 20_000, lockTimeoutMs: 3_000 };
/** A job of 200 is down to single deliveries in three steps. */
const SPLIT_INTO = 8;
/** With back-off from 2 s to 5 min this is about half an hour of trying. */
export const MAX_ATTEMPTS = 10;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 300_000;
/** How long after its retry was due a delivery is left to that retry before the sweeper asks. */
const RETRY_LEASE_MS = 60_000;

/** Settles deliveries: together where that goes well, alone where it does not. */
export class Settler {
  constructor(
    private readonly database: Database,
    private readonly queue: SettlementQueue,
    private readonly logger: Logger,
    private readonly keys?: IntentSigningKeys,
    private readonly observer?: SettlementObserver,
  ) {}

  /**
   * Settles what a job names, as many at once as a transaction is good for, in the order in which they are named: a replay names all
   * that it opened, oldest first.
   * @throws when the database is away: what is left of the job is for later
   */
  async settle(deliveryIds: readonly string[]): Promise<void> {
    for (let start = 0; start < deliveryIds.length; start += MAX_DELIVERIES_PER_JOB)
      await this.#settleGroup(deliveryIds.slice(start, start + MAX_DELIVERIES_PER_JOB));
  }

  async #settleGroup(deliveryIds: readonly string[]): Promise<void> {
    const first = await countAttempts(this.database, deliveryIds, 'first attempts');
    await this.#settleTogether(
      first.map(({ id }) => id),
      1,
    );
    // What was tried before may be what brought its worker down: counted and settled one by one.
    const fresh = new Set(first.map(({ id }) => id));
    for (const deliveryId of deliveryIds.filter((id) => !fresh.has(id))) {
      const [counted] = await countAttempts(this.database, [deliveryId], 'any attempt');
      if (counted === undefined) continue;
      if (counted.attempts > MAX_ATTEMPTS) await this.#settleAsFailed(deliveryId);
      else await this.#settleTogether([deliveryId], counted.attempts);
    }
  }

  async #settleTogether(deliveryIds: readonly string[], attempts: number): Promise<void> {
    const [only] = deliveryIds;
    if (only === undefined) return;
    let verdicts: Verdict[];
    try {
      verdicts = await retryConflicts(() =>
        this.database.transaction(LIMITS, (tx) => settleBatch(tx, deliveryIds, this.keys)),
      );
    } catch (error) {
      if (isConnectionLoss(error)) {
        await forgetAttempts(this.database, deliveryIds, describeError(error)).catch(
          () => undefined,
        );
        throw error;
      }
      if (deliveryIds.length === 1) {
        await this.#postpone(only, attempts, error);
        return;
      }
      const size = Math.ceil(deliveryIds.length / SPLIT_INTO);
      for (let start = 0; start < deliveryIds.length; start += size) {
        await this.#settleTogether(deliveryIds.slice(start, start + size), attempts);
      }
      return;
    }
    this.observer?.settled(verdicts);
  }

  async #postpone(deliveryId: string, attempts: number, cause: unknown): Promise<void> {
    const error = describeError(cause);
    this.logger.warn(
      `Delivery ${deliveryId} was not settled (attempt ${attempts} of ${MAX_ATTEMPTS}): ${error}`,
    );
    const retryMs = Math.round(backoffMs(attempts, FIRST_RETRY_MS, LAST_RETRY_MS));
    await postponeDelivery(this.database, deliveryId, error, retryMs + RETRY_LEASE_MS);
    // A lock that somebody else holds is not the delivery's fault.
    if (isLockTimeout(cause)) await forgetAttempts(this.database, [deliveryId], error);
    else if (attempts >= MAX_ATTEMPTS) {
      await this.#settleAsFailed(deliveryId);
      return;
    }
    await this.queue.add([[deliveryId]], retryMs).catch((problem: unknown) => {
      this.logger.warn(
        `No retry job for delivery ${deliveryId}, the sweeper will ask: ${describeError(problem)}`,
      );
    });
  }

  /** Gives up for now, visibly: the error is kept and the delivery can be replayed. */
  async #settleAsFailed(deliveryId: string): Promise<void> {
    const isFailed = await this.database.transaction(LIMITS, async (tx) => {
      const [delivery] = await lockOpenDeliveries(tx, [deliveryId]);
      if (delivery === undefined) return false;
      const reason = delivery.lastError ?? 'every worker that tried to settle it went down';
      const outcome: Outcome = {
        ...headOf(delivery),
        verdict: 'failed',
        reasons: [reason],
        userRef: undefined,
      };
      await writeDecisions(tx, [outcome], SETTLEMENT_ACTOR);
      await recordEvents(tx, eventsOf(outcome));
      await closeDeliveries(tx, [deliveryId]);
      return true;
    });
    if (!isFailed) return;
    this.observer?.settled(['failed']);
    this.logger.error(
      `Delivery ${deliveryId} failed for good: see its verdict, replay it when the cause is gone.`,
    );
  }
}
