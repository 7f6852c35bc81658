import { recordAudit } from '../audit/record-audit.js';
import type { Database, Transaction } from '../database/database.js';

const LIMITS = { statementTimeoutMs: 10_000 };

/** Changes a destination by hand, and writes down who did what and why. */
export async function changeDestination<T>(
  database: Database,
  change: {
    readonly name: string;
    readonly action: `destination.${string}`;
    readonly actor: string;
    readonly reason: string;
  },
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const { name, ...who } = change;
  return database.transaction(LIMITS, async (tx) => {
    const result = await work(tx);
    await recordAudit(tx, { ...who, app: null, target: name });
    return result;
  });
}
