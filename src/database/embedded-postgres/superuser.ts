import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unless } from './system-error.js';

export const SUPERUSER = 'kakao_share';

const PASSWORD_BYTES = 24;

/**
 * The password that the data folder keeps, made when there is none yet. It is written before the cluster is made, so that
 * a start that is killed between the two leaves a password for the next try and never a cluster without one.
 */
export async function ensurePassword(dataDir: string): Promise<string> {
  const kept = await readPassword(dataDir);
  if (kept !== undefined) return kept;
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const file = join(dataDir, 'password');
  await writeFile(`${file}.new`, password + '\n', { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return password;
}

export async function readPassword(dataDir: string): Promise<string | undefined> {
  const text = await unless(['ENOENT'], readFile(join(dataDir, 'password'), 'utf8'));
  return text?.trim();
}
