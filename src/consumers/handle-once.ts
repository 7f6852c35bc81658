import { postgresCode, selectNumber, type ConsumerConnection } from './consumer-connection.js';
import { inboxTableName, type InboxTable } from './inbox-table.js';

/** Whose effect of which event is to happen once. */
export interface Handling extends InboxTable {
  /** Who handles it: each consumer name has its own effect of an event. Keep it when you rename your code. */
  readonly consumer: string;
  readonly event: { readonly id: string };
}

/** There is no transaction that could hold the effect and its record together. */
export class InboxTransactionError extends Error {
  readonly code = 'KAKAO_SHARE_INBOX_TRANSACTION';
  override readonly name = 'InboxTransactionError';
}

/** The inbox has no table. */
export class InboxTableError extends Error {
  readonly code = 'KAKAO_SHARE_INBOX_TABLE';
  override readonly name = 'InboxTableError';
}

const NO_TRANSACTION = '25P01';
const NO_TABLE = '42P01';

/**
 * Makes an effect happen once for each consumer and event, however often the event comes. The record of it is written in the
 * transaction that you began, so that both are committed or neither; write the effect through the same connection. Of two at
 * the same time the second waits until the first has committed or rolled back, within your `lock_timeout`.
 *
 * ```ts
 * await dataSource.transaction((tx) =>
 *   handleOnce(tx, { consumer: 'wallet', event }, () => tx.query('UPDATE wallets SET …')),
 * );
 * ```
 *
 * An effect that throws is undone back to before this call, and its error is thrown on: nothing is recorded, whatever you do
 * then. What it did elsewhere, say a mail, cannot be undone: do that after the commit, or so that twice does no harm.
 * One after another on one connection: calls that run at the same time there would undo each other's effects.
 * Under REPEATABLE READ or SERIALIZABLE the second of two fails with 40001 rather than doing nothing: repeat its transaction.
 * @returns whether the effect ran; false: it has happened before
 * @throws {InboxTransactionError} `tx` is in no transaction, e.g. a pool
 * @throws {InboxTableError} `createInboxTable` was not called
 */
export async function handleOnce(
  tx: ConsumerConnection,
  { consumer, event, ...where }: Handling,
  effect: () => unknown,
): Promise<boolean> {
  const name = inboxTableName(where);
  await setSavepoint(tx);
  try {
    const isFirst = await record(tx, name, consumer, event.id);
    if (isFirst) await effect();
    await tx.query('RELEASE SAVEPOINT kakao_share_inbox');
    return isFirst;
  } catch (error) {
    await undo(tx);
    throw error;
  }
}

/** Also proves that there is a transaction: outside of one the record would be kept where the effect fails. */
async function setSavepoint(tx: ConsumerConnection): Promise<void> {
  try {
    await tx.query('SAVEPOINT kakao_share_inbox');
  } catch (error) {
    if (postgresCode(error) !== NO_TRANSACTION) throw error;
    throw new InboxTransactionError(
      'handleOnce needs a connection on which you have begun a transaction: a client after BEGIN, or what ' +
        'dataSource.transaction(…) hands you. A pool or a data source is none.',
      { cause: error },
    );
  }
}

async function record(
  tx: ConsumerConnection,
  name: string,
  consumer: string,
  eventId: string,
): Promise<boolean> {
  try {
    const recorded = await selectNumber(
      tx,
      `WITH recorded AS (
         INSERT INTO ${name} (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1)
       SELECT count(*)::int AS recorded FROM recorded`,
      [consumer, eventId],
    );
    return recorded === 1;
  } catch (error) {
    if (postgresCode(error) !== NO_TABLE) throw error;
    throw new InboxTableError(`There is no table ${name}: call createInboxTable once.`, {
      cause: error,
    });
  }
}

/** Where even this fails the connection is lost, and with it the transaction: the effect's error says more. */
async function undo(tx: ConsumerConnection): Promise<void> {
  try {
    await tx.query('ROLLBACK TO SAVEPOINT kakao_share_inbox');
    await tx.query('RELEASE SAVEPOINT kakao_share_inbox');
  } catch {
    return;
  }
}
