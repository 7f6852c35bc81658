import { BackgroundLoop } from '../../../src/lifecycle/background-loop.js';
import { Sender, type Answer } from '../../../src/simulator/send.js';
import type { Pulse } from '../../support/pulse.js';
import { Logger } from '@nestjs/common';
import { EVERY_FAULT } from './durations.js';
import { requestFor, type PlannedShare } from './planned-shares.js';
import { sendingOf, type Sending } from './sending.js';

const PROBE_EVERY_MS = 200;
const PROBE_LIMIT_MS = 2_000;
const STOP_LIMIT_MS = 5_000;
/** An answer that is late is waited for all the same: how late it was, and whose fault that is, is judged afterwards. */
const ANSWER_LIMIT_MS = 30_000;
/** Requests wait for their answer, never for a connection. */
const MAX_SOCKETS = 1_000;
const WEBHOOK_PATH = '/webhooks/kakao/share';

/** A web, and whether it says that it is ready. */
interface Web {
  readonly url: string;
  ready: boolean;
}

/**
 * What stands in front of webs: it asks each whether it is ready, sends in turn to those that are, and tries the next one where
 * nobody listens. What was sent is never sent again.
 */
export class Balancer {
  readonly #sender = new Sender({ limitMs: ANSWER_LIMIT_MS, maxSockets: MAX_SOCKETS });
  readonly #webs = new Map<string, Web>();
  readonly #probing: BackgroundLoop;
  #turn = 0;

  constructor(
    private readonly adminKey: string,
    private readonly pulse: Pulse,
  ) {
    const logger = new Logger('Balancer');
    this.#probing = new BackgroundLoop('probing webs', () => this.#probe(), logger);
    this.#probing.start();
  }

  add(url: string): void {
    this.#webs.set(url, { url, ready: true });
  }

  remove(url: string): void {
    this.#webs.delete(url);
  }

  async send(share: PlannedShare): Promise<Sending> {
    const startedAtMs = performance.now();
    let answer: Answer | undefined;
    for (const { url } of this.#inTurn()) {
      answer = await this.#sender.send(requestFor(share, `${url}${WEBHOOK_PATH}`, this.adminKey));
      if (answer.errorCode !== 'ECONNREFUSED') break;
    }
    const latencyMs = performance.now() - startedAtMs;
    answer ??= { outcome: 'failed', status: 0, body: '', headers: {}, latencyMs };
    // Who plays every fault has a machine for it, and is told the bare truth.
    const standstillMs = EVERY_FAULT ? 0 : this.pulse.lostSince(startedAtMs);
    return sendingOf(share, { ...answer, latencyMs }, standstillMs);
  }

  async close(): Promise<void> {
    await this.#probing.stop(STOP_LIMIT_MS);
    this.#sender.close();
  }

  /** Those that are not ready come last: better tried than not. */
  #inTurn(): Web[] {
    const all = [...this.#webs.values()];
    const ready = all.filter((web) => web.ready);
    const first = this.#turn++ % Math.max(1, ready.length);
    return [...ready.slice(first), ...ready.slice(0, first), ...all.filter((web) => !web.ready)];
  }

  async #probe(): Promise<number> {
    await Promise.all(
      [...this.#webs.values()].map(async (web) => {
        web.ready = await isReady(web.url);
      }),
    );
    return PROBE_EVERY_MS;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_LIMIT_MS);
    const response = await fetch(`${url}/health/ready`, { signal });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
