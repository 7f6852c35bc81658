import { existsSync } from 'node:fs';
import path from 'node:path';
import { EnvironmentReader } from './config/environment-reader.js';
import { readSpoolSettings } from './config/spool-settings.js';
import { openCommandDatabase } from './open-command-database.js';
import { commandActor, say } from './operations/command-words.js';
import { parseSpoolOptions, SPOOL_USAGE, SpoolUsageError } from './spool/command-options.js';
import type { SpoolCommandOptions } from './spool/command-options.js';
import { listSpool } from './spool/list-spool.js';
import { replayByHand } from './spool/replay-by-hand.js';
import { showSpool } from './spool/show-spool.js';

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
    const directory = path.resolve(options.directory ?? configuredDirectory());
    if (!existsSync(directory)) {
      complain(
        `${directory} is not there: nothing was ever spooled, or SPOOL_DIR is another folder.`,
      );
    }
    if (options.action === 'replay') return await replay(directory, options);
    await (options.action === 'list'
      ? listSpool(directory, say)
      : showSpool(directory, options, say, complain));
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
  const opened = await openCommandDatabase();
  try {
    const work = { directory, refused, reason, actor: commandActor() };
    const { committed, failed, unread } = await replayByHand(opened.database, work, complain);
    say(`committed=${committed} failed=${failed}${unread > 0 ? ` unread=${unread}` : ''}`);
    return failed + unread === 0 ? 0 : 1;
  } finally {
    await opened.close();
  }
}
