import fc from 'fast-check';
import { accountKey, type Account, type NewTransfer } from '../../src/ledger/account.js';
import { computeEntries } from '../../src/ledger/compute-entries.js';
import { BalanceLimitError, LedgerError, OverdrawnError } from '../../src/ledger/ledger-errors.js';
import { MAX_AMOUNT, MAX_USER_BALANCE } from '../../src/ledger/limits.js';

const CAMPAIGNS = 2;
const USERS = 3;

function transfer(campaign: number, user: number, amount: number, id = 'transfer'): NewTransfer {
  const account = { app: 'default', unit: 'point' };
  return {
    id,
    key: `key/${id}`,
    kind: 'reward',
    from: { ...account, owner: { kind: 'campaign_budget', campaignId: `campaign-${campaign}` } },
    to: { ...account, owner: { kind: 'user_available', userRef: `user-${user}` } },
    amount,
    occurredAt: new Date(0),
    userRef: `user-${user}`,
    actor: 'test',
  };
}

function accountsOf(transfers: readonly NewTransfer[], balance = 0): Map<string, Account> {
  const keys = transfers.flatMap(({ from, to }) => [accountKey(from), accountKey(to)]);
  return new Map(keys.map((key) => [key, { id: `id of ${key}`, balance, floor: null }]));
}

const anyTransfers = fc
  .array(
    fc.tuple(
      fc.nat(CAMPAIGNS - 1),
      fc.nat(USERS - 1),
      fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: MAX_AMOUNT })),
    ),
    { maxLength: 50 },
  )
  .map((all) => all.map(([c, u, amount], index) => transfer(c, u, amount, `transfer-${index}`)));

test('the entries of every transfer, and all together, sum to zero', () => {
  fc.assert(
    fc.property(anyTransfers, (transfers) => {
      const { entries } = computeEntries(transfers, accountsOf(transfers));
      expect(entries).toHaveLength(2 * transfers.length);
      for (const { id, amount } of transfers) {
        const own = entries.filter(({ transferId }) => transferId === id);
        expect(own.map((entry) => entry.amount)).toEqual([-amount, amount]);
      }
      // As bigint: what is to be shown must not be rounded away by the one who shows it.
      expect(entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n)).toBe(0n);
    }),
  );
});

test('each entry tells the balance after it, and the last one of an account is the new balance', () => {
  fc.assert(
    fc.property(anyTransfers, fc.integer({ min: -1_000, max: 1_000 }), (transfers, before) => {
      const accounts = accountsOf(transfers, before);
      const { entries, balances } = computeEntries(transfers, accounts);
      for (const { id } of accounts.values()) {
        let balance = before;
        for (const entry of entries.filter(({ accountId }) => accountId === id)) {
          balance += entry.amount;
          expect(entry.balanceAfter).toBe(balance);
        }
        expect(balances.get(id)).toBe(balance);
      }
    }),
  );
});

test.each([0, -1, 0.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1, '10' as unknown as number])(
  'an amount of %p is refused: only positive, exact integers are amounts',
  (amount) => {
    const transfers = [transfer(0, 0, amount)];
    expect(() => computeEntries(transfers, accountsOf(transfers))).toThrow(/positive integer/);
  },
);

test('a user can have so much and no more', () => {
  const transfers = [transfer(0, 0, 1)];
  const accounts = (balance: number): Map<string, Account> => accountsOf(transfers, balance);
  expect(() => computeEntries(transfers, accounts(MAX_USER_BALANCE - 1))).not.toThrow();
  expect(() => computeEntries(transfers, accounts(MAX_USER_BALANCE))).toThrow(BalanceLimitError);
});

test('a balance beyond the exact integers is refused', () => {
  const transfers = [transfer(0, 0, 1)];
  expect(() => computeEntries(transfers, accountsOf(transfers, Number.MAX_SAFE_INTEGER))).toThrow(
    /range of exact integers/,
  );
});

test.each([
  ['to itself', { to: transfer(0, 0, 1).from }],
  ['into another unit', { to: { ...transfer(0, 0, 1).to, unit: 'coin' } }],
  ['into another app', { to: { ...transfer(0, 0, 1).to, app: 'another' } }],
])('a transfer %s is refused', (_, overrides) => {
  const transfers = [{ ...transfer(0, 0, 1), ...overrides }];
  expect(() => computeEntries(transfers, accountsOf(transfers))).toThrow(LedgerError);
});

test('a transfer of an account that was not locked is refused', () => {
  expect(() => computeEntries([transfer(0, 0, 1)], new Map())).toThrow(/not locked/);
});

describe('no account falls below its floor', () => {
  const user = transfer(0, 0, 1).to;
  const redeemed = { app: 'default', unit: 'point', owner: { kind: 'redeemed' } } as const;
  const redemption = (amount: number): NewTransfer => ({
    ...transfer(0, 0, amount),
    kind: 'redemption',
    from: user,
    to: redeemed,
  });

  test.each([
    [100, 100, true],
    [100, 101, false],
    [0, 1, false],
    [-5, 1, false],
  ])('a user with %p is allowed to redeem %p: %p', (balance, amount, isAllowed) => {
    const transfers = [redemption(amount)];
    const compute = (): unknown => computeEntries(transfers, accountsOf(transfers, balance));
    if (isAllowed) expect(compute).not.toThrow();
    else expect(compute).toThrow(OverdrawnError);
  });

  test('what an earlier transfer of the batch brought can be spent, and not twice', () => {
    const batch = [transfer(0, 0, 50), redemption(30), redemption(20)];
    expect(() => computeEntries(batch, accountsOf(batch))).not.toThrow();
    const twice = [...batch, redemption(1)];
    expect(() => computeEntries(twice, accountsOf(twice))).toThrow(OverdrawnError);
  });

  test('only a clawback takes a user below zero', () => {
    const budget = transfer(0, 0, 1).from;
    const clawback: NewTransfer = { ...redemption(70), kind: 'clawback', to: budget };
    const { balances } = computeEntries([clawback], accountsOf([clawback], 30));
    expect(balances.get(`id of ${accountKey(user)}`)).toBe(-40);
    for (const kind of ['redemption', 'expiry', 'adjustment', 'void'] as const) {
      const other = [{ ...clawback, kind }];
      expect(() => computeEntries(other, accountsOf(other, 30))).toThrow(OverdrawnError);
    }
  });

  test('a budget with a floor pays down to it and no further', () => {
    const pays = (amount: number): unknown => {
      const transfers = [transfer(0, 0, amount)];
      const accounts = accountsOf(transfers);
      const key = accountKey(transfer(0, 0, 1).from);
      accounts.set(key, { id: 'budget', balance: -900, floor: -1_000 });
      return computeEntries(transfers, accounts);
    };
    expect(() => pays(100)).not.toThrow();
    expect(() => pays(101)).toThrow(OverdrawnError);
  });
});
