import fc from 'fast-check';
import { verifyLedger } from '../../src/ledger/verification.js';
import { SHORTFALLS } from '../../src/points/clawback-reward.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { givenUser } from './given-reward.js';
import { Player } from './player.js';
import type { Command } from './points-model.js';

const USERS = 3;
/** Each command is given up to this often at the same moment. */
const MAX_AT_ONCE = 3;

let db: TestDatabase;
let campaignId: string;
let run = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
});
afterAll(async () => {
  await db.drop();
});

const amount = fc.integer({ min: 1, max: 120 });
const which = fc.nat(20);
const days = fc.option(fc.integer({ min: 1, max: 4 }));
const only = <const T extends string>(value: T): fc.Arbitrary<T> => fc.constant(value);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: only('reward'), amount, days }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: only('hold'),
      amount,
      days,
      hours: fc.integer({ min: 1, max: 48 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'void' as const), which }),
  },
  { weight: 4, arbitrary: fc.record({ do: only('redeem'), amount }) },
  { weight: 2, arbitrary: fc.record({ do: only('reverse'), which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: only('clawback'),
      which,
      amount: fc.option(amount, { freq: 2 }),
      shortfall: fc.constantFrom(...SHORTFALLS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: only('adjust'),
      direction: fc.constantFrom('credit' as const, 'debit' as const),
      amount,
      days,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('release-due' as const, 'expire-due' as const, 'collect-claims' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: only('pass-time'), hours: fc.integer({ min: 1, max: 60 }) }),
  },
);
const step = fc.record({ command, atOnce: fc.integer({ min: 1, max: MAX_AT_ONCE }) });

/** So that it is plain which reward or redemption came when, at most one of each is brought in at once. */
const moment = fc.record({
  hours: fc.integer({ min: 0, max: 30 }),
  commands: fc.uniqueArray(
    command.filter((one) => one.do !== 'pass-time'),
    { minLength: 2, maxLength: 4, selector: (one) => (one.do === 'hold' ? 'reward' : one.do) },
  ),
});

test('whatever is done to points, by users side by side and repeatedly at once, the books agree with plain arithmetic', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 5, maxLength: 30 }), {
        minLength: USERS,
        maxLength: USERS,
      }),
      async (stories) => {
        run++;
        await Promise.all(
          stories.map(async (story, index) => {
            const player = new Player(db, campaignId, await givenUser(db, `run-${run}-${index}`));
            for (const one of story) await player.play(one.command, one.atOnce);
          }),
        );
        const { checks } = await verifyLedger(db.database);
        expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
}, 300_000);

test('different commands for one user at the same moment are told, and booked, as in some order one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(moment, { minLength: 4, maxLength: 12 }), {
        minLength: USERS,
        maxLength: USERS,
      }),
      async (stories) => {
        run++;
        await Promise.all(
          stories.map(async (story, index) => {
            const player = new Player(db, campaignId, await givenUser(db, `run-${run}-${index}`));
            await player.play({ do: 'reward', amount: 100, days: 2 }, 1);
            await player.play({ do: 'hold', amount: 60, days: 1, hours: 12 }, 1);
            await player.play({ do: 'redeem', amount: 30 }, 1);
            for (const { hours, commands } of story) {
              player.passTime(hours);
              await player.playTogether(commands);
            }
          }),
        );
        const { checks } = await verifyLedger(db.database);
        expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      },
    ),
    // A race does not come back for every smaller story: what failed first is told as it is.
    { numRuns: 10, endOnFailure: true },
  );
}, 300_000);
