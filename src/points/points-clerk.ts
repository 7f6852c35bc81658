import type { Logger } from '@nestjs/common';
import {
  describeError,
  isConflict,
  isConnectionLoss,
  isLockTimeout,
} from '../database/database-errors.js';
import type { Database, Transaction } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { requireCurrentSchema } from '../database/schema-state.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { MAX_MOVEMENTS } from './clerk-bounds.js';
import { collectClaims } from './collect-claims.js';
import { expireDueLots } from './expire-lots.js';
import { releaseDueHolds } from './release-due-holds.js';
import { SetAside } from './set-aside.js';

/** How late a release or an expiry may be, beyond the work that waits. */
const REST_MS = 5_000;
/** Users in one transaction: few enough that a settlement of one of them waits for milliseconds only. */
const MAX_USERS = 100;
const LIMITS = { statementTimeoutMs: 10_000, lockTimeoutMs: 3_000 };

/** Something that falls due: how to find whose it is, and how to do it for users. */
interface Duty {
  readonly name: string;
  /** Users for whom something is due at $1, but for those of $2. */
  readonly due: string;
  readonly work: (tx: Transaction, userRefs: readonly string[], now: Date) => Promise<number>;
}

const DUTIES: readonly Duty[] = [
  {
    name: 'releasing held rewards',
    due: `SELECT DISTINCT user_ref FROM (
            SELECT user_ref FROM kakao_share.holds WHERE state = 'pending' AND release_at <= $1 AND user_ref <> ALL($2::uuid[])
              AND campaign_id NOT IN (SELECT id FROM kakao_share.campaigns WHERE killed_at IS NOT NULL)
            ORDER BY release_at LIMIT ${MAX_MOVEMENTS}) d LIMIT ${MAX_USERS}`,
    work: releaseDueHolds,
  },
  {
    name: 'expiring points',
    due: `SELECT DISTINCT a.user_ref FROM (
            SELECT account_id FROM kakao_share.lots WHERE remaining > 0 AND expires_at <= $1
              AND account_id NOT IN (SELECT id FROM kakao_share.accounts WHERE user_ref = ANY($2::uuid[]))
            ORDER BY expires_at LIMIT ${MAX_MOVEMENTS}) d
          JOIN kakao_share.accounts a ON a.id = d.account_id LIMIT ${MAX_USERS}`,
    work: expireDueLots,
  },
  {
    name: 'collecting claims',
    due: `SELECT DISTINCT c.user_ref FROM kakao_share.clawback_claims c
          JOIN kakao_share.accounts a ON a.user_ref = c.user_ref AND a.app = c.app AND a.unit = c.unit
           AND a.kind = 'user_available' AND a.balance > 0
          WHERE c.taken < c.amount AND $1::timestamptz IS NOT NULL
            AND c.user_ref <> ALL($2::uuid[]) LIMIT ${MAX_USERS}`,
    work: collectClaims,
  },
];

/**
 * Does what falls due: releases held rewards, lets points expire, takes what is claimed. By the database's clock, in bounded
 * batches; several processes may do it at once, whoever locks a user first finds the work and the others find none.
 */
export class PointsClerk {
  readonly #loop: BackgroundLoop;
  readonly #setAside = new Map(DUTIES.map((duty) => [duty, new SetAside()]));
  #isSchemaCurrent = false;

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {
    this.#loop = new BackgroundLoop('points clerk', () => this.#round(), logger);
  }

  start(): void {
    this.#loop.start();
  }

  async stop(limitMs: number): Promise<void> {
    await this.#loop.stop(limitMs);
  }

  /** Does what is due at `now`, at most one batch of each kind. @returns how many transfers that took */
  async work(now: Date): Promise<number> {
    let moved = 0;
    for (const duty of DUTIES) {
      const rows = await this.database.query<{ user_ref: string }>(duty.due, [
        now,
        this.#setAside.get(duty)?.at(now) ?? [],
      ]);
      moved += await this.#together(
        duty,
        rows.map(({ user_ref }) => user_ref),
        now,
      );
    }
    return moved;
  }

  async #round(): Promise<number> {
    if (!this.#isSchemaCurrent) await requireCurrentSchema(this.database);
    this.#isSchemaCurrent = true;
    const moved = await this.work(await readClock(this.database));
    return moved === 0 ? REST_MS : 0;
  }

  /** Many users in one transaction where that goes well; otherwise each alone, so that one does not keep the others waiting; who fails is set aside. */
  async #together(duty: Duty, userRefs: readonly string[], now: Date): Promise<number> {
    if (userRefs.length === 0) return 0;
    try {
      return await this.database.transaction(LIMITS, (tx) => duty.work(tx, userRefs, now));
    } catch (error) {
      if (isConnectionLoss(error)) throw error;
      const [only] = userRefs;
      if (userRefs.length === 1 && only !== undefined) {
        // Somebody else who is in the way is gone next time.
        if (!isConflict(error) && !isLockTimeout(error)) {
          this.#setAside.get(duty)?.add(only, now);
          this.logger.warn(`${duty.name} of user ${only} failed: ${describeError(error)}`);
        }
        return 0;
      }
      let moved = 0;
      for (const userRef of userRefs) moved += await this.#together(duty, [userRef], now);
      return moved;
    }
  }
}
