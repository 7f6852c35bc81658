import { spawn } from 'node:child_process';
import { EmbeddedPostgresStartError } from './embedded-postgres-errors.js';

/** Whom a program runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramOptions {
  /** Undefined: as we are. */
  readonly user: ServerUser | undefined;
  /** Where it runs. The user must be able to enter it, which is often untrue of our own folder. */
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProgramResult {
  /** Null when it was ended by a signal, ours after `timeoutMs` included. */
  readonly exitCode: number | null;
  /** What it said last, on either channel. */
  readonly output: string;
}

/** Enough for every message of initdb and pg_ctl; a runaway program must not fill the memory. */
const MAX_OUTPUT_CHARACTERS = 8_192;

/** A server outlives us and belongs to another user: our environment, with its secrets, is not for it. */
const PASSED_VARIABLES = ['PATH', 'LD_LIBRARY_PATH', 'TZDIR', 'SystemRoot', 'TEMP', 'TMP'];

/**
 * Runs one of Postgres' programs to its end, whatever its exit code.
 *
 * @throws {EmbeddedPostgresStartError} when it cannot be run at all.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const child = spawn(file, args, {
    ...options.user,
    cwd: options.cwd,
    env: { ...passedEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A session of its own: pg_ctl would hand a Ctrl-C on to the server that it is starting.
    detached: process.platform !== 'win32',
    windowsHide: true,
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-MAX_OUTPUT_CHARACTERS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return await new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(cannotRun(file, error));
    });
    child.once('close', (exitCode) => {
      resolve({ exitCode, output: output.trim() });
    });
  });
}

function cannotRun(file: string, error: Error): EmbeddedPostgresStartError {
  return new EmbeddedPostgresStartError(
    `${file} cannot be run: ${error.message}. On Linux the binaries need glibc, which Alpine lacks; root needs the ` +
      'right to become another user. Otherwise give the URL of a Postgres 18 of your own.',
    { cause: error },
  );
}

function passedEnvironment(): Record<string, string> {
  const passed: Record<string, string> = { LC_ALL: 'C' };
  for (const name of PASSED_VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}
