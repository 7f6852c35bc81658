import fc from 'fast-check';
import type { CampaignRules } from '../../src/campaigns/campaign.js';
import { completeRules } from '../../src/campaigns/complete-rules.js';
import { canTie } from '../../src/campaigns/ties.js';

type Match = CampaignRules['match'];

/** Small enough to try every share there is. */
const TEMPLATES = ['1', '2', '3'];
const VALUES = ['x', 'y', 'z'];
const NAMES = ['a', 'b'];
const TIMES = [0, 1, 2, 3, 4, 5];

interface TriedShare {
  readonly at: number;
  readonly templateId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const everyShare: readonly TriedShare[] = TIMES.flatMap((at) =>
  TEMPLATES.flatMap((templateId) =>
    VALUES.flatMap((a) => VALUES.map((b) => ({ at, templateId, parameters: { a, b } }))),
  ),
);

const timeOf = (step: number): string => new Date(step * 3_600_000).toISOString();

function fits({ at, templateId, parameters }: TriedShare, rules: CampaignRules): boolean {
  const moment = timeOf(at);
  return (
    rules.startsAt <= moment &&
    (rules.endsAt === null || moment < rules.endsAt) &&
    (rules.match.templateIds.length === 0 || rules.match.templateIds.includes(templateId)) &&
    Object.entries(rules.match.parameters).every(([name, values]) =>
      values.includes(parameters[name] ?? ''),
    )
  );
}

const anyMatch: fc.Arbitrary<Match> = fc.record({
  templateIds: fc.subarray(TEMPLATES),
  parameters: fc.dictionary(fc.constantFrom(...NAMES), fc.subarray(VALUES, { minLength: 1 })),
});

const anyRules: fc.Arbitrary<CampaignRules> = fc
  .record({
    start: fc.integer({ min: 0, max: 4 }),
    hours: fc.option(fc.integer({ min: 1, max: 4 })),
    priority: fc.integer({ min: 0, max: 1 }),
    match: anyMatch,
  })
  .map(({ start, hours, priority, match }) =>
    completeRules({
      startsAt: timeOf(start),
      endsAt: hours === null ? null : timeOf(start + hours),
      priority,
      match,
      amount: 100,
    }),
  );

test('two campaigns tie exactly where one share fits both at one priority', () => {
  fc.assert(
    fc.property(anyRules, anyRules, (a, b) => {
      const both = everyShare.some((share) => fits(share, a) && fits(share, b));
      expect(canTie(a, b)).toBe(a.priority === b.priority && both);
    }),
    { numRuns: 2_000 },
  );
});

test('it does not matter which of the two is asked', () => {
  fc.assert(
    fc.property(anyRules, anyRules, (a, b) => {
      expect(canTie(a, b)).toBe(canTie(b, a));
    }),
  );
});

test('windows of other offsets are compared as moments', () => {
  const rules = (startsAt: string, endsAt: string): CampaignRules =>
    completeRules({ startsAt, endsAt, amount: 1 });
  const seoul = rules('2026-11-01T00:00:00+09:00', '2026-11-02T00:00:00+09:00');
  expect(canTie(seoul, rules('2026-11-01T15:00:00Z', '2026-11-02T00:00:00Z'))).toBe(false);
  expect(canTie(seoul, rules('2026-11-01T14:59:59Z', '2026-11-02T00:00:00Z'))).toBe(true);
});

test('a parameter named like a property of every object is a parameter like any other', () => {
  const rules = (parameters: Match['parameters']): CampaignRules =>
    completeRules({
      startsAt: timeOf(0),
      amount: 1,
      match: { templateIds: [], parameters },
    });
  expect(canTie(rules({ constructor: ['x'] }), rules({}))).toBe(true);
  expect(canTie(rules({ constructor: ['x'] }), rules({ constructor: ['y'] }))).toBe(false);
});
