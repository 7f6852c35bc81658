import { randomBytes } from 'node:crypto';
import { proveWhole } from '../faults/proof.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import { listen } from './status-events.js';

const TEXT = { objectType: 'text', text: '친구랑 같이!', link: { webUrl: 'https://shop.example' } };
const SDK_CALLS = [
  { name: 'sendDefault', settings: TEXT },
  { name: 'sendCustom', settings: { templateId: 10_000 } },
  { name: 'sendScrap', settings: { requestUrl: 'https://shop.example/1' } },
  { name: 'createDefaultButton', settings: { container: '#share', ...TEXT } },
  { name: 'createCustomButton', settings: { container: '#share', templateId: 10_000 } },
  {
    name: 'createScrapButton',
    settings: { container: '#share', requestUrl: 'https://shop.example/1' },
  },
];
/** In every way that Kakao is known to send a webhook. */
const SENDINGS = [
  { method: 'POST', encoding: 'json' },
  { method: 'POST', encoding: 'form' },
  { method: 'GET' },
] as const;

interface Issued {
  readonly id: string;
  readonly token: string;
  readonly parameters: {
    readonly function: string;
    readonly settings: { readonly serverCallbackArgs: Record<string, string> };
  };
}
interface Status {
  readonly state: string;
  readonly amount: number;
}

let db: TestDatabase;
let service: TestService;

beforeAll(async () => {
  db = await createTestDatabase();
  service = await startTestService(db, {
    environment: { INTENT_SIGNING_KEYS: randomBytes(24).toString('base64url') },
  });
});
afterAll(async () => {
  await service.stop();
  await proveWhole(db, []);
  await db.drop();
});

/** The company's backend: it knows who is logged in. */
async function issue(userId: string, campaignId: string, call = SDK_CALLS[0]): Promise<Issued> {
  const share = {
    function: call?.name,
    settings: call?.settings,
    callbackArgs: { product_id: '42' },
  };
  const body = JSON.stringify({ userId, campaignId, share });
  const answer = await service.api<Issued>('/v1/share-intents', { method: 'POST', body });
  expect(answer.status).toBe(201);
  return answer.body;
}

/** What the page passes to the SDK comes back from Kakao, beside its own parameters. */
async function kakaoTells(
  { parameters }: Issued,
  resourceId: string,
  overrides: Partial<Parameters<TestService['share']>[0]> = {},
  sending: Parameters<TestService['share']>[2] = {},
): Promise<void> {
  const customParameters = parameters.settings.serverCallbackArgs;
  const share = shareBy('', {
    hashChatId: `room-of-${resourceId}`,
    customParameters,
    ...overrides,
  });
  expect((await service.share(share, resourceId, sending)).status).toBe(200);
}

/** The page asks. */
async function poll(token: string): Promise<Status> {
  const response = await fetch(`${service.url}/share-status`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return (await response.json()) as Status;
}
/** The page asks once Kakao's word has been settled. */
async function told(token: string): Promise<Status> {
  await untilSettled(db);
  return poll(token);
}
const pointsOf = async (userId: string): Promise<number> => {
  const { body } = await service.api<{ balances: { available: number } }>(`/v1/users/${userId}`);
  return body.balances.available;
};
const STRICT = { mode: 'strict', unverifiedCaps: null, chatTypes: ['DirectChat'] } as const;
const ONCE_PER_ROOM = {
  pays: 'once-per-room',
  atMost: null,
  lifetimeMinutes: 60,
  maxOpenPerUser: 9,
} as const;

describe('from the promise to the points', () => {
  test.each(
    SDK_CALLS.flatMap((call) =>
      SENDINGS.map((sending) => ({ call, sending, name: call.name, how: JSON.stringify(sending) })),
    ),
  )(
    'with $name, told by Kakao as $how: the page hears that it is paid',
    async ({ call, sending, name, how }) => {
      const campaignId = await givenCampaign(db, STRICT);
      const userId = `${name} ${how}`;
      const intent = await issue(userId, campaignId, call);
      expect(intent.parameters.function).toBe(name);
      expect(await poll(intent.token)).toMatchObject({ state: 'waiting', amount: 0 });
      await kakaoTells(intent, `journey ${name} ${how}`, {}, sending);
      expect(await told(intent.token)).toMatchObject({ state: 'paid', amount: 100 });
      expect(await pointsOf(encodeURIComponent(userId))).toBe(100);
      const view = await service.api<{ state: string; shares: object[] }>(
        `/v1/share-intents/${intent.id}`,
      );
      expect(view.body).toMatchObject({
        state: 'paid',
        amount: 100,
        shares: [{ verdict: 'rewarded', amount: 100 }],
      });
    },
  );

  test('a page that listens hears of a share to oneself, and then of the friend who pays, by one intent', async () => {
    const campaignId = await givenCampaign(db, STRICT);
    const intent = await issue('listener', campaignId);
    const page = await listen(service.url, intent.token);
    // Whether a page hears of a share before it is settled, and that we live, is a matter of time.
    const nextSettled = async (): Promise<unknown> => {
      const event = await page.next();
      const isOnItsWay = event === 'comment' || (event as Status | undefined)?.state === 'arrived';
      return isOnItsWay ? nextSettled() : event;
    };
    expect(await page.next()).toMatchObject({ state: 'waiting' });
    await kakaoTells(intent, 'to-oneself', { isSingleChatroom: true });
    expect(await nextSettled()).toMatchObject({ state: 'not-rewarded', amount: 0 });
    await kakaoTells(intent, 'to-a-friend');
    expect(await nextSettled()).toMatchObject({ state: 'paid', amount: 100 });
    expect(await nextSettled()).toBeUndefined();
    await kakaoTells(intent, 'to-another-friend');
    await untilSettled(db);
    expect(await pointsOf('listener')).toBe(100);
  });

  test('one tap to five rooms is told as one sum', async () => {
    const campaignId = await givenCampaign(db, { ...STRICT, intent: ONCE_PER_ROOM });
    const intent = await issue('popular', campaignId);
    await Promise.all([1, 2, 3, 4, 5].map((room) => kakaoTells(intent, `room-${room}`)));
    expect(await told(intent.token)).toMatchObject({ state: 'paid', amount: 500 });
  });

  test('a reward that is held is told as held, and as paid once it is released', async () => {
    const campaignId = await givenCampaign(db, { ...STRICT, holdHours: 1 });
    const intent = await issue('patient', campaignId);
    await kakaoTells(intent, 'held');
    expect(await told(intent.token)).toMatchObject({ state: 'held', amount: 100 });
    expect(await pointsOf('patient')).toBe(0);
    const view = await service.api<{ shares: { deliveryId: string }[] }>(
      `/v1/share-intents/${intent.id}`,
    );
    const released = await service.api(`/v1/rewards/${view.body.shares[0]?.deliveryId}/release`, {
      method: 'POST',
      body: JSON.stringify({ reason: 'looks good' }),
    });
    expect(released.status).toBe(201);
    expect(await poll(intent.token)).toMatchObject({ state: 'paid', amount: 100 });
    expect(await pointsOf('patient')).toBe(100);
  });

  test('who edits the user in the browser shares for the one whom the intent was issued for', async () => {
    const campaignId = await givenCampaign(db, STRICT);
    const intent = await issue('owner', campaignId);
    const edited = { ...intent.parameters.settings.serverCallbackArgs, user_id: 'thief' };
    await kakaoTells(intent, 'edited', { customParameters: edited });
    expect(await told(intent.token)).toMatchObject({ state: 'paid', amount: 100 });
    expect(await pointsOf('owner')).toBe(100);
    expect((await service.api('/v1/users/thief')).status).toBe(404);
  });

  test('a campaign that only observes tells the page that nothing was earned', async () => {
    const campaignId = await givenCampaign(db, { mode: 'observe' });
    const intent = await issue('observed', campaignId);
    await kakaoTells(intent, 'observed');
    expect(await told(intent.token)).toMatchObject({ state: 'not-rewarded', amount: 0 });
  });

  test('once its user is erased an intent pays nobody, and whoever comes back under the same id is somebody new', async () => {
    const campaignId = await givenCampaign(db, STRICT);
    const intent = await issue('leaver', campaignId);
    const erasing = service.api('/v1/users/leaver', {
      method: 'DELETE',
      body: JSON.stringify({ reason: 'asked for it' }),
    });
    const [erased, ...meanwhile] = await Promise.all([
      erasing,
      ...Array.from({ length: 5 }, () => issue('leaver', campaignId)),
    ]);
    expect(erased.status).toBe(200);
    await kakaoTells(intent, 'too-late');
    expect(await told(intent.token)).toMatchObject({ state: 'not-rewarded', amount: 0 });
    const view = await service.api(`/v1/share-intents/${intent.id}`);
    expect(view.body).toMatchObject({ userId: null, contentRef: null, state: 'refused' });
    const back = await issue('leaver', campaignId);
    expect(new Set([back, ...meanwhile].map(({ id }) => id)).size).toBe(6);
    await kakaoTells(back, 'back-again');
    expect(await told(back.token)).toMatchObject({ state: 'paid', amount: 100 });
  });

  test('a paid intent gives its place to the next one', async () => {
    const intent = { pays: 'once', atMost: null, lifetimeMinutes: 60, maxOpenPerUser: 1 } as const;
    const campaignId = await givenCampaign(db, { ...STRICT, intent });
    const first = await issue('eager', campaignId);
    const body = JSON.stringify({ userId: 'eager', campaignId });
    expect((await service.api('/v1/share-intents', { method: 'POST', body })).status).toBe(409);
    await kakaoTells(first, 'eager');
    expect(await told(first.token)).toMatchObject({ state: 'paid', amount: 100 });
    expect((await service.api('/v1/share-intents', { method: 'POST', body })).status).toBe(201);
  });
});
