import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  untilNoneSpooled,
  type TestService,
} from '../support/test-service.js';
import { get, post, read, storedShare } from './door.js';

const bodyOf = (userId: string, extra = ''): string =>
  `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room of ${userId}","user_id":"${userId}"${extra}}`;

describe('the same resource id again', () => {
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    service = await startTestService(db);
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  const differing = (
    deliveryId: string,
  ): Promise<{ method: string; body: Buffer; query: Buffer }[]> =>
    db.rows(
      'SELECT method, body, query FROM kakao_share.differing_repeats WHERE delivery_id = $1 ORDER BY recorded_at',
      [deliveryId],
    );

  test('is a duplicate that names the first delivery, before it is settled and after', async () => {
    const request = post(service, 'again', bodyOf('again'));
    const first = read(await service.send(request));
    await untilNoneSpooled(db);
    const duplicate = { status: 'duplicate', deliveryId: first.deliveryId };
    expect(read(await service.send(request))).toEqual(duplicate);
    await untilSettled(db);
    expect(read(await service.send(request))).toEqual(duplicate);
    expect(await differing(first.deliveryId)).toEqual([]);
  });

  test('with other content it is a duplicate all the same, and the other content is kept', async () => {
    const { deliveryId } = read(await service.send(post(service, 'other', bodyOf('first'))));
    await untilNoneSpooled(db);
    const forged = post(service, 'other', bodyOf('second'));
    expect(read(await service.send(forged))).toEqual({ status: 'duplicate', deliveryId });
    expect(read(await service.send(forged))).toEqual({ status: 'duplicate', deliveryId });
    const query = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=third';
    expect(read(await service.send(get(service, 'other', query))).status).toBe('duplicate');
    await untilSettled(db);
    expect(await differing(deliveryId)).toEqual([
      { method: 'POST', body: Buffer.from(bodyOf('second')), query: Buffer.alloc(0) },
      { method: 'GET', body: Buffer.alloc(0), query: Buffer.from(query) },
    ]);
    expect(await storedShare(db, deliveryId)).toMatchObject({ user_id: 'first' });
    expect(
      await db.number(
        `SELECT count(*) FROM kakao_share.users WHERE user_id IN ('second', 'third')`,
      ),
    ).toBe(0);
  });

  test('even broken content is a duplicate and kept', async () => {
    const { deliveryId } = read(await service.send(post(service, 'broken', bodyOf('whole'))));
    await untilNoneSpooled(db);
    expect(read(await service.send(post(service, 'broken', '{')))).toEqual({
      status: 'duplicate',
      deliveryId,
    });
    expect((await differing(deliveryId)).map(({ body }) => body.toString())).toEqual(['{']);
  });

  test('of other contents five are kept and no more', async () => {
    const { deliveryId } = read(await service.send(post(service, 'many', bodyOf('many'))));
    await untilNoneSpooled(db);
    for (let number = 1; number <= 8; number++) {
      const other = post(service, 'many', bodyOf('many', `,"number":${number}`));
      expect(read(await service.send(other)).status).toBe('duplicate');
    }
    expect(await differing(deliveryId)).toHaveLength(5);
  });

  test('at once, with content of their own, one is accepted and what is kept stays bounded', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        service.send(post(service, 'at-once', bodyOf('race', `,"number":${number}`))),
      ),
    );
    const read20 = answers.map(read);
    const accepted = read20.filter(({ status }) => status === 'accepted');
    expect(accepted).toHaveLength(1);
    expect(new Set(read20.map(({ deliveryId }) => deliveryId)).size).toBe(1);
    // A process has two inserts under way, and neither counts what the other has not committed.
    const kept = await differing(accepted[0]?.deliveryId ?? '');
    expect(kept.length).toBeGreaterThanOrEqual(5);
    expect(kept.length).toBeLessThanOrEqual(2 * 5);
  });

  test('resource ids are told apart by every letter', async () => {
    const ids = ['Letter', 'letter', 'letter:1', 'letter, 1', '42', '042', 'é', 'x'.repeat(256)];
    for (const id of ids) {
      const answer = await service.send(post(service, id, bodyOf('letters')));
      expect([id, read(answer).status]).toEqual([id, 'accepted']);
    }
  });
});
