import type { RunSummary } from './run-summary.js';

/** Sending later than this is no longer the rate that was asked for. */
const NOTABLE_LAG_MS = 100;

/** The summary for people. */
export function summaryText(summary: RunSummary, seed: string): string {
  const { latencyMs, limitMs, overLimit, mismatches } = summary;
  const seconds = (summary.elapsedMs / 1000).toFixed(1);
  const lines = [
    `Seed        ${seed}`,
    `Sent        ${summary.sent} in ${seconds} s, ${summary.perSecond}/s${summary.stoppedEarly ? ' (stopped early)' : ''}`,
    `Expected    ${counts(summary.expected)}`,
    `Answers     ${counts(summary.given)}`,
    `HTTP        ${counts(summary.byHttpStatus)}`,
    `Failures    ${counts(summary.failures)}`,
    `Latency ms  p50 ${latencyMs.p50} · p95 ${latencyMs.p95} · p99 ${latencyMs.p99} · max ${latencyMs.max}`,
    `Over limit  ${overLimit} (Kakao waits ${limitMs} ms)`,
    `Mismatches  ${mismatches}`,
    ...summary.examples.map(
      (one) => `  request ${one.number}: expected ${one.expected}, given ${one.given}`,
    ),
    ...hints(summary),
  ];
  return `${lines.join('\n')}\n`;
}

function counts(counters: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counters).sort(([, a], [, b]) => b - a);
  return entries.map(([name, count]) => `${name} ${count}`).join(' · ') || 'none';
}

function hints(summary: RunSummary): string[] {
  const { examples, sent, failures, given, maxLagMs } = summary;
  const [example] = examples;
  return [
    example && `Print such a request with the same options and --curl ${example.number}.`,
    example &&
      examples.every((one) => one.expected === 'accepted' && one.given === 'duplicate') &&
      'This seed may have been sent before: give another --seed, or none.',
    failures.ECONNREFUSED === sent && 'Nobody listens there: is the service running?',
    (given.unauthorized ?? 0) === sent && 'The service knows another admin key.',
    maxLagMs > NOTABLE_LAG_MS &&
      `Sending fell ${maxLagMs} ms behind the rate: raise --concurrency or lower --rate.`,
  ].filter((hint) => typeof hint === 'string');
}
