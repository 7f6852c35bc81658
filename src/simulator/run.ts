import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import type { JudgeOptions } from './answer-judge.js';
import { SummaryCollector } from './run-summary.js';
import type { RunSummary } from './run-summary.js';
import { KAKAO_LIMIT_MS, Sender } from './send.js';
import type { Answer } from './send.js';
import type { SimulatedShare } from './simulated-share.js';

/** More connections than this measure the machine's sockets, not the service. */
export const MAX_CONCURRENCY = 1024;

export interface RunOptions extends JudgeOptions {
  /** Requests started per second. Without it: a burst, each connection sends as fast as it is answered. */
  readonly ratePerSecond?: number | undefined;
  /** Most requests under way at once. Default 64, at most {@link MAX_CONCURRENCY}. */
  readonly concurrency?: number;
  /** How long an answer may take. Default Kakao's 3 s. */
  readonly limitMs?: number;
  /** Stops sending; requests under way are still waited for, within the limit. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each answer. */
  readonly onAnswer?: (share: SimulatedShare, answer: Answer) => void;
}

/** Sends the shares in their order and sums the answers up. Takes one share at a time, so a scenario may be endless. */
export async function runScenario(
  shares: Iterable<SimulatedShare>,
  options: RunOptions = {},
): Promise<RunSummary> {
  const { limitMs = KAKAO_LIMIT_MS, ratePerSecond = Infinity, signal, onAnswer } = options;
  const concurrency = Math.min(Math.max(1, options.concurrency ?? 64), MAX_CONCURRENCY);
  const sender = new Sender({ limitMs, maxSockets: concurrency });
  const collector = new SummaryCollector(limitMs, options);
  const startedAt = performance.now();
  const turns = inTime(shares, startedAt, ratePerSecond, signal);

  // All connections draw from one generator, which answers them in their order.
  async function sendTurns(): Promise<void> {
    for await (const { share, lagMs } of turns) {
      const answer = await sender.send(share.request);
      collector.add(share, answer, lagMs);
      onAnswer?.(share, answer);
    }
  }

  try {
    await Promise.all(Array.from({ length: concurrency }, sendTurns));
  } finally {
    sender.close();
  }
  return collector.finish(performance.now() - startedAt, signal?.aborted ?? false);
}

interface Turn {
  readonly share: SimulatedShare;
  /** How long after its time the turn came, because all connections were busy. */
  readonly lagMs: number;
}

async function* inTime(
  shares: Iterable<SimulatedShare>,
  startedAt: number,
  ratePerSecond: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Turn, void> {
  let started = 0;
  for (const share of shares) {
    const dueAt = startedAt + (started++ * 1000) / ratePerSecond;
    await waitUntil(dueAt, signal);
    if (signal?.aborted) return;
    yield { share, lagMs: ratePerSecond === Infinity ? 0 : performance.now() - dueAt };
  }
}

/** Waits no longer than the signal allows. */
async function waitUntil(dueAt: number, signal: AbortSignal | undefined): Promise<void> {
  const waitMs = dueAt - performance.now();
  if (waitMs <= 0) return;
  await sleep(waitMs, undefined, signal ? { signal } : {}).catch(() => undefined);
}
