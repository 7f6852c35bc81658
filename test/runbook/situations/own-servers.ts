import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ensureDatabase } from '../../../src/database/embedded-postgres/ensure-database.js';
import { migrate } from '../../../src/database/migrate.js';
import { migrateQueue } from '../../../src/queue/migrate-queue.js';
import { DebianPostgres, urlAt } from '../../support/debian-postgres.js';
import type { Shell } from '../shell.js';
import type { Stage } from '../stage.js';

/** A machine with Postgres' tools, and a primary with the service's tables that archives its log as the runbook says. */
export interface OwnServers {
  readonly servers: DebianPostgres;
  readonly primaryPort: number;
  readonly backupFolder: string;
  /** A terminal on that machine, as the user that Postgres runs as. */
  readonly terminal: (environment: Readonly<Record<string, string>>) => Promise<Shell>;
}

export const PRIMARY = 'primary';

export async function startPrimary(stage: Stage): Promise<OwnServers> {
  const servers = await DebianPostgres.open();
  stage.later(() => servers.close());
  const backupFolder = servers.dataDir('backups');
  const target = `${backupFolder}/wal/%f`;
  // Before the operator makes it: a machine that needs a minute until then archives something, and would have failed to.
  for (const folder of [backupFolder, path.join(backupFolder, 'wal')]) {
    await mkdir(folder);
    if (servers.user !== undefined) await chown(folder, servers.user.uid, servers.user.gid);
  }
  await servers.initialise(PRIMARY, {
    ...{ archive_mode: 'on', archive_timeout: '60' },
    archive_command: `test ! -f ${target} && cp %p ${target}`,
  });
  const primaryPort = await servers.start(PRIMARY);
  await ensureDatabase(new URL(urlAt(primaryPort)));
  await migrate(urlAt(primaryPort));
  await migrateQueue(urlAt(primaryPort));
  return {
    ...{ servers, primaryPort, backupFolder },
    terminal: (environment) =>
      stage.terminal({
        environment: { PATH: servers.path, BACKUP_DIR: backupFolder, ...environment },
        user: servers.user,
      }),
  };
}
