import { readExposition } from '../metrics/exposition.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  untilTold,
  type StoreName,
  type TestService,
} from '../support/test-service.js';

interface UserBody {
  balances: { available: number; pending: number };
  shares: { verdict: string }[];
}

async function spooledBy({ url, adminToken }: TestService): Promise<number> {
  const headers = { Authorization: `Bearer ${adminToken}` };
  const page = readExposition(await (await fetch(`${url}/metrics`, { headers })).text());
  return page.value('kakao_share_webhooks_total', { outcome: 'accepted', place: 'spool' }) ?? 0;
}

describe.each(QUEUE_STORES)(
  'from webhook to share, reward and event, queue on $store',
  ({ store }) => {
    let db: TestDatabase;
    let service: TestService;

    beforeAll(async () => {
      db = await createTestDatabase();
      await givenCampaign(db);
      service = await startTestService(db, { store: store as StoreName });
    });
    afterAll(async () => {
      await service.stop();
      await db.drop();
    });

    /** A machine that is busy may keep it in the spool for a while. */
    async function untilCommitted(resourceId: string): Promise<void> {
      const count = 'SELECT count(*) FROM kakao_share.delivery_keys WHERE resource_id = $1';
      await eventually(async () => {
        expect(await db.number(count, [resourceId])).toBe(1);
      });
    }

    test('one webhook becomes one share, one reward in a balanced ledger, and its events', async () => {
      const answer = await service.share(shareBy('minji'), 'resource-1');
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({
        status: 'accepted',
        deliveryId: expect.any(String) as string,
      });
      await untilCommitted('resource-1');
      await untilSettled(db);
      await untilTold(db);

      const user = await service.api<UserBody>('/v1/users/minji');
      expect(user.body.balances).toEqual({ available: 100, pending: 0 });
      expect(user.body.shares.map(({ verdict }) => verdict)).toEqual(['rewarded']);
      const verification = await service.api<{ ok: boolean }>('/v1/ledger/verification');
      expect(verification.body.ok).toBe(true);
      const events = await service.api<{ items: { event: { type: string; sequence: string } }[] }>(
        '/v1/events?userId=minji',
      );
      expect(events.body.items.map(({ event }) => event.type)).toEqual([
        'reward.credited',
        'kakao.share.recorded',
      ]);
    });

    test('the same webhook a hundred times at once is a hundred 2xx, one share and one reward', async () => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => service.share(shareBy('jisoo'), 'resource-2')),
      );
      const statuses = answers.map(({ body }) => (JSON.parse(body) as { status: string }).status);
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      const accepted = statuses.filter((status) => status === 'accepted');
      expect(statuses.filter((status) => status === 'duplicate')).toHaveLength(
        100 - accepted.length,
      );
      // What a busy machine has kept in the spool is accepted, and found to be known when it is committed.
      expect(accepted.length - (await spooledBy(service))).toBeLessThanOrEqual(1);
      await untilCommitted('resource-2');
      await untilSettled(db);
      const user = await service.api<UserBody>('/v1/users/jisoo');
      expect(user.body.balances.available).toBe(100);
      expect(user.body.shares).toHaveLength(1);
    });
  },
);
