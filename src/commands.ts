import { keysCommand } from './keys-command.js';
import { migrateCommand } from './migrate-command.js';
import { openCommandDatabase } from './open-command-database.js';
import { deliveriesCommand } from './operations/deliveries-command.js';
import { replayCommand } from './operations/replay-command.js';
import { simulateCommand } from './simulator/command.js';
import { spoolCommand } from './spool-command.js';

/** What can be asked for on the command line. */
export interface Command {
  /** One line for people who look for the command. */
  readonly summary: string;
  /** @param args the words after the command's name; @returns the exit code: 0 done, 1 not, 2 bad usage */
  run(args: readonly string[]): Promise<number>;
}

/** Every command by its name, in the order in which the usage text lists them. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  migrate: {
    summary: 'bring the database up to date (DATABASE_URL, or the embedded one in development)',
    run: migrateCommand,
  },
  keys: {
    summary:
      'show admin keys and when they were used, replay what came with an unknown one; see keys --help',
    run: keysCommand,
  },
  simulate: {
    summary: 'send webhooks as Kakao does; see simulate --help',
    run: simulateCommand,
  },
  spool: {
    summary:
      'list, show or replay what is kept while the database does not commit; see spool --help',
    run: spoolCommand,
  },
  deliveries: {
    summary: 'look at deliveries, mend and replay them; see deliveries --help',
    run: (args) => deliveriesCommand(args, openCommandDatabase),
  },
  replay: {
    summary: 'decide many deliveries once more, or try it out; see replay --help',
    run: (args) => replayCommand(args, openCommandDatabase),
  },
};

const NAME_COLUMN_CHARS = 2 + Math.max(...Object.keys(COMMANDS).map(({ length }) => length));

const USAGE = [
  'Usage: nestjs-kakao-share <command>\n',
  ...Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(NAME_COLUMN_CHARS)}${summary}`,
  ),
  '',
].join('\n');

/** Runs the command that is named first; without one it says which there are. */
export async function runCommand([name, ...args]: readonly string[]): Promise<number> {
  const asked = name === undefined || ['help', '--help', '-h'].includes(name);
  if (!asked && Object.hasOwn(COMMANDS, name)) return (await COMMANDS[name]?.run(args)) ?? 2;
  (asked ? process.stdout : process.stderr).write(USAGE);
  return asked ? 0 : 2;
}
