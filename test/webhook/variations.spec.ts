import { CHAT_TYPES } from '../../src/kakao/chat-types.js';
import { MEMBER_COUNT_RANGES } from '../../src/kakao/member-count-ranges.js';
import { buildShareRequest, type ShareRequestOptions } from '../../src/simulator/share-request.js';
import { rawJson, type Share } from '../../src/simulator/share.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import { read, storedShare, verdictOf, type StoredShare } from './door.js';

type How = Partial<Omit<ShareRequestOptions, 'url' | 'adminKey' | 'resourceId'>>;

interface Variation {
  readonly title: string;
  readonly share?: Partial<Share>;
  readonly how?: How;
  readonly stored: Partial<StoredShare>;
  readonly verdict?: string;
}

const WAYS: readonly { name: string; how: How }[] = [
  { name: 'GET', how: { method: 'GET' } },
  { name: 'POST', how: { method: 'POST' } },
  { name: 'POST of a form', how: { method: 'POST', encoding: 'form' } },
];
const PAID = { isSingleChatroom: true, chatMemberCountRange: '1+' };
const TOLD = { single_chatroom: true, member_range: '1+' };

const VARIATIONS: readonly Variation[] = [
  ...CHAT_TYPES.map((chatType) => ({
    title: `chat type ${chatType}`,
    share: { chatType },
    stored: { chat_type: chatType, unknown_values: [] },
  })),
  {
    title: 'a chat type that Kakao may add',
    share: { chatType: 'ChannelChat' },
    stored: { chat_type: 'ChannelChat', unknown_values: ['CHAT_TYPE'] },
    verdict: 'chat-type',
  },
  ...WAYS.flatMap(({ name, how }): Variation[] => [
    {
      title: `${name}: no paid fields`,
      how,
      stored: { single_chatroom: null, member_range: null },
    },
    { title: `${name}: paid fields`, share: PAID, how, stored: TOLD },
    {
      title: `${name}: boolean as text`,
      share: { ...PAID, isSingleChatroom: 'false' },
      how,
      stored: { single_chatroom: false },
    },
    { title: `${name}: no TEMPLATE_ID`, how, stored: { template_id: null } },
    {
      title: `${name}: empty TEMPLATE_ID`,
      share: { templateId: '' },
      how,
      stored: { template_id: null },
    },
    {
      title: `${name}: null TEMPLATE_ID`,
      share: { templateId: null },
      how,
      stored: { template_id: null },
    },
    {
      title: `${name}: TEMPLATE_ID of 19 digits`,
      share: { templateId: '9007199254740993123' },
      how,
      stored: { template_id: '9007199254740993123' },
    },
  ]),
  ...MEMBER_COUNT_RANGES.map((range) => ({
    title: `range ${range}`,
    share: { isSingleChatroom: false, chatMemberCountRange: range },
    stored: { single_chatroom: false, member_range: range, unknown_values: [] },
  })),
  {
    title: 'GET: a range unescaped, so that its plus arrives as a space',
    share: PAID,
    how: { method: 'GET', unescapedPlus: true },
    stored: TOLD,
  },
  {
    title: 'form: a range unescaped, so that its plus arrives as a space',
    share: PAID,
    how: { encoding: 'form', unescapedPlus: true },
    stored: TOLD,
  },
  {
    title: 'a range that Kakao may add',
    share: { isSingleChatroom: false, chatMemberCountRange: '5000+' },
    stored: { member_range: '5000+', unknown_values: ['CHAT_MEMBER_COUNT_RANGE'] },
  },
  { title: 'JSON with no content type', how: { contentType: null }, stored: {} },
  {
    title: 'JSON with a charset',
    how: { contentType: 'application/json;charset=UTF-8' },
    stored: {},
  },
  { title: 'JSON called text', how: { contentType: 'text/plain' }, stored: {} },
];

describe('real variations of the webhook', () => {
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

  async function deliver(resourceId: string, share: Share, how: How = {}): Promise<string> {
    const { webhookUrl: url, adminKey } = service;
    const request = buildShareRequest(share, { method: 'POST', ...how, url, adminKey, resourceId });
    const answer = read(await service.send(request));
    expect(answer).toEqual({ status: 'accepted', deliveryId: answer.deliveryId });
    await untilSettled(db);
    return answer.deliveryId;
  }

  test.each(VARIATIONS)('$title', async ({ title, share, how, stored, verdict = 'rewarded' }) => {
    const userId = `user of ${title}`;
    const deliveryId = await deliver(
      title,
      {
        chatType: 'DirectChat',
        hashChatId: `room of ${title}`,
        customParameters: { user_id: userId, product_id: rawJson('1234') },
        ...share,
      },
      how,
    );
    expect(await storedShare(db, deliveryId)).toMatchObject({
      app: 'default',
      user_id: userId,
      room_hash: `room of ${title}`,
      ...stored,
    });
    expect(await verdictOf(db, deliveryId)).toBe(verdict);
  });

  const USER_IDS: readonly {
    told: string;
    how: How;
    sent: Share['customParameters'];
    userId: string;
  }[] = [
    {
      told: 'a JSON number of 19 digits',
      how: {},
      sent: { user_id: rawJson('9007199254740993123') },
      userId: '9007199254740993123',
    },
    {
      told: 'a JSON number of 40 digits',
      how: {},
      sent: { user_id: rawJson('9'.repeat(40)) },
      userId: '9'.repeat(40),
    },
    {
      told: 'text of 19 digits',
      how: {},
      sent: { user_id: '9007199254740993124' },
      userId: '9007199254740993124',
    },
    { told: 'leading zeros', how: {}, sent: { user_id: '007' }, userId: '007' },
    { told: 'spaces around it', how: {}, sent: { user_id: ' minji ' }, userId: ' minji ' },
    {
      told: 'a plus in a query',
      how: { method: 'GET' },
      sent: { user_id: 'a+b@example.com' },
      userId: 'a+b@example.com',
    },
    {
      told: 'Hangul and an emoji in a form',
      how: { encoding: 'form' },
      sent: { user_id: '민지😀' },
      userId: '민지😀',
    },
    {
      told: 'Hangul in a query',
      how: { method: 'GET' },
      sent: { user_id: '지수' },
      userId: '지수',
    },
    {
      told: 'Hangul decomposed, another user than composed',
      how: {},
      sent: { user_id: '지수'.normalize('NFD') },
      userId: '지수'.normalize('NFD'),
    },
    {
      told: 'the name of a property',
      how: {},
      sent: { user_id: '__proto__' },
      userId: '__proto__',
    },
    {
      told: '256 bytes',
      how: { method: 'GET' },
      sent: { user_id: 'u'.repeat(256) },
      userId: 'u'.repeat(256),
    },
  ];

  test.each(USER_IDS)('the user id is exact: $told', async ({ told, how, sent, userId }) => {
    const deliveryId = await deliver(
      `id: ${told}`,
      { chatType: 'MultiChat', hashChatId: `room: ${told}`, customParameters: sent },
      how,
    );
    expect(await storedShare(db, deliveryId)).toMatchObject({ user_id: userId });
    expect(await verdictOf(db, deliveryId)).toBe('rewarded');
    const user = await service.api<{ userId: string; balances: object }>(
      `/v1/users/${encodeURIComponent(userId)}`,
    );
    expect(user.body).toMatchObject({ userId, balances: { available: 100, pending: 0 } });
  });

  const NOBODY: readonly { told: string; how: How; sent: Share['customParameters'] }[] = [
    { told: 'missing', how: {}, sent: { other: 'x' } },
    { told: 'null', how: {}, sent: { user_id: rawJson('null') } },
    { told: 'empty', how: {}, sent: { user_id: '' } },
    { told: 'empty in a query', how: { method: 'GET' }, sent: { user_id: '' } },
    { told: 'in other letters', how: {}, sent: { userId: 'minji' } },
  ];

  test.each(NOBODY)(
    'a user id that is $told ends with the verdict no-user',
    async ({ told, how, sent }) => {
      const share = { chatType: 'DirectChat', hashChatId: 'room', customParameters: sent };
      const deliveryId = await deliver(`nobody: ${told}`, share, how);
      expect(await storedShare(db, deliveryId)).toMatchObject({ user_id: null });
      expect(await verdictOf(db, deliveryId)).toBe('no-user');
    },
  );

  test('custom values are kept as they were written', async () => {
    const customParameters = {
      user_id: 'keeper',
      order: rawJson('12345678901234567890.10'),
      nested: rawJson('{"id": 9007199254740993, "list":[1.0, 1e3]}'),
      constructor: 'data',
    };
    const deliveryId = await deliver('custom', {
      chatType: 'DirectChat',
      hashChatId: 'room of keeper',
      customParameters: Object.fromEntries([
        ...Object.entries(customParameters),
        ['__proto__', 'data'],
      ]),
    });
    expect((await storedShare(db, deliveryId))?.custom).toBe(
      '{"user_id":"keeper","order":12345678901234567890.10,"nested":{"id": 9007199254740993, "list":[1.0, 1e3]},"constructor":"data","__proto__":"data"}',
    );
  });
});
