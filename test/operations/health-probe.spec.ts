import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Database } from '../../src/database/database.js';
import { HEALTH_ROLES, HealthController } from '../../src/operations/health.controller.js';
import { HealthProbe } from '../../src/operations/health-probe.js';
import { Readiness } from '../../src/operations/readiness.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import { SettlementQueue, type Backlog } from '../../src/queue/settlement-queue.js';
import { AlarmBoard } from '../../src/watch/alarm-board.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ASKING = 200;

/** Counts who asks it, and answers when it is let, or fails. */
class CountingQueue extends SettlementQueue {
  asked = 0;
  readonly #letGo: (() => void)[] = [];
  holds = false;
  fails = false;

  override async backlog(): Promise<Backlog> {
    this.asked++;
    if (this.holds) await new Promise<void>((resolve) => this.#letGo.push(resolve));
    if (this.fails) throw new Error('away');
    return super.backlog();
  }

  letGo(): void {
    this.holds = false;
    for (const go of this.#letGo) go();
  }
}

let db: TestDatabase;
let queue: CountingQueue;
let app: INestApplication;
let readiness: Readiness;
let url: string;

beforeEach(async () => {
  db = await createTestDatabase();
  queue = new CountingQueue(new QueueStore({ postgres: { url: db.url } }));
  @Module({
    controllers: [HealthController],
    providers: [
      ...[Readiness, AlarmBoard, HealthProbe],
      { provide: Database, useValue: db.database },
      { provide: SettlementQueue, useValue: queue },
      { provide: HEALTH_ROLES, useValue: ['worker'] },
    ],
  })
  class HealthOnly {}
  app = await NestFactory.create(HealthOnly, { logger: false });
  await app.listen(0, '127.0.0.1');
  url = `${(await app.getUrl()).replace('[::1]', '127.0.0.1')}/health/ready`;
  readiness = app.get(Readiness);
});
afterEach(async () => {
  await app.close();
  await queue.close();
  await db.drop();
});

async function ask(): Promise<number> {
  return (await fetch(url)).status;
}

test('however many ask at once whether a process is ready, database and queue are asked once', async () => {
  queue.holds = true;
  const asking = Promise.all(Array.from({ length: ASKING }, ask));
  await eventually(() => {
    expect(queue.asked).toBeGreaterThan(0);
  });
  queue.letGo();
  const statuses = await asking;
  // One that stood still meanwhile would have been asked again, once per second.
  expect(queue.asked).toBeLessThan(ASKING / 10);
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test('what is away is not asked more often than what is there, and is seen to be back', async () => {
  queue.fails = true;
  expect(new Set(await Promise.all(Array.from({ length: ASKING }, ask)))).toEqual(new Set([503]));
  expect(queue.asked).toBeLessThan(ASKING / 10);
  queue.fails = false;
  await eventually(async () => {
    expect(await ask()).toBe(200);
  });
});

test('a process that stops is not ready from that moment on, however fresh what it knows of others is', async () => {
  await eventually(async () => {
    expect(await ask()).toBe(200);
  });
  readiness.drain();
  expect(await ask()).toBe(503);
});
