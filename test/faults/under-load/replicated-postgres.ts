import pg from 'pg';
import { migrate } from '../../../src/database/migrate.js';
import { migrateQueue } from '../../../src/queue/migrate-queue.js';
import { DebianPostgres, findDebianPostgres, urlAt } from '../../support/debian-postgres.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { openTestDatabase } from '../../support/test-database.js';
import type { PrivatePostgres, PrivatePostgresOptions } from '../private-postgres.js';

const DATABASE = 'postgres';
const FOLLOW_LIMIT_MS = 20_000;

export function whyNoStandby(): string | undefined {
  return findDebianPostgres() === undefined
    ? 'the embedded Postgres has no pg_basebackup, and Debian’s is not installed'
    : undefined;
}

/**
 * A primary whose commits wait for its standby, so that what was acknowledged is on both. `kill` takes the primary away for good,
 * and `startAgain` promotes the standby, at the same address.
 */
export async function startReplicatedPostgres({
  settings,
}: PrivatePostgresOptions): Promise<PrivatePostgres> {
  const servers = await DebianPostgres.open();
  try {
    await servers.initialise('primary', settings);
    let port = await servers.start('primary');
    await migrate(urlAt(port, DATABASE));
    await migrateQueue(urlAt(port, DATABASE));
    await servers.copy(port, 'standby');
    const standbyPort = await servers.start('standby');
    await waitForStandby(urlAt(port, DATABASE));
    const network = await startTcpProxy(() => port);
    const db = await openTestDatabase(urlAt(network.port, DATABASE), 4);
    const alone = (): Promise<never> => Promise.reject(new Error('Do this to one that is alone.'));
    return {
      db: { ...db, drop: () => Promise.resolve() },
      network,
      directUrl: () => urlAt(port, DATABASE),
      kill: () => servers.stop('primary', 'immediate'),
      async startAgain() {
        port = standbyPort;
        await onServer(urlAt(port, DATABASE), (client) => client.query('SELECT pg_promote()'));
      },
      ...{ shutDown: alone, freeze: alone, thaw: alone },
      readLog: async () => `${await servers.readLog('primary')}${await servers.readLog('standby')}`,
      async stop() {
        await db.drop();
        await network.close();
        await servers.close();
      },
    };
  } catch (error) {
    await servers.close();
    throw error;
  }
}

/** From here on a commit waits for the standby. Set on the primary alone: once promoted, the standby waits for nobody. */
function waitForStandby(primaryUrl: string): Promise<void> {
  return onServer(primaryUrl, async (client) => {
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
    await client.query('SELECT pg_reload_conf()');
    await eventually(async () => {
      const { rows } = await client.query(
        `SELECT FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'`,
      );
      if (rows.length === 0) throw new Error('The standby does not follow.');
    }, FOLLOW_LIMIT_MS);
  });
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
