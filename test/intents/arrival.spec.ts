import { randomBytes } from 'node:crypto';
import { INTENT_PARAMETER } from '../../src/intents/intent-token.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';

const environment = { INTENT_SIGNING_KEYS: randomBytes(24).toString('base64url') };

let db: TestDatabase;
let web: TestService;

beforeAll(async () => {
  db = await createTestDatabase();
  web = await startTestService(db, { environment: { ...environment, ROLES: 'web' } });
});
afterAll(async () => {
  await web.stop();
  await db.drop();
});

test('a share that has arrived and is not settled yet is told as arrived, and then as paid', async () => {
  const campaignId = await givenCampaign(db, { mode: 'strict', unverifiedCaps: null });
  const body = JSON.stringify({ userId: 'minji', campaignId });
  const issued = await web.api<{ token: string }>('/v1/share-intents', { method: 'POST', body });
  const { token } = issued.body;
  const told = async (): Promise<string> => {
    const answer = await fetch(`${web.url}/share-status`, { headers: { 'X-Share-Intent': token } });
    return ((await answer.json()) as { state: string }).state;
  };
  const share = (parameter: string, resourceId: string) =>
    web.share(shareBy('', { customParameters: { [INTENT_PARAMETER]: parameter } }), resourceId);

  expect(await told()).toBe('waiting');
  // What looks like a token and speaks of no intent is taken in like any other share.
  expect((await share(`1.abcdef.${'_'.repeat(28)}.${'A'.repeat(22)}`, 'forged')).status).toBe(200);
  expect(await told()).toBe('waiting');
  expect((await share(token, 'genuine')).status).toBe(200);
  // At once, unless a slow moment has put it into the spool.
  await eventually(async () => {
    expect(await told()).toBe('arrived');
  });

  const worker = await startTestService(db, { environment: { ...environment, ROLES: 'worker' } });
  await untilSettled(db);
  expect(await told()).toBe('paid');
  await worker.stop();
}, 180_000);
