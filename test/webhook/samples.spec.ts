import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  untilNoneSpooled,
  type TestService,
} from '../support/test-service.js';
import { get, post, read, storedShare, verdictOf } from './door.js';

// Kakao Talk Share, Webhook, "Sample": word for word, with values for ${HASH_CHAT_ID} and the URL.
const QUERY =
  'CHAT_TYPE=MemoChat&HASH_CHAT_ID=hash&TEMPLATE_ID=10000&custom_parameter_key=custom_parameter_value';
const BODY = `{
"CHAT_TYPE":"MemoChat",
"HASH_CHAT_ID":"hash",
"TEMPLATE_ID":10000,
"custom_parameter_key":"custom_parameter_value"
}`;

interface UserBody {
  balances: { available: number };
  shares: { deliveryId: string; chatType: string; verdict: string }[];
}

describe("Kakao's samples", () => {
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

  test.each([
    ['GET', () => get(service, 'sample-get', QUERY)],
    ['POST', () => post(service, 'sample-post', BODY)],
  ])('the %s sample as printed is accepted and recorded; it names no user', async (_, request) => {
    const { status, deliveryId, problems } = read(await service.send(request()));
    expect({ status, problems }).toEqual({ status: 'accepted', problems: undefined });
    await untilSettled(db);
    expect(await storedShare(db, deliveryId)).toEqual({
      app: 'default',
      user_id: null,
      chat_type: 'MemoChat',
      room_hash: 'hash',
      template_id: '10000',
      single_chatroom: null,
      member_range: null,
      custom: '{"custom_parameter_key":"custom_parameter_value"}',
      unknown_values: [],
    });
    expect(await verdictOf(db, deliveryId)).toBe('no-user');
  });

  test.each([
    [
      'GET',
      'sample-user-get',
      (id: string) =>
        get(
          service,
          id,
          QUERY.replace('custom_parameter_key', 'user_id').replace('custom_parameter_value', id),
        ),
    ],
    [
      'POST',
      'sample-user-post',
      (id: string) =>
        post(
          service,
          id,
          BODY.replace('custom_parameter_key', 'user_id').replace('custom_parameter_value', id),
        ),
    ],
  ])(
    'the %s sample with a user is a share, a reward and its events',
    async (_, userId, request) => {
      const { deliveryId } = read(await service.send(request(userId)));
      await untilSettled(db);
      const user = await service.api<UserBody>(`/v1/users/${userId}`);
      expect(user.body.balances.available).toBe(100);
      expect(user.body.shares).toMatchObject([
        { deliveryId, chatType: 'MemoChat', verdict: 'rewarded' },
      ]);
      const types = await db.rows<{ type: string }>(
        `SELECT type FROM kakao_share.events WHERE data->>'deliveryId' = $1 ORDER BY sequence`,
        [deliveryId],
      );
      expect(types.map(({ type }) => type)).toEqual(['kakao.share.recorded', 'reward.credited']);
    },
  );

  test('what was received is kept as bytes, without the Authorization', async () => {
    const { deliveryId } = read(await service.send(post(service, 'sample-kept', BODY)));
    await untilNoneSpooled(db);
    const [kept] = await db.rows(
      'SELECT method, headers, query, body, key_fingerprint, resource_id, app FROM kakao_share.deliveries WHERE id = $1',
      [deliveryId],
    );
    expect(kept).toMatchObject({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'KakaoOpenAPI/1.0',
        'x-kakao-resource-id': 'sample-kept',
      },
      query: Buffer.alloc(0),
      body: Buffer.from(BODY),
      resource_id: 'sample-kept',
      app: 'default',
    });
    expect(JSON.stringify(kept)).not.toContain(service.adminKey);
  });
});
