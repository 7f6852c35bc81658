import path from 'node:path';
import type { EnvironmentReader } from './environment-reader.js';

/** Where webhooks are kept while the database does not commit. */
export interface SpoolSettings {
  /** On a disk that outlives the process; it belongs to one database. */
  readonly spoolDir: string;
  /** What all processes that share it may take of the disk. */
  readonly spoolMaxBytes: number;
  /** How many a process commits again per second. */
  readonly spoolReplayPerS: number;
}

const MIB = 1024 ** 2;

export function readSpoolSettings(given: EnvironmentReader): SpoolSettings {
  const dataDir = given.text('DATA_DIR') ?? '.data';
  return {
    spoolDir: given.text('SPOOL_DIR') ?? path.join(dataDir, 'spool'),
    spoolMaxBytes: given.integer('SPOOL_MAX_BYTES', 1024 * MIB, MIB, 1024 * 1024 * MIB),
    spoolReplayPerS: given.integer('SPOOL_REPLAY_PER_S', 1_000, 1, 100_000),
  };
}
