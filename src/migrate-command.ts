import { readSettings } from './config/settings.js';
import { migrateAll, openDevelopmentDatabase } from './start-development.js';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `migrate`: brings the tables up to date; see {@link migrateAll}. */
export async function migrateCommand(): Promise<number> {
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
