import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterHome } from './cluster-home.js';
import { EmbeddedPostgresStopError } from './embedded-postgres-errors.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { processStart } from './process-start.js';
import { runProgram } from './run-program.js';
import { findServer, type ServerProcess } from './running-server.js';

/** Fast: sessions are ended and everything is flushed. Our own shutdown has 10 s in all. */
const FAST_STOP_SECONDS = 5;
/** Immediate: the next start recovers. Postgres kills its own processes after 5 s. */
const IMMEDIATE_STOP_SECONDS = 8;
/** pg_ctl keeps to its own bound; this one is for a pg_ctl that hangs. */
const SPARE_SECONDS = 5;

const LAST_BREATH_SECONDS = 1;
const POLL_MS = 20;

/**
 * Ends this server of this cluster, gently first. Does nothing when it has ended already.
 *
 * @throws {EmbeddedPostgresStopError} when it is still there in the end.
 */
export async function stopServer(
  home: ClusterHome,
  binaries: PostgresBinaries,
  server: ServerProcess,
): Promise<void> {
  for (const [mode, seconds] of [
    ['fast', FAST_STOP_SECONDS],
    ['immediate', IMMEDIATE_STOP_SECONDS],
  ] as const) {
    // pg_ctl signals whatever pid the file names, so the file is checked each time.
    if (!isSame(await findServer(home.cluster), server)) break;
    await pgCtlStop(home, binaries, mode, seconds);
  }
  // pg_ctl waits for the lock file to go, which is just before the process does.
  if (await endsWithin(LAST_BREATH_SECONDS, server)) return;
  // Its folder was deleted under it, so pg_ctl had no file to go by. SIGQUIT is Postgres' immediate stop.
  process.kill(server.pid, 'SIGQUIT');
  if (await endsWithin(IMMEDIATE_STOP_SECONDS, server)) return;
  throw new EmbeddedPostgresStopError(server.pid);
}

function isSame(found: ServerProcess | undefined, server: ServerProcess): boolean {
  return found?.pid === server.pid && found.start === server.start;
}

async function pgCtlStop(
  home: ClusterHome,
  binaries: PostgresBinaries,
  mode: 'fast' | 'immediate',
  seconds: number,
): Promise<void> {
  await runProgram(binaries.pgCtl, ['stop', '-m', mode, '-t', String(seconds), '-w'], {
    user: home.user,
    cwd: home.folder,
    env: { PGDATA: home.cluster },
    timeoutMs: (seconds + SPARE_SECONDS) * 1_000,
  });
}

async function endsWithin(seconds: number, { pid, start }: ServerProcess): Promise<boolean> {
  const deadline = Date.now() + seconds * 1_000;
  while ((await processStart(pid)) === start) {
    if (Date.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}
