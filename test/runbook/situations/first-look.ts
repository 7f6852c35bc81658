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

    await walk.look('/health/ready', (health) => {
      expect(JSON.parse(health)).toMatchObject({ parts: { database: 'current', queue: 'ok' } });
    });
    await walk.look('verdict=pending', (pending) => {
      expect(pending).toContain(deliveryIdIn(body));
    });
    await walk.look('/v1/destinations', (destinations) => {
      expect(destinations).toContain('bullmq');
    });
    expect(await walk.step('/v1/ledger/verification')).toBe('true');
    walk.end();
  },
};
