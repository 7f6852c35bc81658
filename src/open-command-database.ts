import { DataSource } from 'typeorm';
import { keepDevelopmentSecrets } from './config/development-secrets.js';
import { readSettings, type Settings } from './config/settings.js';
import { dataSourceOptions } from './database/data-source.js';
import { Database } from './database/database.js';
import { requireCurrentSchema } from './database/schema-state.js';
import type { CommandDatabase } from './operations/command-database.js';
import { openDevelopmentDatabase } from './start-development.js';

/** One connection works; a second is there for what a command does beside it. */
const POOL_SIZE = 2;

/** What a command that is put together beside the service may need besides. */
interface OpenedDatabase extends CommandDatabase {
  readonly settings: Settings;
}

/** Opens what the service works on, for one command. @throws {SchemaNotReadyError} migrations are missing */
export async function openCommandDatabase(): Promise<OpenedDatabase> {
  // A command opens no door, so it needs nothing of what the door needs.
  const settings = readSettings({ ...process.env, ROLES: 'worker' });
  const opened = await openDevelopmentDatabase(settings, (line) => {
    process.stderr.write(`${line}\n`);
  });
  const dataSource = new DataSource(
    dataSourceOptions(opened.url, POOL_SIZE, 'kakao-share command'),
  );
  const close = async (): Promise<void> => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await opened.stop();
  };
  try {
    await dataSource.initialize();
    const database = new Database(dataSource, settings.databaseSchema);
    await requireCurrentSchema(database);
    const apps = Object.keys(settings.kakaoApps);
    return { database, apps, intentSigningKeys: signingKeys(settings), settings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As the service has them: in development those that it made for itself. */
function signingKeys({ production, intentSigningKeys, dataDir }: Settings): readonly string[] {
  if (production || intentSigningKeys.length > 0) return intentSigningKeys;
  return [keepDevelopmentSecrets(dataDir).intentSigningKey];
}
