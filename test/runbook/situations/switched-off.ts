import { givenIntent } from '../../settlement/given-intent.js';
import { givenCampaign, serviceEnvironment, shareBy } from '../../support/test-service.js';
import { Walk } from '../walk.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'Kakao has switched the webhook off';

/** Intents are issued and nothing comes, until the webhook is switched on again. */
export const switchedOff: PlayedSituation = {
  parts: [TITLE],
  async play(stage) {
    const db = await stage.database();
    const campaignId = await givenCampaign(db);
    await givenIntent(db, { campaignId, userId: 'minji' });
    const web = await stage.service({ ...serviceEnvironment(db), ROLES: 'web' });
    const walk = await Walk.begin(TITLE, await stage.operator(web, db));

    expect(await walk.step('share_intents')).toMatch(/default +\| +1 \| +0/);
    expect(await walk.step('KakaoAK wrong')).toMatch(/^401 in \d+\.\d+ s$/);
    expect(await walk.step('/metrics')).toMatch(/status="401"\} 1/);
    await web.share(shareBy('minji'), 'comes again');
    await walk.look('/v1/deliveries?limit=5', (newest) => {
      expect(newest).toContain('comes again');
    });
    walk.end();
  },
};
