import { chmod, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { completeLinks } from './complete-links.js';
import { EmbeddedPostgresMissingError } from './embedded-postgres-errors.js';
import { unless } from './system-error.js';

/** One copy of Postgres on disk. */
export interface PostgresBinaries {
  /** Tells packages and versions apart, e.g. `linux-x64-18.4.0`. */
  readonly label: string;
  /** e.g. `18`: a cluster of another major version cannot be opened. */
  readonly majorVersion: string;
  /** Holds bin, lib and share, which find each other by relative paths. */
  readonly root: string;
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

interface PlatformPackage {
  readonly initdb: string;
  readonly pg_ctl: string;
  readonly postgres: string;
}

const PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
};

/**
 * Finds the binaries that embedded-postgres brings for this machine. Its own code stays out: it stops the server from
 * signal handlers of its own, before ours have finished with the database.
 */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<PostgresBinaries> {
  const name = PACKAGES[`${platform}-${arch}`];
  if (name === undefined) {
    throw new EmbeddedPostgresMissingError(
      `There is no embedded Postgres for ${platform} on ${arch}. Set DATABASE_URL to a Postgres 15 or later.`,
    );
  }
  const entry = resolvePackage(`@embedded-postgres/${name}`);
  const packageRoot = dirname(dirname(entry));
  const manifest = await readFile(join(packageRoot, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const files = (await import(pathToFileURL(entry).href)) as PlatformPackage;
  await completeLinks(packageRoot);
  await Promise.all([files.initdb, files.pg_ctl, files.postgres].map(makeExecutable));
  return {
    label: `${name}-${version}`,
    majorVersion: version.split('.', 1)[0] ?? '',
    root: dirname(dirname(files.postgres)),
    initdb: files.initdb,
    pgCtl: files.pg_ctl,
    postgres: files.postgres,
  };
}

/** The platform's package belongs to embedded-postgres, so it is looked for from there. */
function resolvePackage(name: string): string {
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(parent).resolve(name);
  } catch (error) {
    throw new EmbeddedPostgresMissingError(
      `Set DATABASE_URL to a Postgres 15 or later. The embedded one (${name}) is not installed: it comes with a clone of ` +
        'this project, where "npm ci" installs it, without --omit=optional and on the machine it is to run on.',
      { cause: error },
    );
  }
}

/** Some package managers lose the bit. A folder that we may not change is tried as it is. */
async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o111) !== 0) return;
  await unless(['EPERM', 'EROFS', 'EACCES'], chmod(file, mode | 0o555));
}
