import fc from 'fast-check';
import type { Database, Transaction } from '../../src/database/database.js';
import type { DomainEventType } from '../../src/events/domain-event.js';
import type { Age } from '../../src/lifecycle/age.js';
import { addDestinations, ensureDestinations } from '../../src/relay/destinations.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const HOUR_MS = 3_600_000;
/** What the versions of a handler ask for, the oldest process first. */
const VERSIONS: readonly (readonly DomainEventType[] | undefined)[] = [
  ['reward.credited'],
  ['reward.credited', 'reward.held'],
  undefined,
  ['kakao.share.recorded'],
];

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const say = async (
  name: string,
  types: readonly DomainEventType[] | undefined,
  age: Age,
  database = db.database,
): Promise<readonly string[]> => {
  const handler = { name, kind: 'handler', ...(types === undefined ? {} : { types }) } as const;
  const { overruled } = await ensureDestinations(database, [handler], age);
  return overruled;
};

const sayAs = (name: string, version: number): Promise<readonly string[]> =>
  say(name, VERSIONS[version], () => (VERSIONS.length - version) * HOUR_MS);

async function typesOf(name: string): Promise<unknown> {
  const [row] = await db.rows('SELECT types FROM kakao_share.destinations WHERE name = $1', [name]);
  return row?.types ?? undefined;
}

test('whatever is said in whatever order, again, and after removals: who started last has the word', async () => {
  let handlers = 0;
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: VERSIONS.length - 1 }) },
    { weight: 1, arbitrary: fc.constant('removed' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const name = `handler:h${handlers++}`;
      let newest = -1;
      for (const step of steps) {
        if (step === 'removed') {
          await db.rows('DELETE FROM kakao_share.destinations WHERE name = $1', [name]);
          newest = -1;
          continue;
        }
        newest = Math.max(newest, step);
        expect(await sayAs(name, step)).toEqual(step < newest ? [name] : []);
        expect(await typesOf(name)).toEqual(VERSIONS[newest]);
      }
    }),
    { numRuns: 40 },
  );
});

test('of processes that say so at the same moment, who started last has the word', async () => {
  for (let round = 0; round < 20; round++) {
    const name = `handler:at-once-${round}`;
    await Promise.all(VERSIONS.map((_, version) => sayAs(name, version)));
    expect(await typesOf(name)).toEqual(VERSIONS.at(-1));
  }
});

test('a process that stalls while it says so is older for it, not younger', async () => {
  const name = 'handler:stalled';
  let ageMs = HOUR_MS;
  const stall = async (): Promise<void> => {
    await say(name, ['reward.credited', 'reward.held'], () => 1.5 * HOUR_MS);
    ageMs = 2 * HOUR_MS;
  };
  const overruled = await say(name, ['reward.credited'], () => ageMs, stallingOnce(stall));
  expect(overruled).toEqual([name]);
  expect(await typesOf(name)).toEqual(['reward.credited', 'reward.held']);
});

test('the owner of an endpoint changes what it hears of as often as they like', async () => {
  const name = 'endpoint:019a0000-0000-7000-8000-000000000000';
  for (const types of [['reward.held'], ['reward.held', 'reward.credited'], ['reward.credited']]) {
    await db.database.transaction({ statementTimeoutMs: 10_000 }, (tx) =>
      addDestinations(tx, [{ name, kind: 'endpoint', app: 'default', types: types as never }]),
    );
    expect(await typesOf(name)).toEqual(types);
  }
});

/** The database, behind a connection that stands still before its first statement. */
function stallingOnce(stall: () => Promise<void>): Database {
  let hasStalled = false;
  const behind = (tx: Transaction): Transaction => ({
    isTransaction: true,
    query: async (sql, parameters) => {
      if (!hasStalled) await stall();
      hasStalled = true;
      return tx.query(sql, parameters);
    },
  });
  const transaction: Database['transaction'] = (limits, work) =>
    db.database.transaction(limits, (tx) => work(behind(tx)));
  return { transaction } as Database;
}
