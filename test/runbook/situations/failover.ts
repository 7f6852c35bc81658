import { pointsOf } from '../../faults/proof.js';
import { urlAt } from '../../support/debian-postgres.js';
import { readSpooled } from '../../support/count-spooled.js';
import { eventually } from '../../support/eventually.js';
import { holdPort } from '../../support/hold-port.js';
import type { ServiceProcess } from '../../support/service-process.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import type { TestDatabase } from '../../support/test-database.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  spoolFolderOf,
  untilSettled,
} from '../../support/test-service.js';
import { Walk } from '../walk.js';
import { deliveryIdIn } from './delivery-id-in.js';
import { PRIMARY, startPrimary } from './own-servers.js';
import { untilReady } from './service-health.js';
import type { PlayedSituation } from './situation.js';

const STANDBY = 'standby';
const NEXT_STANDBY = 'next-standby';

const TITLE = 'The database fails over';

/** The primary dies a moment after it had acknowledged what its standby had not heard yet. */
export const failover: PlayedSituation = {
  parts: [TITLE],
  needs: ['postgresql'],
  async play(stage) {
    const machine = await startPrimary(stage);
    const { servers, primaryPort } = machine;
    await servers.copy(primaryPort, STANDBY);
    const apart = await holdPort();
    stage.later(() => apart.release());
    const ports = { standby: await servers.start(STANDBY), apart: apart.port };
    const address = { port: primaryPort };
    const proxy = await startTcpProxy(() => address.port);
    stage.later(() => proxy.close());
    const primary = await stage.reading(urlAt(primaryPort));
    await givenCampaign(primary);
    await untilReplication(primary, 'async');
    const proxied = { ...primary, url: urlAt(proxy.port) };
    const service = await stage.service(serviceEnvironment(proxied));
    const shell = await machine.terminal({
      ...{ DATABASE_URL: primary.url, STANDBY_URL: urlAt(ports.standby) },
      ...{ OLD_URL: urlAt(ports.apart), STANDBY_DATA: servers.dataDir(NEXT_STANDBY) },
      ...{ WEB: service.url, TOKEN: service.adminToken },
    });
    const walk = await Walk.begin(TITLE, shell);

    expect(await walk.step('flush_lag')).toContain('async');
    await walk.step('synchronous_standby_names');
    await untilReplication(primary, 'quorum');
    await pay(service, primary, 'heard');
    await servers.stop(STANDBY, 'fast');
    await proveNobodyIsLost(service, proxied, walk);
    // As if replication had been asynchronous and late: what is acknowledged now, the standby never hears.
    const lost = await pay(service, primary, 'lost');
    await servers.stop(PRIMARY, 'immediate');

    await servers.start(STANDBY, ports.standby);
    expect(await walk.step('pg_promote')).toBe('t');
    await walk.step('next_sequence');
    address.port = ports.standby;
    proxy.cut();
    await walk.step('export DATABASE_URL');
    await untilReady(service);
    expect(await walk.step('/v1/ledger/verification')).toBe('true');
    const now = await stage.reading(urlAt(ports.standby));
    const known = 'SELECT count(*) FROM kakao_share.deliveries WHERE id = $1';
    expect(await now.number(known, [lost])).toBe(0);

    await apart.release();
    await servers.start(PRIMARY, ports.apart);
    expect(await walk.step('comm -23')).toContain(lost);
    expect(await walk.step('\\copy')).toMatch(/INSERT 0 [12]/);
    expect(await walk.again()).toContain('INSERT 0 0');
    await untilSettled(now);
    expect(await pointsOf(now, 'lost')).toBe(100);
    expect(await walk.step('count(*)')).toBe('3');
    await walk.step('pg_basebackup');
    await servers.start(NEXT_STANDBY);
    await untilReplication(now, 'async');
    walk.end();
  },
};

async function pay(service: ServiceProcess, db: TestDatabase, userId: string): Promise<string> {
  const { status, body } = await service.share(shareBy(userId), userId);
  expect(status).toBe(200);
  await eventually(async () => {
    expect(await pointsOf(db, userId)).toBe(100);
  });
  return deliveryIdIn(body);
}

/** With no standby that answers a webhook is spooled, and settled when nobody is waited for any more. */
async function proveNobodyIsLost(
  service: ServiceProcess,
  db: TestDatabase,
  walk: Walk,
): Promise<void> {
  expect((await service.share(shareBy('meanwhile'), 'meanwhile')).status).toBe(200);
  // What was spooled can be read for some seconds, also when it was found in the primary meanwhile, unconfirmed.
  const spooled = await readSpooled(spoolFolderOf(db));
  expect(spooled.map(({ resourceId }) => resourceId)).toContain('meanwhile');
  await walk.step('RESET synchronous_standby_names');
  await eventually(async () => {
    expect(await pointsOf(db, 'meanwhile')).toBe(100);
  });
}

async function untilReplication(db: TestDatabase, state: string): Promise<void> {
  await eventually(async () => {
    const rows = await db.rows('SELECT sync_state FROM pg_stat_replication');
    expect(rows).toEqual([{ sync_state: state }]);
  });
}
