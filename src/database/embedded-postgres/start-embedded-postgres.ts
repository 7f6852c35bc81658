import { prepareHome } from './cluster-home.js';
import { prepareDataFolder } from './data-folder.js';
import { ensureDatabase } from './ensure-database.js';
import { claimFolder, type FolderClaim } from './folder-owner.js';
import { freePort } from './free-port.js';
import { initialiseCluster } from './initialise-cluster.js';
import { findBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { readableBinaries } from './readable-binaries.js';
import { startServer } from './start-server.js';
import { stopServer } from './stop-server.js';
import { SUPERUSER } from './superuser.js';

export interface EmbeddedPostgresOptions {
  /** Folder that keeps the cluster between starts; made when missing. */
  readonly dataDir: string;
  /** One line for a person, e.g. that an orphaned server was stopped. Never a secret. */
  readonly log?: (line: string) => void;
  /** Server settings beyond the defaults, e.g. `{ max_connections: '50', fsync: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** `postgres://user:password@127.0.0.1:port/kakao_share`; the database exists. Holds a secret. */
  readonly url: string;
  readonly pid: number;
  /**
   * Ends sessions, flushes and stops, within 5 s; harder after that. Safe to call twice.
   *
   * @throws {EmbeddedPostgresStopError} when the server does not end at all.
   */
  stop(): Promise<void>;
}

const DATABASE = 'kakao_share';

/**
 * Runs a real Postgres 18 for this process, on a free port of 127.0.0.1. Only `stop()` ends it: neither Ctrl-C nor the
 * death of this process does, and the next start on the same folder stops what was left running.
 *
 * @throws {EmbeddedPostgresInUseError} when a live process owns the data folder.
 * @throws {EmbeddedPostgresMissingError} when there are no binaries for this machine.
 * @throws {EmbeddedPostgresFolderError} when a folder cannot be used as it is.
 * @throws {EmbeddedPostgresStartError} when Postgres fails, or does not answer within 60 s.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  // Before anything is written: without binaries nothing is left behind.
  const found = await findBinaries();
  const dataDir = await prepareDataFolder(options.dataDir);
  const claim = await claimFolder(dataDir);
  try {
    return await startOwned(dataDir, claim, found, options);
  } catch (error) {
    await claim.release();
    throw error;
  }
}

async function startOwned(
  dataDir: string,
  claim: FolderClaim,
  found: PostgresBinaries,
  { log = () => undefined, settings = {} }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const home = await prepareHome(dataDir, log);
  const binaries = await readableBinaries(found, home.user, log);
  const password = await initialiseCluster(dataDir, home, binaries, settings.fsync !== 'off');
  const server = await startServer({ home, binaries, settings, log, choosePort: freePort });
  const url = new URL(`postgres://${SUPERUSER}:${password}@127.0.0.1:${server.port}/${DATABASE}`);
  try {
    await ensureDatabase(url);
  } catch (error) {
    await stopServer(home, binaries, server.process);
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    url: url.href,
    pid: server.process.pid,
    stop: () =>
      (stopping ??= stopServer(home, binaries, server.process).finally(() => claim.release())),
  };
}
