import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ALARM_NAMES } from '../../src/config/alarm-settings.js';
import { SEVERITY } from '../../src/watch/alarm.js';
import { codeIn } from './tables.js';

const METRICS = 'src/metrics';

/** The metrics that the code names. */
function metricsShown(): string[] {
  const sources = readdirSync(METRICS).map((file) =>
    readFileSync(path.join(METRICS, file), 'utf8'),
  );
  const names = sources.flatMap((source) => [...source.matchAll(/name: '(kakao_share_\w+)'/g)]);
  return names.map(([, name = '']) => name).sort();
}

describe.each(['docs/monitoring.md', 'docs/monitoring.ko.md'])('%s', (file) => {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').slice(1, -1).map(codeIn));

  test('explains every metric, and no other', () => {
    const told = rows.flatMap(([first]) => first ?? []);
    expect(told.filter((name) => name.startsWith('kakao_share_')).sort()).toEqual(metricsShown());
  });

  test('explains every alarm with its severity, and no other', () => {
    const told = rows
      .filter(([, second]) => /^(critical|warning)$/.test(second?.[0] ?? ''))
      .map(([first, second]) => [first?.[0] ?? '', second?.[0] ?? ''] as const);
    expect(Object.fromEntries(told)).toEqual(SEVERITY);
    expect(told).toHaveLength(ALARM_NAMES.length);
  });
});
