import type { Outcome } from './scenario.js';

/** One line about one scenario, as soon as it is over, and what was wrong. */
export function lineOf(outcome: Outcome): string {
  const { name, acknowledged, quarantined, refused, lost, slowestMs, p99Ms, seconds } = outcome;
  const numbers = [
    `acknowledged ${acknowledged}`,
    `(quarantined ${quarantined})`,
    `refused ${refused}`,
    `lost connections ${lost}`,
    `p99 ${p99Ms} ms`,
    `slowest ${slowestMs} ms`,
    `${seconds} s`,
  ];
  const faults = outcome.faults.map((fault) => `[faults]   ${fault}\n`);
  return `[faults] ${verdictOf(outcome)}: ${name}: ${numbers.join(', ')}\n${faults.join('')}`;
}

/** Everything once more, below each other. */
export function tableOf(
  outcomes: readonly Outcome[],
  leftOut: readonly { readonly name: string; readonly reason: string }[],
): string {
  const head = [
    'verdict',
    'acknowledged',
    'quarantined',
    'refused',
    'lost',
    'p99 ms',
    'slowest ms',
  ];
  const rows = outcomes.map((outcome) => [
    verdictOf(outcome),
    ...[outcome.acknowledged, outcome.quarantined, outcome.refused, outcome.lost].map(String),
    ...[outcome.p99Ms, outcome.slowestMs, outcome.seconds].map(String),
    outcome.name,
  ]);
  const lines = [
    [...head, 's', 'while'],
    ...rows,
    ...leftOut.map(({ name, reason }) => [
      'LEFT OUT',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      `${name} (${reason})`,
    ]),
  ];
  return `\n${lines.map((cells) => `| ${cells.map(padded).join(' | ')} |`).join('\n')}\n\n`;
}

const WIDTHS = [8, 12, 11, 7, 4, 6, 10, 4, 0];

function padded(cell: string, column: number): string {
  return column === 0 || column === 8
    ? cell.padEnd(WIDTHS[column] ?? 0)
    : cell.padStart(WIDTHS[column] ?? 0);
}

function verdictOf({ faults }: Outcome): string {
  return faults.length === 0 ? 'passed' : 'FAILED';
}
