import { open, rename, stat } from 'node:fs/promises';
import { unless } from './system-error.js';

/** Days of ordinary use. The former log is kept beside it, so both together stay below twice this and one run. */
const MAX_LOG_BYTES = 5_000_000;

/** The last lines of a start: a stack of FATAL lines, or the progress of a recovery. */
const MAX_TAIL_BYTES = 2_000;

/** Begins a new log when it has grown too long, and tells where this start's part will begin. */
export async function beginLog(logFile: string): Promise<number> {
  const bytes = await lengthOf(logFile);
  if (bytes <= MAX_LOG_BYTES) return bytes;
  await rename(logFile, `${logFile}.1`);
  return 0;
}

/** What the server said last since `begin`. */
export async function logTail(logFile: string, begin: number): Promise<string> {
  const from = Math.max(begin, (await lengthOf(logFile)) - MAX_TAIL_BYTES);
  const file = await unless(['ENOENT'], open(logFile));
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(MAX_TAIL_BYTES),
      0,
      MAX_TAIL_BYTES,
      from,
    );
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}

async function lengthOf(logFile: string): Promise<number> {
  return (await unless(['ENOENT'], stat(logFile)))?.size ?? 0;
}
