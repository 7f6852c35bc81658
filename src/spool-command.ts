import { DataSource } from 'typeorm';
import { EnvironmentReader } from './config/environment-reader.js';
import { readSettings } from './config/settings.js';
import { readSpoolSettings } from './config/spool-settings.js';
import { dataSourceOptions } from './database/data-source.js';
import { Database } from './database/database.js';
import { requireCurrentSchema } from './database/schema-state.js';
import { commandActor } from './operations/command-words.js';
import { parseSpoolOptions, SPOOL_USAGE, SpoolUsageError } from './spool/command-options.js';
import type { SpoolCommandOptions } from './spool/command-options.js';
import { listSpool } from './spool/list-spool.js';
import { replayByHand } from './spool/replay-by-hand.js';
import { showSpool } from './spool/show-spool.js';
import { openDevelopmentDatabase } from './start-development.js';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `spool`: what is kept while the database does not commit. */
export async function spoolCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    say(SPOOL_USAGE);
    return 0;
  }
  try {
    const options = parseSpoolOptions(args);
    const directory = options.directory ?? configuredDirectory();
    if (options.action === 'replay') return await replay(directory, options);
    await (options.action === 'list'
      ? listSpool(directory, say)
      : showSpool(directory, options, say));
    return 0;
  } catch (error) {
    if (!(error instanceof SpoolUsageError)) throw error;
    complain(`${error.message}\n\n${SPOOL_USAGE}`);
    return 2;
  }
}

/** Looking needs no database, and no other setting. */
function configuredDirectory(): string {
  return readSpoolSettings(new EnvironmentReader(process.env, [])).spoolDir;
}

async function replay(
  directory: string,
  { refused, reason }: SpoolCommandOptions,
): Promise<number> {
  const settings = readSettings({ ...process.env, ROLES: 'worker' });
  const server = await openDevelopmentDatabase(settings, complain);
  try {
    const dataSource = await new DataSource(
      dataSourceOptions(server.url, 2, 'kakao-share spool'),
    ).initialize();
    try {
      const database = new Database(dataSource, settings.databaseSchema);
      await requireCurrentSchema(database);
      const work = { directory, refused, reason, actor: commandActor() };
      const { committed, failed, unread } = await replayByHand(database, work, complain);
      say(`committed=${committed} failed=${failed}`);
      return failed + unread === 0 ? 0 : 1;
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await server.stop();
  }
}
