import { AMOUNT, earnings, planShare, type PlannedShare } from './planned-shares.js';
import { findFaults, findUnfelt, type Stored } from './find-faults.js';
import type { Sending } from './sending.js';

const PROMISES = [{ userId: 'minji', token: 'promise' }];
const shares = Array.from({ length: 12 }, (_, number) => planShare(number, PROMISES));
const [first] = shares as [PlannedShare];

function sent(share: PlannedShare, overrides: Partial<Sending> = {}): Sending {
  return {
    ...{ share, ending: 'acknowledged', status: 200, said: 'accepted' },
    ...{ deliveryId: `id of ${share.resourceId}`, latencyMs: 12, standstillMs: 0 },
    errorCode: undefined,
    ...overrides,
  };
}

function storedOf(kept: readonly PlannedShare[], overrides: Partial<Stored> = {}): Stored {
  return {
    resourceIds: new Set(kept.map(({ resourceId }) => resourceId)),
    quarantinedIds: new Set(),
    balances: earnings(kept),
    ...overrides,
  };
}

const all = shares.map((share) => sent(share));
const whole = storedOf(shares);

test('all that was acknowledged is stored and paid once: no fault, repeats and duplicates included', () => {
  expect(findFaults(all, whole)).toEqual([]);
  expect(findFaults([...all, sent(first, { said: 'duplicate' })], whole)).toEqual([]);
});

test('shares under one intent earn once', () => {
  expect(earnings(shares).get('minji')).toBe(AMOUNT);
});

test('an acknowledged share that is not stored is found', () => {
  expect(findFaults(all, storedOf(shares.slice(0, -1)))).toEqual([
    'share-11 was acknowledged (accepted) and is not stored',
  ]);
});

test('a share that was put aside is found by its delivery', () => {
  const aside = shares.map((share) =>
    share === first ? sent(share, { said: 'quarantined' }) : sent(share),
  );
  const rest = storedOf(shares.slice(1));
  const kept = { ...rest, quarantinedIds: new Set(['id of share-0']) };
  expect(findFaults(aside, kept)).not.toContain(
    'share-0 was acknowledged (quarantined) and is not stored',
  );
  expect(findFaults(aside, rest)).toContain(
    'share-0 was acknowledged (quarantined) and is not stored',
  );
});

test('a good share that was put aside is a fault, whatever else is excused', () => {
  const aside = [sent(first, { said: 'quarantined' }), ...all.slice(1)];
  const stored = storedOf(shares.slice(1), { quarantinedIds: new Set(['id of share-0']) });
  const excuses = { mayRefuse: true, mayLose: true, mayFindNobody: true };
  expect(findFaults(aside, stored, excuses)).toEqual([
    'share-0 is a good share and was put into quarantine',
  ]);
});

test('a fault that nobody felt proves nothing', () => {
  expect(findUnfelt({ 'webhooks spooled': 3, 'sessions ended': 1 })).toEqual([]);
  expect(findUnfelt({ 'webhooks spooled': 0, 'sessions ended': 1 })).toEqual([
    'nobody felt the fault: 0 webhooks spooled',
  ]);
  expect(findUnfelt({ 'jobs lost': NaN })).toEqual(['nobody felt the fault: NaN jobs lost']);
  expect(findUnfelt({})).toEqual(['nothing was counted that shows the fault']);
});

test('a share that was taken in before the load and is not stored is found', () => {
  expect(findFaults(all.slice(1), storedOf(shares.slice(1)), {}, [first])).toEqual([
    'share-0 was taken in before and is not stored',
  ]);
});

test('a share that nobody sent is found', () => {
  expect(findFaults(all.slice(0, -1), whole)).toContain('share-11 is stored and was never sent');
});

test('one that was refused, and is stored all the same, has to be paid', () => {
  const refused = all.map((sending) =>
    sending.share === first
      ? sent(first, { ending: 'lost', status: 0, errorCode: 'ECONNRESET' })
      : sending,
  );
  expect(findFaults(refused, whole, { mayLose: true })).toEqual([]);
  const unpaid = storedOf(shares, { balances: earnings(shares.slice(1, 5)) });
  expect(findFaults(refused, unpaid, { mayLose: true }).length).toBeGreaterThan(0);
});

test('a share that was paid twice is found, one that was not paid, and points for nobody', () => {
  const balances = new Map([...whole.balances, ['minji', 2 * AMOUNT], ['nobody', AMOUNT]] as const);
  balances.delete('user-1');
  expect(findFaults(all, { ...whole, balances })).toEqual([
    'minji has 200 points and has earned 100',
    'user-1 has 0 points and has earned 100',
    'nobody has 100 points and has earned 0',
  ]);
});

test('an answer that took 3 s is found, whatever it said', () => {
  expect(findFaults([...all, sent(first, { latencyMs: 3_000.4 })], whole)).toEqual([
    'share-0 waited 3000 ms for its answer',
  ]);
  const late = sent(first, { ending: 'late', status: 0, latencyMs: 3_001 });
  expect(findFaults([...all, late], whole, { mayLose: true, mayRefuse: true })).toEqual([
    'share-0 waited 3001 ms for its answer',
  ]);
});

test('what the whole machine stood still is nobody’s fault, and excuses nothing more', () => {
  const held = sent(first, { latencyMs: 4_500, standstillMs: 2_000 });
  expect(findFaults([...all, held], whole)).toEqual([]);
  const slow = sent(first, { latencyMs: 4_500, standstillMs: 1_500 });
  expect(findFaults([...all, slow], whole)).toEqual([
    'share-0 waited 4500 ms for its answer, 1500 of them at a standstill',
  ]);
  const refused = { ending: 'refused', status: 503 } as const;
  expect(findFaults([...all, sent(first, { ...refused, standstillMs: 1_000 })], whole)).toEqual([]);
  expect(findFaults([...all, sent(first, { ...refused, standstillMs: 999 })], whole)).toEqual([
    'share-0 got 503',
  ]);
});

test('a refusal and a lost connection are found where nothing excuses them', () => {
  const refused = sent(first, { ending: 'refused', status: 503 });
  const lost = sent(first, { ending: 'lost', status: 0, errorCode: 'ECONNRESET' });
  expect(findFaults([...all, refused, lost], whole)).toEqual([
    'share-0 got 503',
    'share-0 got no answer (ECONNRESET)',
  ]);
  expect(findFaults([...all, refused, lost], whole, { mayRefuse: true, mayLose: true })).toEqual(
    [],
  );
});

test('where nobody listens a connection may be refused, and nothing that was taken may be lost', () => {
  const refused = sent(first, { ending: 'lost', status: 0, errorCode: 'ECONNREFUSED' });
  const noWeb = sent(first, { ending: 'lost', status: 0, errorCode: undefined });
  const reset = sent(first, { ending: 'lost', status: 0, errorCode: 'ECONNRESET' });
  expect(findFaults([...all, refused, noWeb], whole, { mayFindNobody: true })).toEqual([]);
  expect(findFaults([...all, reset], whole, { mayFindNobody: true })).toEqual([
    'share-0 got no answer (ECONNRESET)',
  ]);
});

test('a process that was killed excuses what it had taken, and not that nobody listens', () => {
  const reset = sent(first, { ending: 'lost', status: 0, errorCode: 'ECONNRESET' });
  const refused = sent(first, { ending: 'lost', status: 0, errorCode: 'ECONNREFUSED' });
  expect(findFaults([...all, reset], whole, { mayLose: true })).toEqual([]);
  expect(findFaults([...all, refused], whole, { mayLose: true })).toEqual([
    'share-0 got no answer (ECONNREFUSED)',
  ]);
});

test('nothing excuses an answer like 401 or 500', () => {
  const broken = sent(first, { ending: 'refused', status: 500 });
  expect(findFaults([...all, broken], whole, { mayRefuse: true, mayLose: true })).toEqual([
    'share-0 got 500',
  ]);
});

test('of many faults of a kind a few are told, and how many there are', () => {
  const told = findFaults(all, storedOf([]));
  expect(told).toHaveLength(6);
  expect(told.at(-1)).toBe('and 7 more of that kind');
});

test('a load that was slow as a whole is found where it may not be', () => {
  const slow = shares.map((share) => sent(share, { latencyMs: 600 }));
  expect(findFaults(slow, whole)).toEqual([]);
  expect(findFaults(slow, whole, { p99LimitMs: 500 })).toEqual([
    'one in a hundred answers took 600 ms or longer, and 500 ms is allowed',
  ]);
});
