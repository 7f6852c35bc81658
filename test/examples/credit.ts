import type { Database } from '../../src/database/database.js';
import { rewardCredited } from '../../src/events/catalogue/reward-credited.js';
import { recordEvents } from '../../src/events/record-events.js';
import { lockUsers } from '../../src/users/lock-users.js';

/** Writes that a user was given points, as a settlement does. */
export async function credit(database: Database, userId: string, amount: number): Promise<void> {
  await database.transaction({ statementTimeoutMs: 10_000 }, async (tx) => {
    const refs = await lockUsers(tx, [{ app: 'default', userId }]);
    const userRef = refs.byName.get(JSON.stringify(['default', userId]));
    const data = { ...rewardCredited.example, amount };
    const occurredAt = new Date();
    await recordEvents(tx, [
      { type: 'reward.credited', app: 'default', userRef, occurredAt, data },
    ]);
  });
}
