import type { Database } from '../../src/database/database.js';
import { ensureDestinations } from '../../src/relay/destinations.js';

/** Transports that hear of whatever happens from now on. */
export async function givenDestinations(
  database: Database,
  names: readonly string[],
): Promise<void> {
  await ensureDestinations(
    database,
    names.map((name) => ({ name, kind: 'transport' })),
  );
}
