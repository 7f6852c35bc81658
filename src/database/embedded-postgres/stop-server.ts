import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterHome } from './cluster-home.js';
import { EmbeddedPostgresStopError } from './embedded-postgres-errors.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { processStart } from './process-start.js';
import { runProgram } from './run-program.js';
import { findServer } from './running-server.js';

/** Fast: sessions are ended and everything is flushed. Our own shutdown has 10 s in all. */
const FAST_STOP_SECONDS = 5;
/** Immediate: the next start recovers. Postgres kills its own processes after 5 s. */
const IMMEDIATE_STOP_SECONDS = 8;
/** pg_ctl keeps to its own bound; this one is for a pg_ctl that hangs. */
const SPARE_SECONDS = 5;

const POLL_MS = 50;

/** Ends the server of this cluster, gently first. Does nothing when `pid` is not its server any more. */
export async function stopServer(
  home: ClusterHome,
  binaries: PostgresBinaries,
  pid: number,
): Promise<void> {
  const start = await processStart(pid);
  if (start === undefined) return;
  for (const [mode, seconds] of [
    ['fast', FAST_STOP_SECONDS],
    ['immediate', IMMEDIATE_STOP_SECONDS],
  ] as const) {
    // pg_ctl signals whatever pid the file names, so the file is checked each time.
    if ((await findServer(home.cluster)) !== pid) break;
    await pgCtlStop(home, binaries, mode, seconds);
    if ((await processStart(pid)) !== start) return;
  }
  await endDeserted(pid, start);
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

/** A server whose folder was deleted under it: pg_ctl has no file to go by. SIGQUIT is its immediate stop. */
async function endDeserted(pid: number, start: string): Promise<void> {
  const deadline = Date.now() + IMMEDIATE_STOP_SECONDS * 1_000;
  if ((await processStart(pid)) === start) process.kill(pid, 'SIGQUIT');
  while ((await processStart(pid)) === start) {
    if (Date.now() > deadline) throw new EmbeddedPostgresStopError(pid);
    await pause(POLL_MS);
  }
}
