import { readdir } from 'node:fs/promises';
import { startPrivatePostgres } from '../../faults/private-postgres.js';
import { expireDispatchLeases, pointsOf } from '../../faults/proof.js';
import { eventually } from '../../support/eventually.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
} from '../../support/test-service.js';
import { Walk } from '../walk.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'The database is away';

/** Postgres crashes, users go on sharing, Postgres comes back. */
export const databaseAway: PlayedSituation = {
  short: true,
  parts: [TITLE],
  async play(stage) {
    const postgres = await startPrivatePostgres();
    stage.later(() => postgres.stop());
    const { db } = postgres;
    await givenCampaign(db);
    const environment = { ...serviceEnvironment(db), SPOOL_DIR: await stage.folder() };
    const service = await stage.service({ ...environment, LOG_LEVEL: 'info' });
    const { SPOOL_DIR } = environment;
    const walk = await Walk.begin(TITLE, await stage.operator(service, db, { SPOOL_DIR }));
    const otherDisk = { SPOOL_DIR: await stage.folder() };
    const gone = await stage.service({ ...environment, ...otherDisk, ROLES: 'web' });
    const otherMachine = await stage.operator(service, db, otherDisk);
    await Walk.prepare(otherMachine);

    await postgres.kill();
    const { status } = await service.share(shareBy('minji'), 'while it is away');
    expect(status).toBe(200);
    await eventually(() => {
      expect(service.output()).toContain('Webhooks are kept in the spool: ');
    });
    expect((await gone.share(shareBy('jisoo'), 'elsewhere')).status).toBe(200);
    await gone.end('SIGKILL');
    expect(await walk.step('spool list')).toContain('deliveries=1');
    await postgres.startAgain();
    expect(await walk.step('pg_stat_activity')).toContain('SELECT pid');
    await walk.step('$BACK');
    expect(await walk.step('spool replay', otherMachine)).toBe('committed=1 failed=0');
    expect(await walk.step('--refused')).toBe('committed=0 failed=0');
    walk.end();
    // Time passes: a command asks for no job, the sweeper does a minute later.
    await expireDispatchLeases(db);
    await untilSettled(db);
    for (const userId of ['minji', 'jisoo']) expect(await pointsOf(db, userId)).toBe(100);
    await eventually(async () => {
      await service.share(shareBy('minji'), 'afterwards');
      expect(service.output()).toContain('Webhooks are made durable again: in the database');
    });
    expect(await readdir(SPOOL_DIR)).toHaveLength(1);
  },
};
