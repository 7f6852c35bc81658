import { startPrivateRedis } from '../../faults/private-redis.js';
import { expireDispatchLeases, proveWhole } from '../../faults/proof.js';
import { eventually } from '../../support/eventually.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilStored,
} from '../../support/test-service.js';
import type { ServiceProcess } from '../../support/service-process.js';
import { Walk } from '../walk.js';
import { healthOf } from './service-health.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'Redis is lost';

/** BullMQ keeps each job under the queue's name and a number. */
const JOB_KEYS = '*:kakao-share-settlement:[0-9]*';

/** Redis goes away with jobs that nobody has taken yet, and comes back empty; web, worker and relay run on. */
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
    const worker = await stage.service({ ...environment, ROLES: 'worker,relay' });
    const shell = await stage.operator(web, db, { REDIS_URL: redis.url });
    const walk = await Walk.begin(TITLE, shell);

    worker.freeze();
    await take(web, ['one', 'two']);
    await eventually(async () => {
      expect(await redis.client.keys(JOB_KEYS)).not.toEqual([]);
    });
    await redis.kill();
    worker.thaw();
    await take(web, ['while it is away']);
    for (const process of [web, worker]) await untilQueueIs('unreachable', process);
    // What a slow moment has put into the spool is stored meanwhile.
    await untilStored(db, ['one', 'two', 'while it is away']);
    await redis.startAgain();
    // Time passes.
    await expireDispatchLeases(db);

    await walk.step('maxmemory-policy');
    expect(await redis.client.config('GET', 'maxmemory-policy')).toContain('noeviction');
    expect(await redis.client.config('GET', 'appendonly')).toContain('yes');
    await walk.step('BACK_AT');
    walk.end();
    for (const process of [web, worker]) await untilQueueIs('ok', process);
    await take(web, ['afterwards']);
    await eventually(() => proveWhole(db, ['one', 'two', 'while it is away', 'afterwards']));
  },
};

async function take(web: ServiceProcess, userIds: readonly string[]): Promise<void> {
  for (const id of userIds) expect(await web.share(shareBy(id), id)).toMatchObject({ status: 200 });
}

async function untilQueueIs(state: string, process: ServiceProcess): Promise<void> {
  await eventually(async () => {
    expect((await healthOf(process)).parts.queue).toBe(state);
  });
}
