import { startPrivateRedis } from '../../faults/private-redis.js';
import { expireDispatchLeases, proveWhole } from '../../faults/proof.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilStored,
} from '../../support/test-service.js';
import { Walk } from '../walk.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'Redis is lost';

/** Redis forgets every job while no worker runs. */
export const redisLost: PlayedSituation = {
  parts: [TITLE],
  needs: ['redis-server', 'redis-cli'],
  async play(stage) {
    const db = await stage.database();
    await givenCampaign(db);
    const redis = await startPrivateRedis({ dir: await stage.folder() });
    stage.later(() => redis.stop());
    const environment = {
      ...serviceEnvironment(db),
      ...{ REDIS_URL: redis.url, EVENT_TRANSPORTS: 'in-process' },
    };
    const web = await stage.service({ ...environment, ROLES: 'web' });
    const shell = await stage.operator(web, db, { REDIS_URL: redis.url });
    const walk = await Walk.begin(TITLE, shell);
    for (const id of ['one', 'two'])
      expect(await web.share(shareBy(id), id)).toMatchObject({ status: 200 });
    // What a slow moment has put into the spool stays there without a web.
    await untilStored(db, ['one', 'two']);
    // Its last job is asked for after the answer: a door that has ended asks for none any more.
    await web.end('SIGTERM');
    await redis.client.flushall();
    // Time passes.
    await expireDispatchLeases(db);
    await stage.service({ ...environment, ROLES: 'worker,relay' });

    await walk.step('maxmemory-policy');
    expect(await redis.client.config('GET', 'maxmemory-policy')).toContain('noeviction');
    expect(await redis.client.config('GET', 'appendonly')).toContain('yes');
    await walk.step('BACK_AT');
    await proveWhole(db, ['one', 'two']);
    walk.end();
  },
};
