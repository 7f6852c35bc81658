import { DataSource } from 'typeorm';
import { ensureDevelopmentCampaigns } from './campaigns/development-campaign.js';
import { keepDevelopmentSecrets, type DevelopmentSecrets } from './config/development-secrets.js';
import { DEFAULT_APP } from './config/kakao-apps.js';
import type { Settings } from './config/settings.js';
import { dataSourceOptions } from './database/data-source.js';
import { Database } from './database/database.js';
import { startEmbeddedPostgres } from './database/embedded-postgres/start-embedded-postgres.js';
import { migrate } from './database/migrate.js';
import { migrateQueue } from './queue/migrate-queue.js';
import { startService, type Service } from './service.js';
import type { ServiceSettings } from './service.module.js';
import { welcome } from './welcome.js';

/** A database to work on, and how to let go of it. */
export interface OpenDatabase {
  readonly url: string;
  stop(): Promise<void>;
}

/** The database that was named, or else an embedded one, kept in the data folder. */
export async function openDevelopmentDatabase(
  settings: Settings,
  log: (line: string) => void,
): Promise<OpenDatabase> {
  const { databaseUrl, dataDir } = settings;
  if (databaseUrl !== undefined) return { url: databaseUrl, stop: () => Promise.resolve() };
  return startEmbeddedPostgres({ dataDir: `${dataDir}/postgres`, log });
}

/** Brings our tables, and BullMQ's where the queue is on Postgres, up to date. */
export async function migrateAll(settings: Settings, databaseUrl: string): Promise<string[]> {
  const applied = await migrate(databaseUrl, settings.databaseSchema);
  if (settings.redisUrl === undefined) await migrateQueue(databaseUrl);
  return applied;
}

/** Starts with whatever is missing filled in: database, migrations, secrets and a campaign that pays. */
export async function startDevelopment(
  settings: Settings,
  say: (line: string) => void,
): Promise<Service> {
  const { filled, generated } = fillInSecrets(settings);
  const database = await openDevelopmentDatabase(settings, say);
  try {
    await migrateAll(settings, database.url);
    const ready: ServiceSettings = { ...filled, databaseUrl: database.url };
    await ensureCampaigns(ready);
    const service = await startService(ready);
    say(welcome(service, ready, generated));
    return {
      ...service,
      async stop() {
        say('\nStopping: requests and settlements under way are finished first.');
        await service.stop();
        await database.stop();
        say('Stopped.');
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

function fillInSecrets(settings: Settings): {
  filled: Settings;
  generated: Partial<DevelopmentSecrets>;
} {
  const lacksKey = Object.keys(settings.kakaoApps).length === 0;
  const lacksToken = settings.adminToken === undefined;
  const lacksSigningKey = settings.intentSigningKeys.length === 0;
  const { eventEndpoints, eventTransports } = settings;
  const lacksEndpointKey = eventTransports.includes('webhooks') && eventEndpoints.keys.length === 0;
  if (!lacksKey && !lacksToken && !lacksSigningKey && !lacksEndpointKey)
    return { filled: settings, generated: {} };
  const kept = keepDevelopmentSecrets(settings.dataDir);
  const { kakaoAdminKey, adminToken, intentSigningKey, eventEndpointKey } = kept;
  return {
    filled: {
      ...settings,
      ...(lacksKey ? { kakaoApps: { [DEFAULT_APP]: [kakaoAdminKey] } } : {}),
      ...(lacksToken ? { adminToken } : {}),
      ...(lacksSigningKey ? { intentSigningKeys: [intentSigningKey] } : {}),
      ...(lacksEndpointKey
        ? { eventEndpoints: { ...eventEndpoints, keys: [eventEndpointKey] } }
        : {}),
    },
    generated: { ...(lacksKey ? { kakaoAdminKey } : {}), ...(lacksToken ? { adminToken } : {}) },
  };
}

async function ensureCampaigns(settings: ServiceSettings): Promise<void> {
  const dataSource = await new DataSource(
    dataSourceOptions(settings.databaseUrl, 1, 'kakao-share start'),
  ).initialize();
  try {
    await ensureDevelopmentCampaigns(
      new Database(dataSource, settings.databaseSchema),
      Object.keys(settings.kakaoApps),
    );
  } finally {
    await dataSource.destroy();
  }
}
