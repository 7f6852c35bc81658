// Jest loads this file outside its module system, so it is plain JavaScript on the built code.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../dist/database/embedded-postgres/start-embedded-postgres.js';
import { migrate } from '../../dist/database/migrate.js';
import { migrateQueue } from '../../dist/queue/migrate-queue.js';

const REDIS_START_LIMIT_MS = 60_000;
const onExternal = process.env.TEST_ON_EXTERNAL_POSTGRES === '1';

const say = (line) => process.stderr.write(`[servers] ${line}\n`);

/** Starts what the suites need, on ports and in folders of its own, and prepares the template database. */
export default async function startServers() {
  const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-test-'));
  const dataDir = mkdtempSync(path.join(tmpdir(), 'kakao-share-test-postgres-'));
  // Durability is tested where it is the point; elsewhere nobody pulls the plug.
  const settings = { max_connections: '300', fsync: 'off', full_page_writes: 'off' };
  const postgres = onExternal ? undefined : await startEmbeddedPostgres({ dataDir, settings });
  const serverUrl = postgres?.url ?? process.env.TEST_DATABASE_URL;
  const templateDatabase = `kakao_share_template_${randomBytes(4).toString('hex')}`;
  await createTemplate(serverUrl, templateDatabase);
  const redis = await startRedis(folder);
  process.env.KAKAO_SHARE_TEST_FOLDER = folder;
  process.env.KAKAO_SHARE_TEST_POSTGRES = serverUrl;
  process.env.KAKAO_SHARE_TEST_TEMPLATE = templateDatabase;
  if (redis.url !== undefined) process.env.KAKAO_SHARE_TEST_REDIS = redis.url;
  globalThis.kakaoShareTestServers = {
    async stop() {
      await redis.stop();
      await onServer(serverUrl, `DROP DATABASE IF EXISTS ${templateDatabase} WITH (FORCE)`);
      await postgres?.stop();
      for (const used of [folder, dataDir])
        rmSync(used, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

async function createTemplate(serverUrl, name) {
  const [{ version }] = await onServer(
    serverUrl,
    `SELECT current_setting('server_version') AS version`,
  );
  say(`Postgres ${version} (${onExternal ? 'TEST_DATABASE_URL' : 'embedded'})`);
  if (!onExternal && !process.env.TEST_DATABASE_URL)
    say('LEFT OUT: a second Postgres version. Set TEST_DATABASE_URL.');
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await migrate(url.toString());
  await migrateQueue(url.toString());
}

async function onServer(serverUrl, statement) {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

async function startRedis(folder) {
  if (process.env.TEST_REDIS_URL) {
    say('Redis: TEST_REDIS_URL');
    return { url: process.env.TEST_REDIS_URL, stop: async () => undefined };
  }
  const port = await freePort();
  const server = spawn(
    'redis-server',
    ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder],
    {
      stdio: 'ignore',
    },
  );
  const found = await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.once('spawn', () => resolve(true));
  });
  if (!found) {
    say('LEFT OUT: every suite on Redis. Set TEST_REDIS_URL or install redis-server.');
    return { url: undefined, stop: async () => undefined };
  }
  const url = `redis://127.0.0.1:${port}`;
  await untilRedisAnswers(url);
  say(`Redis: redis-server, started on port ${port}`);
  return {
    url,
    async stop() {
      const exited = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await exited;
    },
  };
}

async function untilRedisAnswers(url) {
  const deadline = Date.now() + REDIS_START_LIMIT_MS;
  for (;;) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(20);
    } finally {
      client.disconnect();
    }
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
