import { Breaker } from '../../src/deliveries/breaker.js';

type Happening = 'fails' | 'commits' | 'asks';

/** What happens at which moment, ms, and for `asks` whether it may. */
const TABLE: readonly [title: string, steps: [atMs: number, what: Happening, may?: boolean][]][] = [
  [
    'two failures in a row are bad luck',
    [
      [0, 'fails'],
      [1, 'fails'],
      [2, 'asks', true],
    ],
  ],
  [
    'the third failure in a row opens it: the spool is used at once',
    [
      [0, 'fails'],
      [1, 'fails'],
      [2, 'fails'],
      [3, 'asks', false],
      [1_001, 'asks', false],
    ],
  ],
  [
    'a commit between two failures begins the count again',
    [
      [0, 'fails'],
      [1, 'fails'],
      [2, 'commits'],
      [3, 'fails'],
      [4, 'fails'],
      [5, 'asks', true],
    ],
  ],
  [
    'after a second one may ask, and no other',
    [
      [0, 'fails'],
      [0, 'fails'],
      [0, 'fails'],
      [1_000, 'asks', true],
      [1_001, 'asks', false],
    ],
  ],
  [
    'a probe that fails makes everybody wait another second',
    [
      [0, 'fails'],
      [0, 'fails'],
      [0, 'fails'],
      [1_000, 'asks', true],
      [1_500, 'fails'],
      [2_400, 'asks', false],
      [2_500, 'asks', true],
    ],
  ],
  [
    'a probe that commits closes it for all',
    [
      [0, 'fails'],
      [0, 'fails'],
      [0, 'fails'],
      [1_000, 'asks', true],
      [1_010, 'commits'],
      [1_011, 'asks', true],
      [1_012, 'asks', true],
    ],
  ],
  [
    'a commit of somebody else, such as the replay, closes it too',
    [
      [0, 'fails'],
      [0, 'fails'],
      [0, 'fails'],
      [10, 'commits'],
      [11, 'asks', true],
    ],
  ],
  [
    'failures of those who asked before do not put the next probe off',
    [
      [0, 'fails'],
      [0, 'fails'],
      [0, 'fails'],
      [900, 'fails'],
      [1_000, 'asks', true],
    ],
  ],
  [
    'a probe whose end nobody tells is not waited for longer than a second',
    [
      [0, 'fails'],
      [0, 'fails'],
      [0, 'fails'],
      [1_000, 'asks', true],
      [2_000, 'asks', true],
    ],
  ],
];

test.each(TABLE)('%s', (_, steps) => {
  const breaker = new Breaker();
  for (const [atMs, what, may] of steps) {
    if (what === 'fails') breaker.failed(atMs);
    else if (what === 'commits') breaker.succeeded();
    else expect({ atMs, may: breaker.mayAsk(atMs) }).toEqual({ atMs, may });
  }
});
