import { randomBytes } from 'node:crypto';
import type { CampaignRules } from '../../src/campaigns/campaign.js';
import { writeIntentToken } from '../../src/intents/intent-token.js';
import { IntentSigningKeys } from '../../src/intents/signing-keys.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import { newId } from '../../src/database/new-id.js';
import type { Delivery } from '../../src/deliveries/delivery.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { pointsOf, proveWhole } from '../faults/proof.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { deliveryWith, givenIntent, SIGNING_KEYS } from './given-intent.js';
import { givenStored, verdictsOf } from './open-settlement.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const STRICT = {
  mode: 'strict',
  unverifiedCaps: null,
  chatTypes: ['DirectChat', 'MultiChat'],
} as const;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(() => proveWhole(db, []));
afterAll(() => db.drop());

async function settle(
  ids: readonly string[],
  keys: IntentSigningKeys | undefined = SIGNING_KEYS,
): Promise<number> {
  return (await db.database.transaction(LIMITS, (tx) => settleBatch(tx, ids, keys))).length;
}

/** Settles them in one transaction, or each in its own. */
async function verdictsAfter(
  deliveries: readonly Delivery[],
  how: 'together' | 'apart' = 'together',
): Promise<string[]> {
  const ids = await givenStored(db, deliveries);
  if (how === 'together') await settle(ids);
  else for (const id of ids) await settle([id]);
  return verdictsOf(db, ids);
}

const user = (): string => `user-${newId()}`;

/** An app of its own keeps a test's campaigns apart from those of others. */
async function givenApp(
  rules: Partial<CampaignRules> = {},
): Promise<{ app: string; campaignId: string }> {
  const app = `app-${newId()}`;
  return { app, campaignId: await givenCampaign(db, { ...STRICT, ...rules }, app) };
}

describe('one tap to five rooms', () => {
  const intent = (pays: CampaignRules['intent']['pays'], atMost: number | null) => ({
    intent: { pays, atMost, lifetimeMinutes: 60, maxOpenPerUser: 5 },
  });
  const ladder = {
    amount: null,
    ladder: {
      per: 'intent',
      steps: [
        { fromRooms: 1, amount: 100 },
        { fromRooms: 3, amount: 250 },
      ],
    },
  } as const;

  describe.each(['together', 'apart'] as const)('settled %s', (how) => {
    test.each([
      ['once', intent('once', null), 100],
      ['once per room', intent('once-per-room', null), 500],
      ['at most 3', intent('at-most', 3), 300],
      ['once per room, by a ladder', { ...intent('once-per-room', null), ...ladder }, 950],
    ])('%s', async (_, rules, points) => {
      const { app, campaignId } = await givenApp(rules);
      const userId = user();
      const token = await givenIntent(db, { app, campaignId, userId });
      const verdicts = await verdictsAfter(
        [1, 2, 3, 4, 5].map((n) => deliveryWith(token, { app, room: `room-${n}` })),
        how,
      );
      expect(new Set(verdicts)).toEqual(
        new Set(verdicts.length * 100 <= points ? ['rewarded'] : ['rewarded', 'intent-used']),
      );
      expect(await pointsOf(db, userId)).toBe(points);
    });

    test('a share to oneself, then to a friend, with the same intent: paid once', async () => {
      const { app, campaignId } = await givenApp();
      const userId = user();
      const token = await givenIntent(db, { app, campaignId, userId });
      const at = (second: number) => ({ app, receivedAt: new Date(Date.now() + second * 1_000) });
      expect(
        await verdictsAfter(
          [
            deliveryWith(token, { ...at(0), chatType: 'MemoChat' }),
            deliveryWith(token, { ...at(1), room: 'friend' }),
            deliveryWith(token, { ...at(2), room: 'another friend' }),
          ],
          how,
        ),
      ).toEqual(['self-share', 'rewarded', 'intent-used']);
      expect(await pointsOf(db, userId)).toBe(100);
    });
  });
});

test('user and campaign come from the intent, whatever the browser made the payload say', async () => {
  const { app, campaignId } = await givenApp();
  await givenCampaign(db, { ...STRICT, amount: 9_999, priority: 99 }, app);
  const [userId, victim] = [user(), user()];
  const token = await givenIntent(db, { app, campaignId, userId });
  expect(await verdictsAfter([deliveryWith(token, { app, claimedUser: victim })])).toEqual([
    'rewarded',
  ]);
  expect([await pointsOf(db, userId), await pointsOf(db, victim)]).toEqual([100, 0]);
});

describe('a token that is not good is recorded with its verdict and pays nothing', () => {
  const foreignKeys = new IntentSigningKeys([randomBytes(24).toString('base64url')]);

  test.each([
    ['not signed here', () => writeIntentToken(claim(), foreignKeys), 'intent-invalid'],
    ['no token at all', () => 'x'.repeat(60), 'intent-invalid'],
    [
      'of an intent that was never stored',
      () => writeIntentToken(claim(), SIGNING_KEYS),
      'intent-foreign',
    ],
  ])('%s', async (_, token, verdict) => {
    const { app } = await givenApp({
      mode: 'compat',
      unverifiedCaps: { perUserPerDay: 5, perUser: null },
    });
    const claimedUser = user();
    const deliveries = [deliveryWith(token(), { app, claimedUser })];
    expect(await verdictsAfter(deliveries)).toEqual([verdict]);
    expect(await pointsOf(db, claimedUser)).toBe(0);
  });

  test('tampered with: any bit of it', async () => {
    const { app, campaignId } = await givenApp();
    const token = await givenIntent(db, { app, campaignId, userId: user() });
    const tampered = Array.from(token, (letter, index) => {
      const other = letter === 'A' ? 'B' : 'A';
      return token.slice(0, index) + other + token.slice(index + 1);
    });
    const verdicts = await verdictsAfter(
      tampered.map((one) => deliveryWith(one, { app, claimedUser: user() })),
    );
    expect(new Set(verdicts)).toEqual(new Set(['intent-invalid']));
  });

  test('issued for another app', async () => {
    const [one, another] = [await givenApp(), await givenApp()];
    const token = await givenIntent(db, { ...one, userId: user() });
    expect(await verdictsAfter([deliveryWith(token, { app: another.app })])).toEqual([
      'intent-foreign',
    ]);
  });

  test('given twice in one request', async () => {
    const { app, campaignId } = await givenApp();
    const token = await givenIntent(db, { app, campaignId, userId: user() });
    const body = `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"a","share_intent":"${token}","share_intent":"${token}"}`;
    expect(await verdictsAfter([givenDelivery(newId(), { app, body: Buffer.from(body) })])).toEqual(
      ['intent-invalid'],
    );
  });

  test('expired when the share arrived, though not when it was settled before', async () => {
    const { app, campaignId } = await givenApp();
    const token = await givenIntent(db, {
      app,
      campaignId,
      userId: user(),
      issuedAt: new Date('2026-11-01T00:00:00Z'),
      lifetimeMinutes: 60,
    });
    const at = (time: string) => deliveryWith(token, { app, receivedAt: new Date(time) });
    expect(await verdictsAfter([at('2026-11-01T01:00:00Z')])).toEqual(['intent-expired']);
    // Settled a long time after, received in time.
    expect(await verdictsAfter([at('2026-11-01T00:59:59.999Z')])).toEqual(['rewarded']);
  });

  function claim() {
    return { id: newId(), expiresAt: new Date(Date.now() + 60_000) };
  }
});

test('without an intent a strict campaign pays nobody', async () => {
  const { app } = await givenApp();
  const userId = user();
  const bare = [givenDelivery(newId(), { app, userId })];
  expect(await verdictsAfter(bare)).toEqual(['intent-missing']);
  expect(await pointsOf(db, userId)).toBe(0);
});

test('keys rotate with overlap: what the old key signed is paid as long as it is listed', async () => {
  const { app, campaignId } = await givenApp();
  const tokens = await Promise.all(
    [user(), user()].map((userId) => givenIntent(db, { app, campaignId, userId })),
  );
  const [old, fresh] = [SIGNING_KEYS, new IntentSigningKeys([randomBytes(24).toString('hex')])];
  const ids = await givenStored(
    db,
    tokens.map((token) => deliveryWith(token, { app })),
  );
  await settle(ids.slice(0, 1), old);
  await settle(ids.slice(1), fresh);
  expect(await verdictsOf(db, ids)).toEqual(['rewarded', 'intent-invalid']);
});

test('a forger’s thousand unverified shares in a victim’s name: the victim’s own share still pays', async () => {
  const { app, campaignId } = await givenApp({
    mode: 'compat',
    caps: { perUserPerDay: 2, perUser: 3, perUserAndRoomPerDay: 1, unlimited: false },
    unverifiedCaps: { perUserPerDay: 1, perUser: 1 },
  });
  const userId = user();
  const forged = Array.from({ length: 1_000 }, (_, n) =>
    givenDelivery(newId(), { app, userId, room: `forged-${n % 50}` }),
  );
  const ids = await givenStored(db, forged);
  for (let start = 0; start < ids.length; start += 200) await settle(ids.slice(start, start + 200));
  const verdicts = await verdictsOf(db, ids);
  expect(verdicts.filter((verdict) => verdict === 'rewarded')).toHaveLength(1);
  const token = await givenIntent(db, { app, campaignId, userId });
  // In a room that the forger has used, too.
  expect(await verdictsAfter([deliveryWith(token, { app, room: 'forged-0' })])).toEqual([
    'rewarded',
  ]);
  expect(await pointsOf(db, userId)).toBe(200);
  const verified = await db.rows(
    `SELECT verified, count(*)::integer FROM kakao_share.decisions WHERE verdict = 'rewarded' AND app = $1 GROUP BY 1 ORDER BY 1`,
    [app],
  );
  expect(verified).toEqual([
    { verified: false, count: 1 },
    { verified: true, count: 1 },
  ]);
});

test('what is observed or a test moves no points, and is remembered as what it would have been', async () => {
  for (const [rules, verdict] of [
    [{ mode: 'observe' }, 'observe'],
    [{ test: true }, 'test'],
  ] as const) {
    const { app, campaignId } = await givenApp(rules);
    const userId = user();
    const token = await givenIntent(db, { app, campaignId, userId });
    expect(await verdictsAfter([deliveryWith(token, { app })])).toEqual([verdict]);
    expect(await pointsOf(db, userId)).toBe(0);
    expect(
      await db.rows(`SELECT paid FROM kakao_share.campaign_rewards r WHERE campaign_id = $1`, [
        campaignId,
      ]),
    ).toEqual([{ paid: false }]);
    expect(
      await db.number(`SELECT count(*) FROM kakao_share.transfers WHERE app = $1`, [app]),
    ).toBe(0);
  }
});

test('a reward that is held is pending, and the books say so', async () => {
  const { app, campaignId } = await givenApp({ holdHours: 48, expiresAfterDays: 30 });
  const userId = user();
  const token = await givenIntent(db, { app, campaignId, userId });
  expect(await verdictsAfter([deliveryWith(token, { app })])).toEqual(['held']);
  expect(await pointsOf(db, userId)).toBe(0);
  expect(
    await db.rows(
      `SELECT h.state, h.amount::integer, h.expires_after_days, h.release_at > now() + interval '47 hours' AS later
       FROM kakao_share.holds h WHERE h.app = $1`,
      [app],
    ),
  ).toEqual([{ state: 'pending', amount: 100, expires_after_days: 30, later: true }]);
});

test('a worker without keys leaves a share that carries an intent to one that has them, and takes none for forged', async () => {
  const { app, campaignId } = await givenApp();
  const token = await givenIntent(db, { app, campaignId, userId: user() });
  const forged = writeIntentToken(
    { id: newId(), expiresAt: new Date(Date.now() + 60_000) },
    SIGNING_KEYS,
  );
  const ids = await givenStored(db, [deliveryWith(token, { app }), deliveryWith(forged, { app })]);
  const settleWithoutKeys = (id: string) =>
    db.database.transaction(LIMITS, (tx) => settleBatch(tx, [id], undefined));
  await expect(settleWithoutKeys(ids[0] ?? '')).rejects.toThrow('set INTENT_SIGNING_KEYS');
  await settleWithoutKeys(ids[1] ?? '');
  expect(await verdictsOf(db, ids)).toEqual(['pending', 'intent-invalid']);
  await settle(ids);
  expect(await verdictsOf(db, ids)).toEqual(['rewarded', 'intent-invalid']);
});

test('points expire counted from when they can be spent, however late the share was settled', async () => {
  const { app, campaignId } = await givenApp({ expiresAfterDays: 1 });
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
  const userId = user();
  const token = await givenIntent(db, {
    app,
    campaignId,
    userId,
    issuedAt: new Date(+twoDaysAgo - 1_000),
  });
  expect(await verdictsAfter([deliveryWith(token, { app, receivedAt: twoDaysAgo })])).toEqual([
    'rewarded',
  ]);
  expect(
    await db.rows(
      `SELECT l.expires_at BETWEEN now() + interval '23 hours' AND now() + interval '24 hours' AS "aDayFromNow"
       FROM kakao_share.lots l JOIN kakao_share.accounts a ON a.id = l.account_id WHERE a.app = $1`,
      [app],
    ),
  ).toEqual([{ aDayFromNow: true }]);
});
