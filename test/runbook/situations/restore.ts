import { pointsOf } from '../../faults/proof.js';
import { urlAt } from '../../support/debian-postgres.js';
import { eventually } from '../../support/eventually.js';
import type { ServiceProcess } from '../../support/service-process.js';
import type { TestDatabase } from '../../support/test-database.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
} from '../../support/test-service.js';
import type { Stage } from '../stage.js';
import { Walk } from '../walk.js';
import { PRIMARY, startPrimary, type OwnServers } from './own-servers.js';
import { untilReady } from './service-health.js';
import type { PlayedSituation } from './situation.js';
import { BACKUP, takeBackup } from './take-backup.js';

const RESTORED = 'restored';
const LEAP = 1_000_000;

const TITLE = 'A restore';

/** A minute's lease and more, where the job was lost with the old tables. */
const MEANWHILE_LIMIT_MS = 150_000;

/** Somebody dropped all tables, a while after the last base backup. */
export const restore: PlayedSituation = {
  parts: [BACKUP, TITLE],
  needs: ['postgresql'],
  async play(stage) {
    const machine = await startPrimary(stage);
    const { servers, primaryPort } = machine;
    const db = await stage.reading(urlAt(primaryPort));
    const environment = serviceEnvironment(db);
    const web = await stage.service({ ...environment, ROLES: 'web' });
    const worker = await stage.service({ ...environment, ROLES: 'worker,relay' });
    const target = await loseEverything(machine, db, web, worker);
    expect((await web.share(shareBy('meanwhile'), 'meanwhile')).status).toBe(200);
    const shell = await machine.terminal({
      ...{ DATABASE_URL: db.url, RESTORED_URL: urlAt(primaryPort, 'from_dump') },
      ...{ TARGET_TIME: target, TOKEN: 'not needed' },
      ...{ OLD_DATA: servers.dataDir(PRIMARY), NEW_DATA: servers.dataDir(RESTORED) },
    });
    const walk = await Walk.begin(TITLE, shell);

    await walk.step('recovery.signal');
    await servers.start(RESTORED, primaryPort);
    await walk.step('pg_is_in_recovery');
    await walk.step('pg_restore');
    const operator = await stage.operator(web, db, {
      RESTORED_URL: urlAt(primaryPort, 'from_dump'),
    });
    await Walk.prepare(operator);
    await untilReady(web);
    await walk.step('cli migrate', operator);
    await proveDumpServes(stage, primaryPort);
    await walk.step('next_sequence', operator);
    expect(await walk.step('/v1/campaigns', operator)).toContain('live');
    expect(await walk.step('/v1/ledger/verification', operator)).toBe('true');
    await stage.service({ ...environment, ROLES: 'worker,relay' });
    expect(await walk.step('max(recorded_at)', operator)).toMatch(/^\d{4}-/);
    walk.end();
    await proveRestored(stage, db, web, primaryPort);
  },
};

/** @returns the moment before the share that no restore brings back */
async function loseEverything(
  machine: OwnServers,
  db: TestDatabase,
  web: ServiceProcess,
  worker: ServiceProcess,
): Promise<string> {
  await givenCampaign(db);
  await pay(web, db, 'in the dump');
  await takeBackup(machine, db.url);
  await pay(web, db, 'in the log');
  const [moment] = await db.rows<{ now: string }>('SELECT clock_timestamp()::text AS now');
  await pay(web, db, 'after that moment');
  await worker.end('SIGTERM');
  await db.rows('DROP SCHEMA kakao_share CASCADE');
  await machine.servers.stop(PRIMARY, 'fast');
  return moment?.now ?? '';
}

async function pay(service: ServiceProcess, db: TestDatabase, userId: string): Promise<void> {
  expect((await service.share(shareBy(userId), userId)).status).toBe(200);
  await untilSettled(db);
  expect(await pointsOf(db, userId)).toBe(100);
}

/** Who had nothing but the dump goes on with it: a service is started on it, what it knows is known, what comes is paid. */
async function proveDumpServes(stage: Stage, port: number): Promise<void> {
  const db = await stage.reading(urlAt(port, 'from_dump'));
  const service = await stage.service(serviceEnvironment(db));
  const { body } = await service.share(shareBy('in the dump'), 'in the dump');
  expect(JSON.parse(body)).toMatchObject({ status: 'duplicate' });
  await pay(service, db, 'on the dump');
  expect((await service.api<{ ok: boolean }>('/v1/ledger/verification')).body.ok).toBe(true);
  await service.end('SIGTERM');
}

async function proveRestored(
  stage: Stage,
  db: TestDatabase,
  service: ServiceProcess,
  port: number,
): Promise<void> {
  await eventually(async () => {
    expect(await pointsOf(db, 'meanwhile')).toBe(100);
  }, MEANWHILE_LIMIT_MS);
  const paid = (from: TestDatabase): Promise<number[]> =>
    Promise.all(['in the dump', 'in the log', 'after that moment'].map((id) => pointsOf(from, id)));
  expect(await paid(db)).toEqual([100, 100, 0]);
  expect(await paid(await stage.reading(urlAt(port, 'from_dump')))).toEqual([100, 0, 0]);
  await service.share(shareBy('in the log', { hashChatId: 'another' }), 'afterwards');
  await untilSettled(db);
  expect(await pointsOf(db, 'in the log')).toBe(200);
  const newest = `SELECT max(e.sequence) FROM kakao_share.events e JOIN kakao_share.users u ON u.id = e.user_ref WHERE u.user_id = $1`;
  expect(await db.number(newest, ['in the log'])).toBeGreaterThan(LEAP);
}
