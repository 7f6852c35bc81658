#!/usr/bin/env node
import { readSettings } from './config/settings.js';
import { simulateCommand } from './simulator/command.js';
import { migrateAll, openDevelopmentDatabase } from './start-development.js';

const USAGE = `Usage: nestjs-kakao-share <command>

  migrate    bring the database up to date (DATABASE_URL, or the embedded one in development)
  simulate   send webhooks as Kakao does; see simulate --help
`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function migrateCommand(): Promise<number> {
  // Migrations need a database and nothing of what opens the door.
  const settings = readSettings({ ...process.env, ROLES: 'worker' });
  const database = await openDevelopmentDatabase(settings, say);
  try {
    const applied = await migrateAll(settings, database.url);
    say(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
    return 0;
  } finally {
    await database.stop();
  }
}

async function run([command, ...rest]: readonly string[]): Promise<number> {
  if (command === 'migrate') return migrateCommand();
  if (command === 'simulate') return simulateCommand(rest);
  const asked = command === undefined || command === '--help' || command === 'help';
  (asked ? process.stdout : process.stderr).write(USAGE);
  return asked ? 0 : 2;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
