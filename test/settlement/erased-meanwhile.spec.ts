import { newId } from '../../src/database/new-id.js';
import { reopenDecided } from '../../src/settlement/reopen-decided.js';
import { eraseUser, UserHasOpenDeliveriesError } from '../../src/users/erase-user.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenDecided, settle, verdictsEver } from './decide-again.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const BY = { actor: 'operator', reason: 'the test says so' };
const ERASURE_WAITS = `SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%kakao_share.deliveries%'`;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test('a person whose delivery is opened again in the same moment is not erased before it is settled', async () => {
  // No campaign: nothing is paid, so it can be decided again.
  const id = await givenDecided(db, givenDelivery(newId(), { userId: 'sora' }));
  const [user] = await db.rows<{ id: string }>(
    "SELECT id FROM kakao_share.users WHERE user_id = 'sora'",
  );
  const erase = (): Promise<unknown> =>
    eraseUser(db.database, { userRef: user?.id ?? '', ...BY }).catch((error: unknown) => error);
  const { erasing } = await db.database.transaction(LIMITS, async (tx) => {
    expect(await reopenDecided(tx, [id], BY, 'sweep')).toHaveLength(1);
    const begun = erase();
    await eventually(async () => {
      expect(await db.number(ERASURE_WAITS)).toBe(1);
    });
    return { erasing: begun };
  });
  expect(await erasing).toBeInstanceOf(UserHasOpenDeliveriesError);
  await settle(db, id);
  const [first, second] = await verdictsEver(db, id);
  expect(second).toBe(first);
  expect(await erase()).toMatchObject({ deliveries: 1 });
});
