import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Walk } from '../walk.js';
import type { OwnServers } from './own-servers.js';

export const BACKUP = 'A backup';

/** Runs that part of the runbook on the machine with this database. */
export async function takeBackup(
  { backupFolder, terminal }: OwnServers,
  databaseUrl: string,
): Promise<void> {
  const shell = await terminal({ DATABASE_URL: databaseUrl, TOKEN: 'not needed' });
  const walk = await Walk.begin(BACKUP, shell);
  await walk.step('mkdir -p');
  expect(await walk.step('archive_mode')).toMatch(/^on\non\non\non\nfailed 0,/);
  await walk.step('pg_basebackup');
  expect(Number(await walk.step('pg_dump'))).toBeGreaterThan(20);
  walk.end();
  const [base = ''] = (await readdir(backupFolder)).filter((file) => file.startsWith('base-'));
  expect(await readdir(path.join(backupFolder, base))).toContain('PG_VERSION');
}
