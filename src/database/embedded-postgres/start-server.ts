import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterHome } from './cluster-home.js';
import { EmbeddedPostgresStartError } from './embedded-postgres-errors.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { killLeftovers } from './kill-leftovers.js';
import { runProgram } from './run-program.js';
import { findServer, removeForeignLock, type ServerProcess } from './running-server.js';
import { beginLog, logTail } from './server-log.js';
import { quoteForShell, serverArguments } from './server-settings.js';
import { stopServer } from './stop-server.js';

export interface RunningServer {
  readonly process: ServerProcess;
  readonly port: number;
}

/** After a kill Postgres replays up to max_wal_size, 1 GB, before it answers. */
const START_TIMEOUT_SECONDS = 60;
/** pg_ctl keeps to its own bound; this one is for a pg_ctl that hangs. */
const SPARE_SECONDS = 10;

/** With the pauses at least 10 s: on a busy machine the processes of a killed server take a while to notice. */
const MAX_ATTEMPTS = 50;
const RETRY_PAUSE_MS = 200;

/**
 * Obstacles that pass: a port taken between choosing and binding; a server that the killed starter's pg_ctl was just
 * starting; processes of a killed server on their way out.
 */
const PASSING = /could not bind|lock file .* already exists|pre-existing shared memory block/;

/** Processes of a server that was killed still hold its memory. */
const LEFTOVERS = 'pre-existing shared memory block';

export interface StartParts {
  readonly home: ClusterHome;
  readonly binaries: PostgresBinaries;
  readonly settings: Readonly<Record<string, string>>;
  readonly choosePort: () => Promise<number>;
  readonly log: (line: string) => void;
}

/** Starts the server of a cluster that we own and waits until it answers. */
export async function startServer(parts: StartParts): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    await stopOrphan(parts);
    const port = await parts.choosePort();
    const begin = await beginLog(parts.home.logFile);
    const said = await pgCtlStart(parts, port);
    const process = await findServer(parts.home.cluster);
    if (said === undefined && process !== undefined) return { process, port };

    if (process !== undefined) await stopServer(parts.home, parts.binaries, process);
    const tail = await logTail(parts.home.logFile, begin);
    if (attempt === MAX_ATTEMPTS || !PASSING.test(tail)) throw startError(parts, said, tail);
    if (tail.includes(LEFTOVERS)) await killLeftovers(parts.home.cluster);
    await pause(RETRY_PAUSE_MS);
  }
}

/**
 * A server without a living owner is stopped, not adopted: only a fresh start has the settings asked for and none of the
 * sessions and locks of the process that died, and there is one way to start instead of two. It costs a tenth of a second.
 */
async function stopOrphan({ home, binaries, log }: StartParts): Promise<void> {
  if (await removeForeignLock(home.cluster))
    log('Removed the lock file of a Postgres that is no more.');
  const orphan = await findServer(home.cluster);
  if (orphan === undefined) return;
  log(`Stopping the Postgres that an earlier process left running (process ${orphan.pid}).`);
  await stopServer(home, binaries, orphan);
}

/** Returns what pg_ctl said when it failed. It starts the server in a session of its own, out of Ctrl-C's reach. */
async function pgCtlStart(
  { home, binaries, settings }: StartParts,
  port: number,
): Promise<string | undefined> {
  const serverOptions = quoteForShell(serverArguments(home.cluster, port, settings));
  const args = [
    'start',
    '-w',
    '-t',
    String(START_TIMEOUT_SECONDS),
    '-l',
    'server.log',
    '-o',
    serverOptions,
  ];
  const { exitCode, output } = await runProgram(binaries.pgCtl, args, {
    user: home.user,
    // The log's name is relative to it, and the data directory comes by PGDATA: pg_ctl does not quote them for its shell.
    cwd: home.folder,
    env: { PGDATA: home.cluster },
    timeoutMs: (START_TIMEOUT_SECONDS + SPARE_SECONDS) * 1_000,
  });
  return exitCode === 0 ? undefined : output;
}

function startError(
  { home }: StartParts,
  said: string | undefined,
  tail: string,
): EmbeddedPostgresStartError {
  return new EmbeddedPostgresStartError(
    `Postgres did not start within ${START_TIMEOUT_SECONDS} s. Its log is ${home.logFile}. It said last:\n` +
      (tail === '' ? (said ?? '') : tail),
  );
}
