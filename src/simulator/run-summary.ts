import { createHistogram } from 'node:perf_hooks';

import { AnswerJudge } from './answer-judge.js';
import type { JudgeOptions, Mismatch } from './answer-judge.js';
import { givenAnswer } from './given-answer.js';
import type { GivenAnswer } from './given-answer.js';
import type { Answer } from './send.js';
import type { ExpectedAnswer, SimulatedShare } from './simulated-share.js';

export interface RunSummary {
  readonly sent: number;
  /** True when a signal ended the run before the scenario did. */
  readonly stoppedEarly: boolean;
  readonly elapsedMs: number;
  readonly perSecond: number;
  readonly expected: Readonly<Partial<Record<ExpectedAnswer, number>>>;
  readonly given: Readonly<Partial<Record<GivenAnswer, number>>>;
  /** By HTTP status, e.g. `{ '200': 98, '401': 2 }`. */
  readonly byHttpStatus: Readonly<Record<string, number>>;
  /** By error code, of requests that failed, e.g. `{ ECONNREFUSED: 3 }`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of answered and timed-out requests. */
  readonly latencyMs: Readonly<Record<'p50' | 'p95' | 'p99' | 'max', number>>;
  /** What Kakao waits at most. */
  readonly limitMs: number;
  /** Answers that Kakao would not have waited for, none at all included. */
  readonly overLimit: number;
  /** How far sending fell behind the wished rate at worst: far behind, and latencies look better than they are. */
  readonly maxLagMs: number;
  /** Answers that were not as expected. */
  readonly mismatches: number;
  /** The first few of them. */
  readonly examples: readonly Mismatch[];
}

/** Adds up a run in bounded memory: counters over closed sets and a histogram of three significant digits. */
export class SummaryCollector {
  readonly #judge: AnswerJudge;
  readonly #latencyMicros = createHistogram();
  readonly #expected: Record<string, number> = {};
  readonly #given: Record<string, number> = {};
  readonly #byHttpStatus: Record<string, number> = {};
  readonly #failures: Record<string, number> = {};
  #sent = 0;
  #overLimit = 0;
  #maxLagMs = 0;

  constructor(
    private readonly limitMs: number,
    options: JudgeOptions,
  ) {
    this.#judge = new AnswerJudge(options);
  }

  add(share: SimulatedShare, answer: Answer, lagMs: number): void {
    const given = givenAnswer(answer);
    this.#sent++;
    this.#maxLagMs = Math.max(this.#maxLagMs, lagMs);
    count(this.#expected, share.expected);
    count(this.#given, given);
    if (answer.outcome === 'answered') count(this.#byHttpStatus, String(answer.status));
    if (answer.outcome === 'failed') count(this.#failures, answer.errorCode ?? 'unknown');
    else this.#latencyMicros.record(Math.max(1, Math.round(answer.latencyMs * 1000)));
    if (answer.outcome === 'timeout' || answer.latencyMs > this.limitMs) this.#overLimit++;
    this.#judge.judge(share, given);
  }

  finish(elapsedMs: number, stoppedEarly: boolean): RunSummary {
    this.#judge.finish();
    return {
      sent: this.#sent,
      stoppedEarly,
      elapsedMs: Math.round(elapsedMs),
      perSecond: rounded((this.#sent * 1000) / Math.max(1, elapsedMs)),
      expected: this.#expected,
      given: this.#given,
      byHttpStatus: this.#byHttpStatus,
      failures: this.#failures,
      latencyMs: {
        p50: this.#percentileMs(50),
        p95: this.#percentileMs(95),
        p99: this.#percentileMs(99),
        max: this.#percentileMs(100),
      },
      limitMs: this.limitMs,
      overLimit: this.#overLimit,
      maxLagMs: Math.round(this.#maxLagMs),
      mismatches: this.#judge.mismatches,
      examples: this.#judge.examples,
    };
  }

  #percentileMs(percentile: number): number {
    if (this.#latencyMicros.count === 0) return 0;
    return rounded(this.#latencyMicros.percentile(percentile) / 1000);
  }
}

function count(counters: Record<string, number>, name: string): void {
  counters[name] = (counters[name] ?? 0) + 1;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
