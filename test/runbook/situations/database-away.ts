import { readdir } from 'node:fs/promises';
import { startPrivatePostgres } from '../../faults/private-postgres.js';
import { expireDispatchLeases, pointsOf } from '../../faults/proof.js';
import { eventually } from '../../support/eventually.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
  untilStored,
} from '../../support/test-service.js';
import { Walk } from '../walk.js';
import { SmallSpool } from './small-spool.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'The database is away';

/** As if the database could not take one user’s shares, not even in quarantine, until somebody mends it. */
const REFUSE_ONE = `
  ALTER TABLE kakao_share.deliveries ADD CONSTRAINT refuse_one CHECK (user_id IS DISTINCT FROM 'nari')`;
const TAKE_ALL = 'ALTER TABLE kakao_share.deliveries DROP CONSTRAINT refuse_one';

/** Postgres crashes, users go on sharing until one spool is full, Postgres comes back and refuses one share. */
export const databaseAway: PlayedSituation = {
  short: true,
  parts: [TITLE],
  async play(stage) {
    const postgres = await startPrivatePostgres();
    stage.later(() => postgres.stop());
    const { db } = postgres;
    await givenCampaign(db);
    await db.rows(REFUSE_ONE);
    const environment = { ...serviceEnvironment(db), SPOOL_DIR: await stage.folder() };
    const service = await stage.service({ ...environment, LOG_LEVEL: 'info' });
    const { SPOOL_DIR } = environment;
    const walk = await Walk.begin(TITLE, await stage.operator(service, db, { SPOOL_DIR }));
    const otherDisk = { SPOOL_DIR: await stage.folder() };
    const gone = await stage.service({ ...environment, ...otherDisk, ROLES: 'web' });
    const otherMachine = await stage.operator(service, db, otherDisk);
    await Walk.prepare(otherMachine);
    const small = await SmallSpool.open(stage, environment);

    await postgres.kill();
    for (const [userId, resourceId] of Object.entries({
      minji: 'while it is away',
      nari: 'refused',
    }))
      expect((await service.share(shareBy(userId), resourceId)).status).toBe(200);
    await eventually(() => {
      expect(service.output()).toContain('Webhooks are kept in the spool: ');
    });
    expect((await gone.share(shareBy('jisoo'), 'elsewhere')).status).toBe(200);
    await gone.end('SIGKILL');
    await small.fillAndWiden();
    expect(await walk.step('spool list')).toContain('deliveries=2');
    await postgres.startAgain();
    expect(await walk.step('pg_stat_activity')).toContain('SELECT pid');
    await walk.step('$BACK');
    expect(await walk.step('spool replay', otherMachine)).toBe('committed=1 failed=0');
    expect(await walk.step('--refused --limit')).toContain('"resourceId":"refused"');
    await db.rows(TAKE_ALL);
    expect(await walk.step('--refused --reason')).toBe('committed=1 failed=0');
    expect(await walk.again()).toBe('committed=0 failed=0');
    walk.end();
    await small.untilItTakesWebhooks();
    await untilStored(db, small.acknowledged);
    // Time passes: a command asks for no job, the sweeper does a minute later.
    await expireDispatchLeases(db);
    await untilSettled(db);
    for (const userId of ['minji', 'nari', 'jisoo', small.userId])
      expect(await pointsOf(db, userId)).toBe(100);
    await eventually(async () => {
      await service.share(shareBy('minji'), 'afterwards');
      expect(service.output()).toContain('Webhooks are made durable again: in the database');
    });
    expect(await readdir(SPOOL_DIR)).toHaveLength(1);
  },
};
