import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ensureDevelopmentCampaigns } from '../../src/campaigns/development-campaign.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  shareBy,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';

/** What a file's sample sends with curl to a path. */
function sampleOf(file: string, path: string): string {
  const body = new RegExp(`curl -s \\$API${path} [^']*'[^']*'[^']*-d '([^']+)'`).exec(
    readFileSync(file, 'utf8'),
  )?.[1];
  if (body === undefined) throw new Error(`${file} has no sample for ${path}.`);
  return body;
}

describe.each(['README.md', 'README.ko.md'])(
  "with the sample campaign of %s beside npm start's own",
  (file) => {
    let db: TestDatabase;
    let service: TestService;
    let campaignId: string;

    const post = async <Body>(path: string, body: string): Promise<Body> => {
      const answer = await service.api<Body>(path, { method: 'POST', body });
      expect(answer.status).toBe(201);
      return answer.body;
    };
    const decided = async (): Promise<unknown> => {
      await untilSettled(db);
      const [last] = await db.rows(
        `SELECT d.verdict, d.campaign_id = $1 AS "bySample" FROM kakao_share.decisions d ORDER BY d.delivery_id DESC LIMIT 1`,
        [campaignId],
      );
      return last;
    };

    beforeAll(async () => {
      db = await createTestDatabase();
      service = await startTestService(db, {
        environment: { INTENT_SIGNING_KEYS: randomBytes(24).toString('base64url') },
      });
      await ensureDevelopmentCampaigns(db.database, ['default']);
      const { id } = await post<{ id: string }>('/v1/campaigns', sampleOf(file, '/v1/campaigns'));
      campaignId = id;
    });
    afterAll(async () => {
      await service.stop();
      await db.drop();
    });

    test('the share that npm start prints still pays', async () => {
      await service.share(shareBy('first-user'), 'first-share');
      expect(await decided()).toEqual({ verdict: 'rewarded', bySample: false });
    });

    test('the share of its intent pays', async () => {
      const { callbackArgs } = await post<{ callbackArgs: Record<string, string> }>(
        '/v1/share-intents',
        sampleOf(file, '/v1/share-intents').replace('…', campaignId),
      );
      await service.share(shareBy('minji', { customParameters: callbackArgs }), 'with-intent');
      expect(await decided()).toEqual({ verdict: 'rewarded', bySample: true });
    });
  },
);
