import fc from 'fast-check';
import pg from 'pg';
import { DataSource } from 'typeorm';
import {
  ConsumerConnectionError,
  createInboxTable,
  forgetHandled,
  handleOnce,
  InboxNameError,
  InboxTableError,
  InboxTransactionError,
  type ConsumerConnection,
} from '../../src/consumer.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let db: TestDatabase;
let pool: pg.Pool;
let dataSource: DataSource;

beforeAll(async () => {
  db = await createTestDatabase();
  pool = new pg.Pool({ connectionString: db.url, max: 10 });
  dataSource = await new DataSource({ type: 'postgres', url: db.url }).initialize();
  await createInboxTable(pool);
  await pool.query('CREATE TABLE effects (name text NOT NULL, by text)');
});
afterAll(async () => {
  await dataSource.destroy();
  await pool.end();
  await db.drop();
});

let lastId = 0;
const newEvent = (): { id: string } => ({ id: `event-${++lastId}` });

/** How a consumer's own transaction ends. */
type End = 'COMMIT' | 'ROLLBACK';

async function inTransaction(work: (tx: pg.PoolClient) => Promise<unknown>, end: End = 'COMMIT') {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query(end);
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const effect = (tx: ConsumerConnection, name: string) => (): Promise<unknown> =>
  tx.query('INSERT INTO effects (name) VALUES ($1)', [name]);
const effectsOf = (name: string): Promise<number> =>
  db.number('SELECT count(*) FROM effects WHERE name = $1', [name]);
const recordsOf = (id: string): Promise<number> =>
  db.number('SELECT count(*) FROM kakao_share_inbox WHERE event_id = $1', [id]);

describe('the effect of an event', () => {
  test('happens once, however often the event comes', async () => {
    const event = newEvent();
    const ran: boolean[] = [];
    for (let times = 0; times < 3; times++) {
      await inTransaction(async (tx) => {
        ran.push(await handleOnce(tx, { consumer: 'wallet', event }, effect(tx, event.id)));
      });
    }
    expect(ran).toEqual([true, false, false]);
    expect(await effectsOf(event.id)).toBe(1);
  });

  test('happens once for each of two consumers', async () => {
    const event = newEvent();
    for (const consumer of ['wallet', 'push', 'wallet', 'push']) {
      await inTransaction((tx) => handleOnce(tx, { consumer, event }, effect(tx, event.id)));
    }
    expect(await effectsOf(event.id)).toBe(2);
  });

  test('of two at the same time: the second waits for the first and then does nothing', async () => {
    const event = newEvent();
    let second: Promise<void> = Promise.resolve();
    let secondRan: boolean | undefined;
    await inTransaction(async (tx) => {
      await handleOnce(tx, { consumer: 'wallet', event }, effect(tx, event.id));
      second = inTransaction(async (other) => {
        secondRan = await handleOnce(other, { consumer: 'wallet', event }, effect(other, event.id));
      });
      await untilSomebodyWaits();
      expect(secondRan).toBeUndefined();
    });
    await second;
    expect(secondRan).toBe(false);
    expect(await effectsOf(event.id)).toBe(1);
  });

  test('of two at the same time: the second takes over where the first rolls back', async () => {
    const event = newEvent();
    let second: Promise<void> = Promise.resolve();
    await inTransaction(async (tx) => {
      await handleOnce(tx, { consumer: 'wallet', event }, effect(tx, event.id));
      second = inTransaction((other) =>
        handleOnce(other, { consumer: 'wallet', event }, effect(other, event.id)),
      );
      await untilSomebodyWaits();
    }, 'ROLLBACK');
    await second;
    expect(await effectsOf(event.id)).toBe(1);
    expect(await recordsOf(event.id)).toBe(1);
  });

  test('happens once, whoever comes when and however their transactions end, as soon as one commits', async () => {
    const attempt = fc.record({
      consumer: fc.constantFrom('wallet', 'push'),
      throws: fc.boolean(),
      end: fc.constantFrom<End>('COMMIT', 'ROLLBACK'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 8 }), async (attempts) => {
        const event = newEvent();
        await Promise.allSettled(
          attempts.map(({ consumer, throws, end }) =>
            inTransaction(
              (tx) =>
                handleOnce(tx, { consumer, event }, async () => {
                  await effect(tx, `${event.id} ${consumer}`)();
                  if (throws) throw new Error('the effect fails');
                }),
              end,
            ),
          ),
        );
        for (const consumer of ['wallet', 'push']) {
          const hasCommitted = attempts.some(
            (one) => one.consumer === consumer && !one.throws && one.end === 'COMMIT',
          );
          expect(await effectsOf(`${event.id} ${consumer}`)).toBe(hasCommitted ? 1 : 0);
        }
      }),
      { numRuns: 30 },
    );
  });

  async function untilSomebodyWaits(): Promise<void> {
    await eventually(async () => {
      expect(
        await db.number(
          `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        ),
      ).toBeGreaterThan(0);
    });
  }
});

describe('an effect that fails', () => {
  test('is not recorded, its error is thrown on, and the event can be handled again', async () => {
    const event = newEvent();
    const failing = inTransaction((tx) =>
      handleOnce(tx, { consumer: 'wallet', event }, () => Promise.reject(new Error('no wallet'))),
    );
    await expect(failing).rejects.toThrow('no wallet');
    expect(await recordsOf(event.id)).toBe(0);
    await inTransaction((tx) =>
      handleOnce(tx, { consumer: 'wallet', event }, effect(tx, event.id)),
    );
    expect(await effectsOf(event.id)).toBe(1);
  });

  test('leaves neither record nor half an effect where its error is swallowed and the rest committed', async () => {
    const event = newEvent();
    await inTransaction(async (tx) => {
      await effect(tx, `${event.id} before`)();
      await handleOnce(tx, { consumer: 'wallet', event }, async () => {
        await effect(tx, event.id)();
        await tx.query('INSERT INTO effects (name) VALUES (NULL)');
      }).catch(() => undefined);
      await effect(tx, `${event.id} after`)();
    });
    expect([await effectsOf(event.id), await recordsOf(event.id)]).toEqual([0, 0]);
    expect(await effectsOf(`${event.id} before`)).toBe(1);
    expect(await effectsOf(`${event.id} after`)).toBe(1);
  });

  test('within the effect of another consumer takes only its own part back', async () => {
    const event = newEvent();
    await inTransaction((tx) =>
      handleOnce(tx, { consumer: 'outer', event }, async () => {
        await effect(tx, `${event.id} outer`)();
        await handleOnce(tx, { consumer: 'inner', event }, () =>
          Promise.reject(new Error('inner fails')),
        ).catch(() => undefined);
      }),
    );
    expect(await effectsOf(`${event.id} outer`)).toBe(1);
    expect(await recordsOf(event.id)).toBe(1);
  });
});

describe('the connection may be', () => {
  test('a TypeORM EntityManager', async () => {
    const event = newEvent();
    for (const expected of [true, false]) {
      const ran = await dataSource.transaction((tx) =>
        handleOnce(tx, { consumer: 'wallet', event }, effect(tx, event.id)),
      );
      expect(ran).toBe(expected);
    }
    expect(await effectsOf(event.id)).toBe(1);
  });

  test('a TypeORM QueryRunner', async () => {
    const event = newEvent();
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    expect(await handleOnce(runner, { consumer: 'wallet', event }, () => undefined)).toBe(true);
    expect(await handleOnce(runner, { consumer: 'wallet', event }, () => undefined)).toBe(false);
    await runner.commitTransaction();
    await runner.release();
    expect(await recordsOf(event.id)).toBe(1);
  });

  test('nothing that runs each statement on its own: the effect does not run', async () => {
    const event = newEvent();
    const client = await pool.connect();
    const refused = [pool, client, dataSource, dataSource.manager].map(async (connection) => {
      const handled = handleOnce(connection, { consumer: 'wallet', event }, effect(pool, event.id));
      await expect(handled).rejects.toThrow(InboxTransactionError);
    });
    await Promise.all(refused);
    client.release();
    expect([await effectsOf(event.id), await recordsOf(event.id)]).toEqual([0, 0]);
  });

  test('nothing that answers without rows', async () => {
    const silent = { query: () => Promise.resolve(undefined) };
    const handled = handleOnce(silent, { consumer: 'wallet', event: newEvent() }, () => undefined);
    await expect(handled).rejects.toThrow(ConsumerConnectionError);
  });
});

describe('the table', () => {
  test('is created by any number of processes at once, and again', async () => {
    // Where they meet is chance: more rounds, more places.
    for (let round = 0; round < 10; round++) {
      const where = { table: `inbox_${round}` };
      const create = (): Promise<void> => createInboxTable(pool, where);
      await Promise.all(Array.from({ length: 8 }, create));
      await create();
      await inTransaction((tx) =>
        handleOnce(tx, { consumer: 'wallet', event: newEvent(), ...where }, () => undefined),
      );
      expect(await db.number(`SELECT count(*) FROM ${where.table}`)).toBe(1);
    }
  });

  test('may stand in a schema of the consumer’s', async () => {
    await pool.query('CREATE SCHEMA IF NOT EXISTS wallet');
    const where = { schema: 'wallet', table: 'inbox' };
    await createInboxTable(pool, where);
    const event = newEvent();
    await inTransaction((tx) =>
      handleOnce(tx, { consumer: 'wallet', event, ...where }, () => undefined),
    );
    expect(await db.number('SELECT count(*) FROM wallet.inbox')).toBe(1);
    expect(await recordsOf(event.id)).toBe(0);
  });

  test('that is not there is asked for by name', async () => {
    const handled = inTransaction((tx) =>
      handleOnce(tx, { consumer: 'wallet', event: newEvent(), table: 'nowhere' }, () => undefined),
    );
    await expect(handled).rejects.toThrow(InboxTableError);
    await expect(handled).rejects.toThrow('nowhere');
  });

  test.each(['', 'Inbox', 'in"box', 'in box', '1st', 'x'.repeat(51), 'a.b'])(
    'cannot be named "%s"',
    async (table) => {
      await expect(createInboxTable(pool, { table })).rejects.toThrow(InboxNameError);
      await expect(createInboxTable(pool, { schema: table })).rejects.toThrow(InboxNameError);
    },
  );

  test('takes no consumer without a name, and no name that an index cannot take', async () => {
    for (const consumer of ['', 'x'.repeat(257)]) {
      const handled = inTransaction((tx) =>
        handleOnce(tx, { consumer, event: newEvent() }, () => undefined),
      );
      await expect(handled).rejects.toThrow('check constraint');
    }
  });
});

test('what was handled long ago is forgotten, the oldest first, no more at a time than asked for', async () => {
  const where = { table: 'inbox_that_forgets' };
  await createInboxTable(pool, where);
  await pool.query(
    `INSERT INTO inbox_that_forgets (consumer, event_id, handled_at)
     SELECT 'wallet', day, date '2026-01-01' + day FROM generate_series(0, 9) AS day`,
  );
  const before = new Date('2026-01-08T00:00:00Z');
  const left = async (): Promise<unknown[]> =>
    (await db.rows('SELECT event_id::int AS day FROM inbox_that_forgets ORDER BY 1')).map(
      (row) => row.day,
    );
  expect(await forgetHandled(pool, before, 5, where)).toBe(5);
  expect(await left()).toEqual([5, 6, 7, 8, 9]);
  expect(await forgetHandled(dataSource, before, 5, where)).toBe(2);
  expect(await left()).toEqual([7, 8, 9]);
  expect(await forgetHandled(pool, before, 5, where)).toBe(0);
});
