import type { Database, Transaction } from '../../src/database/database.js';
import { newId } from '../../src/database/new-id.js';
import { StatusBusyError } from '../../src/intents/intent-errors.js';
import { IntentStatusReader } from '../../src/intents/intent-status-reader.js';

/** A database that answers each query when it is told to, and remembers what it was asked. */
class SlowDatabase {
  readonly asked: string[][] = [];
  readonly #answers: ((fault?: Error) => void)[] = [];

  async transaction<T>(_: object, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return work({
      isTransaction: true,
      query: async <Row>(__: string, parameters: readonly unknown[] = []): Promise<Row[]> => {
        this.asked.push(parameters[0] as string[]);
        await new Promise<void>((resolve, reject) => {
          this.#answers.push((fault) => {
            if (fault === undefined) resolve();
            else reject(fault);
          });
        });
        return [];
      },
    });
  }

  /** Answers the query that has waited for longest, and lets what follows from it happen. */
  async answer(fault?: Error): Promise<void> {
    this.#answers.shift()?.(fault);
    await new Promise(setImmediate);
  }
}

let database: SlowDatabase;
let reader: IntentStatusReader;
beforeEach(() => {
  database = new SlowDatabase();
  reader = new IntentStatusReader(database as unknown as Database);
});

test('what is asked while a query runs goes into one next query, each id once', async () => {
  const others = ['b', 'c'];
  const reading = [reader.read('a')];
  await new Promise(setImmediate);
  reading.push(...others.map((id) => reader.read(id)), ...others.map((id) => reader.read(id)));
  await new Promise(setImmediate);
  expect(database.asked).toEqual([['a']]);
  await database.answer();
  expect(database.asked).toEqual([['a'], ['b', 'c']]);
  await database.answer();
  expect(await Promise.all(reading)).toEqual(Array(5).fill(undefined));
});

test('a query that fails is told to those who waited for it, and the next goes on', async () => {
  const failing = reader.read('a').catch((error: unknown) => error);
  await new Promise(setImmediate);
  const next = reader.read('b');
  const fault = new Error('away');
  await database.answer(fault);
  expect(await failing).toBe(fault);
  await database.answer();
  expect(await next).toBeUndefined();
});

test('a queue is bounded: whoever comes too late is told so at once', async () => {
  void reader.read('first');
  await new Promise(setImmediate);
  const ids = Array.from({ length: 500 }, newId);
  const waiting = ids.map((id) => reader.read(id));
  await expect(reader.read('late')).rejects.toThrow(StatusBusyError);
  waiting.push(reader.read(ids[0] ?? ''));
  await database.answer();
  await database.answer();
  await Promise.all(waiting);
  expect(database.asked[1]).toEqual(ids);
});
