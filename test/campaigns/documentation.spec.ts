import { readFileSync } from 'node:fs';
import { completeRules } from '../../src/campaigns/complete-rules.js';

/** Each rule by its path; what is a list or has no default is one rule. */
function pathsOf(rules: object, prefix = ''): string[] {
  return Object.entries(rules).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && name !== 'parameters'
      ? pathsOf(value, `${prefix}${name}.`)
      : [`${prefix}${name}`],
  );
}

test.each(['docs/campaigns.md', 'docs/campaigns.ko.md'])('%s explains every rule', (file) => {
  const explained = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => /^\| (`[^|]+`) \|/.exec(line)?.[1]?.split(', ') ?? [])
    .map((name) => name.replaceAll('`', ''));
  const rules = pathsOf(completeRules({ startsAt: '2026-01-01T00:00:00+09:00' }));
  expect(explained.sort()).toEqual(rules.sort());
});
