import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { migrateQueue } from '../../src/queue/migrate-queue.js';
import { eventually } from './eventually.js';

/** What the whole run shares, for the teardown. */
export interface RunningServers {
  readonly postgres: EmbeddedPostgres | undefined;
  readonly templateDatabase: string;
  readonly serverUrl: string;
  stopRedis(): Promise<void>;
  removeFolder(): void;
}

declare global {
  var kakaoShareTestServers: RunningServers | undefined;
}

/** Starts what the suites need, on ports and in folders of its own, and prepares the template database. */
export default async function startServers(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-test-'));
  const external = process.env['TEST_ON_EXTERNAL_POSTGRES'] === '1' ? process.env['TEST_DATABASE_URL'] : undefined;
  const postgres = external === undefined ? await startPostgres(path.join(folder, 'postgres')) : undefined;
  const serverUrl = external ?? postgres?.url ?? '';
  const templateDatabase = `kakao_share_template_${randomBytes(4).toString('hex')}`;
  await createTemplate(serverUrl, templateDatabase);
  const redis = await startRedis(folder);
  process.env['KAKAO_SHARE_TEST_POSTGRES'] = serverUrl;
  process.env['KAKAO_SHARE_TEST_TEMPLATE'] = templateDatabase;
  if (redis.url !== undefined) process.env['KAKAO_SHARE_TEST_REDIS'] = redis.url;
  globalThis.kakaoShareTestServers = {
    postgres,
    templateDatabase,
    serverUrl,
    stopRedis: redis.stop,
    removeFolder: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Durability is tested where it is the point; here nobody pulls the plug. */
async function startPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, settings: { max_connections: '300', fsync: 'off', full_page_writes: 'off' } });
}

async function createTemplate(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  say(`Postgres ${rows[0]?.version ?? '?'} (${process.env['TEST_ON_EXTERNAL_POSTGRES'] === '1' ? 'TEST_DATABASE_URL' : 'embedded'})`);
  const url = databaseUrl(serverUrl, name);
  await migrate(url);
  await migrateQueue(url);
}

async function startRedis(folder: string): Promise<{ url: string | undefined; stop: () => Promise<void> }> {
  const given = process.env['TEST_REDIS_URL'];
  if (given !== undefined && given !== '') {
    say('Redis: TEST_REDIS_URL');
    return { url: given, stop: () => Promise.resolve() };
  }
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
    stdio: 'ignore',
  });
  const missing = await new Promise<boolean>((resolve) => {
    server.once('error', () => {
      resolve(true);
    });
    server.once('spawn', () => {
      resolve(false);
    });
  });
  if (missing) {
    say('LEFT OUT: every suite on Redis. Set TEST_REDIS_URL or install redis-server.');
    return { url: undefined, stop: () => Promise.resolve() };
  }
  const url = `redis://127.0.0.1:${port}`;
  await eventually(async () => {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
    } finally {
      client.disconnect();
    }
  });
  say(`Redis: redis-server, started on port ${port}`);
  const stop = async (): Promise<void> => {
    const exited = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await exited;
  };
  return { url, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.toString();
}

function say(line: string): void {
  process.stderr.write(`[servers] ${line}\n`);
}
