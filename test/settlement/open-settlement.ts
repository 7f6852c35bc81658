import { Logger } from '@nestjs/common';
import type { Delivery } from '../../src/deliveries/delivery.js';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { QueueStore, type JobWorker, type QueueStoreOptions } from '../../src/queue/queue-store.js';
import {
  openSettlementWorker,
  SettlementQueue,
  type SettleJob,
} from '../../src/queue/settlement-queue.js';
import { Settler } from '../../src/settlement/settler.js';
import type { TestDatabase } from '../support/test-database.js';

const LIMITS = { statementTimeoutMs: 10_000 };

/** Queue, settler and worker on a test database, without the door. */
export interface Settlement {
  readonly queue: SettlementQueue;
  readonly settler: Settler;
  close(): Promise<void>;
}

export async function openSettlement(
  db: TestDatabase,
  options: QueueStoreOptions,
  concurrency = 2,
): Promise<Settlement> {
  const store = new QueueStore(options);
  const queue = new SettlementQueue(store);
  const logger = new Logger('Settler');
  Logger.overrideLogger(false);
  const settler = new Settler(db.database, queue, logger);
  const worker: JobWorker<SettleJob> = await openSettlementWorker(
    store,
    (ids) => settler.settle(ids),
    concurrency,
  );
  return {
    queue,
    settler,
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
}

/** Commits deliveries as the door does; asks nobody to settle them. */
export async function givenStored(
  db: TestDatabase,
  deliveries: readonly Delivery[],
): Promise<string[]> {
  await db.database.transaction(LIMITS, (tx) => storeDeliveries(tx, deliveries));
  return deliveries.map(({ id }) => id);
}

/** How deliveries stand now, in the given order. */
export async function verdictsOf(db: TestDatabase, ids: readonly string[]): Promise<string[]> {
  const rows = await db.rows<{ verdict: string }>(
    `SELECT coalesce(c.verdict, 'pending') AS verdict
     FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, place)
     LEFT JOIN kakao_share.decisions c ON c.delivery_id = id AND c.superseded_at IS NULL ORDER BY place`,
    [ids],
  );
  return rows.map(({ verdict }) => verdict);
}
