import type { Database } from '../../src/database/database.js';
import { newId } from '../../src/database/new-id.js';
import type { NewEvent } from '../../src/events/domain-event.js';
import { recordEvents } from '../../src/events/record-events.js';
import { lockUsers } from '../../src/users/lock-users.js';

const LIMITS = { statementTimeoutMs: 10_000 };

/** Writes an event of each of these users as a settlement does: in its transaction, under the users' locks. */
export async function happen(
  database: Database,
  userIds: readonly string[],
  data: Partial<NewEvent<'kakao.share.recorded'>['data']> = {},
): Promise<void> {
  await database.transaction(LIMITS, async (tx) => {
    const refs = await lockUsers(
      tx,
      userIds.map((userId) => ({ app: 'default', userId })),
    );
    const events = userIds.map((userId): NewEvent => ({
      type: 'kakao.share.recorded',
      app: 'default',
      userRef: refs.byName.get(JSON.stringify(['default', userId])),
      occurredAt: new Date(),
      data: { deliveryId: newId(), app: 'default', verdict: 'rewarded', ...data },
    }));
    await recordEvents(tx, events);
  });
}
