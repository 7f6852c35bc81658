import type { BeforeApplicationShutdown, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { describeError, isDataError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { within } from '../lifecycle/within.js';
import { HALF_LIFE_MS } from './choose-losers.js';
import { forgetUnknownKeys } from './forget-unknown-keys.js';
import { NewcomerLog } from './newcomer-log.js';
import { UnknownKeyRing } from './unknown-key-ring.js';
import type { UnknownKey, UnknownKeyRequest } from './unknown-key.js';
import { writeUnknownKeys, type Finding, type Standing } from './write-unknown-keys.js';

/** What a killed process loses of it. */
const WRITE_EVERY_MS = 2_000;
const STOP_LIMIT_MS = 1_000;

/**
 * Remembers requests in Kakao's shape whose key no app has, so that a rotation that went wrong loses nobody's share: in memory
 * first, in the database every few seconds, never on the answer's path. Replayed by hand once an app has the key.
 */
export class UnknownKeys implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #ring = new UnknownKeyRing();
  readonly #newcomers: NewcomerLog;
  readonly #loop: BackgroundLoop;
  /** Forgetting and fading are due at the start, and then by the hour. */
  #tidiedAtMs = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {
    this.#newcomers = new NewcomerLog(logger);
    this.#loop = new BackgroundLoop(
      'keeping requests with unknown keys',
      () => this.#step(),
      logger,
    );
  }

  /** Counts such a request. @returns whether there is room for the request itself */
  hit(key: UnknownKey, now: Date): boolean {
    return this.#ring.hit(key, now);
  }

  keep(key: UnknownKey, request: UnknownKeyRequest): void {
    this.#ring.keep(key, request);
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  /** Before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop.stop(STOP_LIMIT_MS);
    try {
      await within(STOP_LIMIT_MS, 'writing the last requests with unknown keys', this.#write());
    } catch (error) {
      this.logger.warn(`Requests with unknown keys were not kept: ${describeError(error)}`);
    }
  }

  async #step(): Promise<number> {
    // Monotonic: a clock that is set back must keep nobody waiting.
    this.#newcomers.tell(this.#ring.keys, performance.now());
    await this.#write();
    await this.#tidy(performance.now());
    return WRITE_EVERY_MS;
  }

  async #write(): Promise<void> {
    const findings = this.#ring.keys
      .filter(({ untoldHits, waiting }) => untoldHits > 0 || waiting.length > 0)
      .map((key): Finding => ({ ...key, hits: key.untoldHits, requests: [...key.waiting] }));
    if (findings.length === 0) return;
    try {
      const standings = await writeUnknownKeys(this.database, findings, new Date());
      for (const standing of standings) this.#settle(standing, findings);
    } catch (error) {
      // What the database will never take must not hold up what comes after it.
      if (isDataError(error)) this.#ring.dropWaiting();
      throw error;
    }
  }

  /** What the database has, or has no room for, need not wait any longer. What it gave no place waits on, within its bounds. */
  #settle({ proof, kept, keptBytes }: Standing, findings: readonly Finding[]): void {
    const finding = findings.find((candidate) => candidate.proof.equals(proof));
    const key = this.#ring.keys.find((candidate) => candidate.proof.equals(proof));
    if (finding === undefined || key === undefined) return;
    this.#ring.settle(key, finding, { requests: kept, bytes: keptBytes });
  }

  async #tidy(nowMs: number): Promise<void> {
    if (nowMs - this.#tidiedAtMs < HALF_LIFE_MS) return;
    await forgetUnknownKeys(this.database);
    this.#ring.fade();
    this.#tidiedAtMs = nowMs;
  }
}
