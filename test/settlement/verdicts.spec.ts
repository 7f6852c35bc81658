import { readFileSync } from 'node:fs';
import { VERDICTS } from '../../src/settlement/outcome.js';

test.each(['docs/verdicts.md', 'docs/verdicts.ko.md'])(
  '%s has every verdict that a delivery can have, once, and no other',
  (file) => {
    const rows = [...readFileSync(file, 'utf8').matchAll(/^\| `([a-z-]+)` \|/gm)];
    expect(rows.map(([, verdict]) => verdict).sort()).toEqual(['pending', ...VERDICTS].sort());
  },
);
