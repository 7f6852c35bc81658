import { killServiceProcesses, startServiceProcess } from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
  untilTold,
} from '../support/test-service.js';
import { Gate } from './gate.js';
import { expireDispatchLeases, pointsOf, proveWhole } from './proof.js';

describe('a worker that is frozen with the campaign’s budget in its hand', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
  });
  afterAll(async () => {
    await killServiceProcesses();
    await db.drop();
  });

  test('is robbed of it, so that others go on; thawed, it goes on itself', async () => {
    const environment = serviceEnvironment(db);
    const frozen = await startServiceProcess(environment);
    await frozen.share(shareBy('before'), 'before');
    await untilSettled(db);
    // By then it holds the delivery, the user and the budget.
    const gate = await Gate.close(db, { table: 'kakao_share.entries', on: 'INSERT' });
    expect(await frozen.share(shareBy('held'), 'held')).toMatchObject({ status: 200 });
    await gate.untilReached(/entries/);
    frozen.freeze();
    await gate.letPass();

    const other = await startServiceProcess(environment);
    for (const id of ['one', 'two'])
      expect(await other.share(shareBy(id), id)).toMatchObject({ status: 200 });
    // Waits for the row of the held delivery, until Postgres takes it from the frozen session.
    await expireDispatchLeases(db);
    await untilSettled(db);
    frozen.thaw();
    expect(await frozen.share(shareBy('after'), 'after')).toMatchObject({ status: 200 });
    await untilSettled(db);
    await untilTold(db);
    await gate.open();
    await proveWhole(db, ['before', 'held', 'one', 'two', 'after']);
    expect(await pointsOf(db, 'held')).toBe(100);
  }, 240_000);
});
