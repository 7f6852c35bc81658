import type { Database } from '../../src/database/database.js';
import type { Age } from '../../src/lifecycle/age.js';
import { ensureDestinations } from '../../src/relay/destinations.js';

/** Older than any process of a test: each of them can say what its destinations hear of. */
export const longAgo: Age = () => 24 * 3_600_000;

/** Transports that hear of whatever happens from now on. */
export async function givenDestinations(
  database: Database,
  names: readonly string[],
): Promise<void> {
  await ensureDestinations(
    database,
    names.map((name) => ({ name, kind: 'transport' })),
    longAgo,
  );
}
