import type { Database } from '../database/database.js';

/** What a command works on; whoever opened it closes it. */
export interface CommandDatabase {
  readonly database: Database;
  /** The Kakao apps that are configured where the command runs. */
  readonly apps: readonly string[];
  readonly intentSigningKeys: readonly string[];
  close(): Promise<void>;
}

/** Opened once the words of the command are understood: help needs no database. */
export type OpenCommandDatabase<Given extends CommandDatabase = CommandDatabase> =
  () => Promise<Given>;

/** Does a command's work and lets go of the database, whatever came of it. */
export async function withDatabase<Given extends CommandDatabase>(
  open: OpenCommandDatabase<Given>,
  work: (given: Given) => Promise<void>,
): Promise<number> {
  const given = await open();
  try {
    await work(given);
    return 0;
  } finally {
    await given.close();
  }
}
