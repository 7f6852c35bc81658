import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { QueueStore } from '../../src/queue/queue-store.js';
import { SettlementQueue } from '../../src/queue/settlement-queue.js';
import { ensureDestinations, type Destination } from '../../src/relay/destinations.js';
import { SettlementWorker } from '../../src/settlement/settlement-worker.js';
import { Settler } from '../../src/settlement/settler.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const HANDLER: Destination = {
  name: 'handler:Teller.tell',
  kind: 'handler',
  types: ['reward.credited'],
};

let db: TestDatabase;
let worker: SettlementWorker;
let nobody: Server;
/** How often the worker has tried to reach the queue store. */
let tries: number;

beforeEach(async () => {
  Logger.overrideLogger(false);
  db = await createTestDatabase();
  tries = 0;
  nobody = createServer((socket) => {
    tries++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  worker = givenWorker((nobody.address() as AddressInfo).port);
  worker.start();
  await untilTriedAgain();
});
afterEach(async () => {
  await worker.stop(5_000);
  nobody.close();
  await db.drop();
});

/** A worker of a process that started an hour ago, whose Redis takes connections and answers nothing. */
function givenWorker(port: number): SettlementWorker {
  const { database } = db;
  const store = new QueueStore({ redis: { host: '127.0.0.1', port } });
  const queue = new SettlementQueue(store);
  const logger = new Logger('SettlementWorker');
  const settler = new Settler(database, queue, logger);
  const parts = { database, store, queue, settler, logger };
  return new SettlementWorker({
    ...parts,
    destinations: [HANDLER],
    age: () => 3_600_000,
    concurrency: 1,
  });
}

/** With a whole attempt in between. */
async function untilTriedAgain(): Promise<void> {
  const before = tries;
  await eventually(() => {
    expect(tries).toBeGreaterThanOrEqual(before + 2);
  });
}

test('while its queue store is away, a worker does not take back what a newer process has said of a handler', async () => {
  const types = ['reward.credited', 'reward.held'] as const;
  await ensureDestinations(db.database, [{ ...HANDLER, types }], () => 60_000);
  await untilTriedAgain();
  expect(await db.rows('SELECT name, types FROM kakao_share.destinations')).toEqual([
    { name: HANDLER.name, types },
  ]);
});

test('while its queue store is away, a worker does not make known again what was removed', async () => {
  expect(await db.number('SELECT count(*) FROM kakao_share.destinations')).toBe(1);
  await db.rows('DELETE FROM kakao_share.destinations');
  await untilTriedAgain();
  expect(await db.number('SELECT count(*) FROM kakao_share.destinations')).toBe(0);
});
