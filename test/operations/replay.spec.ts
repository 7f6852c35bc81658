import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  untilNoneSpooled,
  type TestService,
} from '../support/test-service.js';
import { read } from '../webhook/door.js';
import { apiTokens, bearer, call, type DeliveryBody, type PageBody } from './management.js';

/** Makes every share in the room `poison` impossible to record. */
const POISON = `
  CREATE FUNCTION kakao_share.poison() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'the shares are out of order'; END $$;
  CREATE TRIGGER poison BEFORE INSERT ON kakao_share.shares
    FOR EACH ROW WHEN (NEW.room_hash = 'poison') EXECUTE FUNCTION kakao_share.poison()`;
const ANTIDOTE = 'DROP TRIGGER poison ON kakao_share.shares; DROP FUNCTION kakao_share.poison()';
/** The tenth attempt is the last. */
const ATTEMPTS_BEFORE = 9;

interface AuditRow {
  actor: string;
  app: string;
  action: string;
  reason: string;
  before: unknown;
  after: unknown;
}

describe('replay', () => {
  let db: TestDatabase;
  let service: TestService;
  let failed: string;
  let mended: string;
  let paid: string;
  let pendingStatus: number;

  const replay = (
    id: string,
    reason = 'the shares are in order again',
  ): ReturnType<typeof call<DeliveryBody>> =>
    call<DeliveryBody>(service, `/v1/deliveries/${id}/replay`, bearer('on-call'), {
      method: 'POST',
      body: JSON.stringify({ reason }),
    });
  const view = async (id: string): Promise<DeliveryBody> =>
    (await service.api<DeliveryBody>(`/v1/deliveries/${id}`)).body;
  const auditOf = (id: string): Promise<AuditRow[]> =>
    db.rows<AuditRow>(
      'SELECT actor, app, action, reason, before, after FROM kakao_share.audit WHERE target = $1',
      [id],
    );
  async function deliver(user: string, room: string): Promise<string> {
    return read(await service.share(shareBy(user, { hashChatId: room }), `of ${user}`)).deliveryId;
  }

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    await db.rows(POISON);
    const environment = { API_TOKENS: apiTokens({ 'on-call': { scopes: ['operate'] } }) };
    const door = await startTestService(db, { environment: { ...environment, ROLES: 'web' } });
    service = door;
    failed = await deliver('hana', 'poison');
    mended = await deliver('minji', 'poison');
    await untilNoneSpooled(db);
    await db.rows('UPDATE kakao_share.open_deliveries SET attempts = $1', [ATTEMPTS_BEFORE]);
    pendingStatus = (await replay(mended)).status;
    await door.stop();

    service = await startTestService(db, { environment });
    paid = await deliver('jisoo', 'room');
    await untilSettled(db);
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  test('a delivery that cannot be settled ends failed, with its error, and pays nobody', async () => {
    expect(await view(failed)).toMatchObject({
      verdict: 'failed',
      reasons: ['P0001: the shares are out of order'],
      userId: 'hana',
      amount: null,
    });
    const found = await service.api<PageBody<{ id: string }>>('/v1/deliveries?userId=hana');
    expect(found.body.items.map(({ id }) => id)).toEqual([failed]);
    const events = await service.api<PageBody<{ event: { data: { deliveryId: string } } }>>(
      '/v1/events?type=kakao.share.failed',
    );
    expect(events.body.items.map(({ event }) => event.data.deliveryId)).toContain(failed);
    const books = await service.api<{ ok: boolean }>('/v1/ledger/verification');
    expect(books.body.ok).toBe(true);
  });

  test('what did not fail is not replayed: 409, and nothing changes', async () => {
    expect(pendingStatus).toBe(409);
    const answer = await replay(paid);
    expect(answer).toMatchObject({ status: 409, contentType: 'application/problem+json' });
    expect(await auditOf(paid)).toEqual([]);
    expect(await view(paid)).toMatchObject({ verdict: 'rewarded' });
  });

  test('a failed delivery replayed twice at once is settled once more, by name and with a reason', async () => {
    await db.rows(ANTIDOTE);
    const answers = await Promise.all([replay(mended), replay(mended)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    await untilSettled(db);
    expect(await view(mended)).toMatchObject({ verdict: 'rewarded', userId: 'minji', amount: 100 });
    const decisions = await db.rows(
      `SELECT number, verdict, superseded_at IS NULL AS current, actor FROM kakao_share.decisions
       WHERE delivery_id = $1 ORDER BY number`,
      [mended],
    );
    expect(decisions).toEqual([
      { number: 1, verdict: 'failed', current: false, actor: 'settlement' },
      { number: 2, verdict: 'rewarded', current: true, actor: 'settlement' },
    ]);
    expect(await auditOf(mended)).toEqual([
      {
        actor: 'on-call',
        app: 'default',
        action: 'delivery.replay',
        reason: 'the shares are in order again',
        before: { number: 1, verdict: 'failed', reasons: ['P0001: the shares are out of order'] },
        after: { verdict: 'pending' },
      },
    ]);
    expect((await replay(mended)).status).toBe(409);
    const user = await service.api<{ balances: { available: number } }>('/v1/users/minji');
    expect(user.body.balances.available).toBe(100);
    const books = await service.api<{ ok: boolean }>('/v1/ledger/verification');
    expect(books.body.ok).toBe(true);
  });
});
