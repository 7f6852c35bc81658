import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy, startTestService, untilSettled } from '../support/test-service.js';
import { ask, COMPAT_RULES, create } from './campaigns.js';
import type { DeliveryBody, PageBody } from './management.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test('a share that came before the kill switch is not paid after it, and the next is once it is off', async () => {
  const rules = { ...COMPAT_RULES, startsAt: '2020-01-01T00:00:00+09:00' };
  const door = await startTestService(db, { environment: { ROLES: 'web' } });
  const { id } = await create(door, { state: 'live', rules });
  const turn = (on: boolean): ReturnType<typeof ask> =>
    ask(door, 'PUT', `/${id}/kill-switch`, { on, reason: 'test' });
  await door.share(shareBy('minji'), 'before');
  expect((await turn(true)).status).toBe(200);

  const worker = await startTestService(db, { environment: { ROLES: 'worker' } });
  try {
    await untilSettled(db);
    await turn(false);
    await door.share(shareBy('jisoo'), 'after');
    await untilSettled(db);
    const { body } = await door.api<PageBody<DeliveryBody>>('/v1/deliveries');
    expect(body.items.map(({ resourceId, verdict }) => [resourceId, verdict])).toEqual([
      ['after', 'rewarded'],
      ['before', 'stopped'],
    ]);
  } finally {
    await worker.stop();
    await door.stop();
  }
});
