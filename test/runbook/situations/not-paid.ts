import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
} from '../../support/test-service.js';
import { Walk } from '../walk.js';
import type { PlayedSituation } from './situation.js';

const USER = 'minji & 친구';

const TITLE = 'A user was not paid';

/** A user asks why there are no points: the share was one to oneself. */
export const notPaid: PlayedSituation = {
  parts: [TITLE],
  async play(stage) {
    const db = await stage.database();
    await givenCampaign(db, { chatTypes: ['DirectChat'] });
    const service = await stage.service(serviceEnvironment(db));
    await service.share(shareBy(USER, { chatType: 'MemoChat' }), 'to oneself');
    await untilSettled(db);
    const shell = await stage.operator(service, db, {
      ...{ USER_ID: USER, CASE: '4711', AMOUNT: '100' },
    });
    const walk = await Walk.begin(TITLE, shell);

    await walk.step('USER_ID');
    expect(await walk.step('/v1/deliveries?userId=')).toMatch(/self-share|chat-type/);
    expect(JSON.parse(await walk.step('{balances, held, entries}'))).toMatchObject({
      balances: { available: 0 },
    });
    expect(await walk.step('d.user_id, c.verdict')).toContain(USER);
    expect(await walk.step("date_trunc('hour'")).toContain('default');
    await walk.step('/adjustments');
    walk.end();

    const user = await service.api(`/v1/users/${encodeURIComponent(USER)}`);
    expect(user.body).toMatchObject({ balances: { available: 100 } });
  },
};
