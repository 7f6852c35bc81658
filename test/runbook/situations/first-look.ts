import { givenCampaign, serviceEnvironment, shareBy } from '../../support/test-service.js';
import { Walk } from '../walk.js';
import { deliveryIdIn } from './delivery-id-in.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'First look';

/** No worker runs: a share waits for its verdict. */
export const firstLook: PlayedSituation = {
  parts: [TITLE],
  async play(stage) {
    const db = await stage.database();
    await givenCampaign(db);
    const web = await stage.service({ ...serviceEnvironment(db), ROLES: 'web,relay' });
    const { body } = await web.share(shareBy('minji'), 'waits');
    const walk = await Walk.begin(TITLE, await stage.operator(web, db));

    expect(JSON.parse(await walk.step('/health/ready'))).toMatchObject({
      parts: { database: 'current', queue: 'ok' },
    });
    expect(await walk.step('verdict=pending')).toContain(deliveryIdIn(body));
    expect(await walk.step('/v1/destinations')).toContain('bullmq');
    expect(await walk.step('/v1/ledger/verification')).toBe('true');
    walk.end();
  },
};
