import { readDestinations } from '../../src/relay/destination-standing.js';
import { giveShardBack, readRest, takeShard } from '../../src/relay/shard-lease.js';
import { happen } from '../events/happen.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenDestinations } from './given-destinations.js';

const NAME = 'recorder';
const WHICH = { except: [], leaseMs: 30_000, aheadMs: 0 };

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
  await givenDestinations(db.database, [NAME]);
  await happen(db.database, ['minji']);
});
afterEach(() => db.drop());

test('a shard that was never leased is due at once', async () => {
  expect(await readRest(db.database, NAME, WHICH)).toBeLessThan(0);
});

test('a shard that is leased is due when its lease ends, one that failed after its rest', async () => {
  const lease = await takeShard(db.database, NAME, WHICH);
  const rest = await readRest(db.database, NAME, WHICH);
  expect(rest).toBeGreaterThan(20_000);
  expect(rest).toBeLessThanOrEqual(30_000);
  if (lease === undefined) throw new Error('There was a shard to take.');
  await giveShardBack(db.database, lease, 0, { error: 'no', restMs: 5_000, failedAlone: 0 });
  expect(await readRest(db.database, NAME, WHICH)).toBeLessThanOrEqual(5_000);
});

test('a failing shard that is given back untried still says when it is tried again', async () => {
  const failing = await takeShard(db.database, NAME, WHICH);
  if (failing === undefined) throw new Error('There was a shard to take.');
  await giveShardBack(db.database, failing, 0, { error: 'no', restMs: 0, failedAlone: 0 });
  const untried = await takeShard(db.database, NAME, WHICH);
  if (untried === undefined) throw new Error('Its rest was over.');
  await giveShardBack(db.database, untried, 0);
  const [standing] = await readDestinations(db.database, { names: [NAME] });
  expect(standing).toMatchObject({ state: 'failing', retry_at: expect.any(Date) as Date });
});
