import fc from 'fast-check';
import type { Account, AccountName, NewTransfer } from '../../src/ledger/account.js';
import { accountKey } from '../../src/ledger/account.js';
import { computeLots } from '../../src/ledger/compute-lots.js';
import { LedgerError } from '../../src/ledger/ledger-errors.js';
import type { KnownLots, Lot } from '../../src/ledger/lot.js';

const account = { app: 'default', unit: 'point' };
const user: AccountName = { ...account, owner: { kind: 'user_available', userRef: 'minji' } };
const world: AccountName = { ...account, owner: { kind: 'adjustment' } };
const NONE: KnownLots = { lots: [], usesOfReversed: [] };

function transfer(
  id: string,
  kind: NewTransfer['kind'],
  direction: 'in' | 'out',
  amount: number,
  more: Partial<NewTransfer> = {},
): NewTransfer {
  return {
    id,
    key: id,
    kind,
    from: direction === 'in' ? world : user,
    to: direction === 'in' ? user : world,
    amount,
    occurredAt: new Date(0),
    userRef: 'minji',
    actor: 'test',
    ...more,
  };
}

function lot(id: string, remaining: number, expiresAt?: number): Lot {
  return {
    id,
    accountId: 'user',
    transferId: `credit of ${id}`,
    amount: 1_000,
    remaining,
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  };
}

function compute(
  transfers: readonly NewTransfer[],
  balance: number,
  known: KnownLots = NONE,
): ReturnType<typeof computeLots> {
  const accounts = new Map<string, Account>([
    [accountKey(user), { id: 'user', balance, floor: null }],
    [accountKey(world), { id: 'world', balance: 0, floor: null }],
  ]);
  let next = 0;
  return computeLots(transfers, accounts, known, () => `new-${next++}`);
}

const usesOf = ({ uses }: ReturnType<typeof computeLots>): unknown[] =>
  uses.map(({ lotId, amount }) => [lotId, amount]);

test('a debit takes first what expires first, of equal ones what came first, last what never expires', () => {
  const lots = [lot('d', 10), lot('c', 10, 2_000), lot('b', 10, 1_000), lot('a', 10, 2_000)];
  const changes = compute([transfer('spend', 'redemption', 'out', 35)], 40, { ...NONE, lots });
  expect(usesOf(changes)).toEqual([
    ['b', 10],
    ['a', 10],
    ['c', 10],
    ['d', 5],
  ]);
  expect(changes.changed.map(({ id, remaining }) => [id, remaining])).toEqual([
    ['b', 0],
    ['a', 0],
    ['c', 0],
    ['d', 5],
  ]);
});

test('a credit pays off a debt first: what is left of it can be spent, the rest is a use by the credit itself', () => {
  const changes = compute([transfer('earn', 'reward', 'in', 100)], -70);
  expect(changes.created).toMatchObject([{ amount: 100, remaining: 30 }]);
  expect(changes.uses).toEqual([{ lotId: 'new-0', transferId: 'earn', amount: 70 }]);
});

test('a clawback takes what lots have, and for the rest no lot', () => {
  const known = { ...NONE, lots: [lot('a', 30)] };
  const changes = compute([transfer('take', 'clawback', 'out', 100)], 30, known);
  expect(usesOf(changes)).toEqual([['a', 30]]);
});

test('a reversal gives the same lots back what its redemption took, but for what a debt takes first', () => {
  const known: KnownLots = {
    lots: [lot('late', 0, 2_000), lot('soon', 0, 1_000)],
    usesOfReversed: [
      { lotId: 'late', transferId: 'spend', amount: 40 },
      { lotId: 'soon', transferId: 'spend', amount: 60 },
    ],
  };
  const reversal = transfer('back', 'redemption-reversal', 'in', 100, { originId: 'spend' });
  expect(usesOf(compute([reversal], 0, known))).toEqual([
    ['soon', -60],
    ['late', -40],
  ]);
  expect(usesOf(compute([reversal], -70, known))).toEqual([['late', -30]]);
  expect(compute([reversal], -100, known).uses).toEqual([]);
});

test('a reversal of what no redemption took from lots is refused', () => {
  const reversal = transfer('back', 'redemption-reversal', 'in', 100, { originId: 'spend' });
  expect(() => compute([reversal], 0)).toThrow(LedgerError);
});

test('lots that hold less than the balance says are noticed', () => {
  expect(() => compute([transfer('spend', 'redemption', 'out', 10)], 10)).toThrow(LedgerError);
});

test('whatever comes and goes, what remains of the lots is the balance, or nothing while that is below zero', () => {
  const step = fc.record({
    direction: fc.constantFrom('in' as const, 'out' as const),
    amount: fc.integer({ min: 1, max: 100 }),
    expiresAt: fc.option(
      fc.nat(5).map((n) => new Date(n * 1_000)),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: -100, max: 0 }),
      (all, debt) => {
        const transfers = all.map(({ direction, amount, expiresAt }, index) =>
          transfer(`t-${index}`, direction === 'in' ? 'reward' : 'clawback', direction, amount, {
            ...(expiresAt === undefined ? {} : { lotExpiresAt: expiresAt }),
          }),
        );
        const { created, uses } = compute(transfers, debt);
        const balance = all.reduce(
          (sum, { direction, amount }) => sum + (direction === 'in' ? amount : -amount),
          debt,
        );
        const remaining = created.reduce((sum, one) => sum + one.remaining, 0);
        expect(remaining).toBe(Math.max(balance, 0));
        for (const { id, amount, remaining: left } of created) {
          const used = uses.filter(({ lotId }) => lotId === id);
          expect(amount - left).toBe(used.reduce((sum, use) => sum + use.amount, 0));
        }
      },
    ),
  );
});
