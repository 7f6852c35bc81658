import { Logger } from '@nestjs/common';
import type { Transactor } from '../../src/database/database.js';
import { CommitLine, NotAskedError } from '../../src/deliveries/commit-line.js';
import { Dispatcher } from '../../src/deliveries/dispatcher.js';
import { DeadlineError } from '../../src/lifecycle/within.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import { SettlementQueue } from '../../src/queue/settlement-queue.js';
import { givenDelivery } from './given-delivery.js';

/** Two inserts are under way with what came first; behind them so many may wait. */
const UNDER_WAY = 2;
const MAX_WAITING = 2_000;

/** A database that says nothing until it fails. */
function silentDatabase(): { transactor: Transactor; fail: () => void } {
  const failing: ((error: Error) => void)[] = [];
  return {
    transactor: { transaction: () => new Promise((_, reject) => failing.push(reject)) },
    fail: () => {
      for (const reject of failing) reject(new Error('It fails.'));
    },
  };
}

test('the waiting list has a bound: behind 2,000 webhooks nobody waits for the database, and who gives up makes room', async () => {
  const queue = new SettlementQueue(new QueueStore({ postgres: { url: 'postgres://nowhere' } }));
  const observer = { succeeded: () => undefined, failed: () => undefined };
  const dispatcher = new Dispatcher(queue, new Logger('Dispatcher'));
  const { transactor, fail } = silentDatabase();
  const line = new CommitLine(transactor, dispatcher, 'leave', observer);
  const commit = (limitMs: number): Promise<unknown> =>
    line.commit(givenDelivery(undefined), limitMs).catch((error: unknown) => error);
  const waiting = Array.from({ length: UNDER_WAY + MAX_WAITING - 1 }, () => commit(600_000));
  const impatient = commit(1);
  expect(line.waiting).toBe(MAX_WAITING);
  expect(await commit(600_000)).toBeInstanceOf(NotAskedError);
  expect(await impatient).toBeInstanceOf(DeadlineError);
  expect(line.waiting).toBe(MAX_WAITING - 1);
  waiting.push(commit(600_000));
  expect(line.waiting).toBe(MAX_WAITING);

  line.clear();
  fail();
  const ended = await Promise.all(waiting);
  expect(ended.filter((error) => error instanceof NotAskedError)).toHaveLength(MAX_WAITING);
  expect(line.waiting).toBe(0);
});
