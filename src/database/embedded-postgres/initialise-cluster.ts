import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterHome } from './cluster-home.js';
import {
  EmbeddedPostgresFolderError,
  EmbeddedPostgresStartError,
} from './embedded-postgres-errors.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { runProgram, type ServerUser } from './run-program.js';
import { ensurePassword, readPassword, SUPERUSER } from './superuser.js';

/** Half a second on a laptop; a slow network disk takes its time to flush a thousand files. */
const INITDB_TIMEOUT_MS = 120_000;

const UNFINISHED = 'unfinished-';

/**
 * Makes the cluster unless it is there, and returns the superuser's password. initdb works in a folder of another name,
 * renamed when it is done: a start that is killed half-way leaves nothing that looks like a cluster.
 */
export async function initialiseCluster(
  dataDir: string,
  home: ClusterHome,
  binaries: PostgresBinaries,
  isDurable: boolean,
): Promise<string> {
  await removeUnfinished(home.folder);
  if (existsSync(home.cluster)) {
    await refuseOtherVersion(home.cluster, binaries);
    return await passwordOfExisting(dataDir);
  }
  const password = await ensurePassword(dataDir);
  const unfinished = join(home.folder, UNFINISHED + randomUUID());
  const passwordFile = `${unfinished}.password`;
  await writePasswordFile(passwordFile, password, home.user);
  try {
    await runInitdb(home, binaries, unfinished, passwordFile, isDurable);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, home.cluster);
  return password;
}

async function runInitdb(
  home: ClusterHome,
  binaries: PostgresBinaries,
  cluster: string,
  passwordFile: string,
  isDurable: boolean,
): Promise<void> {
  const args = [
    `--pgdata=${cluster}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorts and folds alike on every machine: neither the system's locales nor its updates have a say.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    ...(isDurable ? [] : ['--no-sync']),
  ];
  const options = { user: home.user, cwd: home.folder, timeoutMs: INITDB_TIMEOUT_MS };
  const { exitCode, output } = await runProgram(binaries.initdb, args, options);
  if (exitCode === 0) return;
  throw new EmbeddedPostgresStartError(
    `initdb failed (${exitCode ?? 'ended by a signal'}) in ${home.folder}. It said:\n${output}`,
  );
}

/** initdb reads it as the server's user; the file is new, so nothing that was planted is written to. */
async function writePasswordFile(
  path: string,
  password: string,
  user: ServerUser | undefined,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(password + '\n');
    if (user !== undefined) await file.chown(user.uid, user.gid);
  } finally {
    await file.close();
  }
}

/** An initdb that outlived its killed starter may still write there: then the next start removes the rest. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(UNFINISHED)) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

async function refuseOtherVersion(cluster: string, binaries: PostgresBinaries): Promise<void> {
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => 'unknown');
  if (version.trim() === binaries.majorVersion) return;
  throw new EmbeddedPostgresFolderError(
    `${cluster} is of Postgres ${version.trim()}, but Postgres ${binaries.majorVersion} is installed. ` +
      'Install the former version to read it, or delete the data folder to begin afresh.',
  );
}

async function passwordOfExisting(dataDir: string): Promise<string> {
  const password = await readPassword(dataDir);
  if (password !== undefined) return password;
  throw new EmbeddedPostgresFolderError(
    `The file "password" is gone from ${dataDir}. Restore it, or delete the whole folder to begin afresh.`,
  );
}
