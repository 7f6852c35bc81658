// What the other examples do with an event: a wallet is credited once per reward, in a Postgres of the consumer's own, and one line
// is printed per event. DATABASE_URL names the database; without it events are only printed.
import pg from 'pg';
import { createInboxTable, handleOnce } from 'nestjs-kakao-share/consumer';

const WALLETS =
  'CREATE TABLE IF NOT EXISTS example_wallets (user_id text PRIMARY KEY, points bigint NOT NULL)';

/** @param consumer whose effect it is: the same event may have another effect for another consumer */
export async function openWallet(databaseUrl, consumer) {
  if (databaseUrl === undefined)
    return { handle: async (event) => print(event), close: async () => undefined };
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 5 });
  pool.on('error', (error) => console.error(`The database is in trouble: ${error.message}`));
  await createInboxTable(pool);
  await pool.query(WALLETS);
  return {
    /** Throws where the event could not be handled: it must come again. */
    async handle(event) {
      const tx = await pool.connect();
      let failure;
      try {
        await tx.query('BEGIN');
        // The record that the event was handled and what it does are committed together, or neither is.
        const isFirst = await handleOnce(tx, { consumer, event }, () => credit(tx, event));
        await tx.query('COMMIT');
        print(event, isFirst ? '' : ' (again: nothing to do)');
      } catch (error) {
        failure = error;
        await tx.query('ROLLBACK').catch(() => undefined);
        throw error;
      } finally {
        tx.release(failure);
      }
    },
    close: () => pool.end(),
  };
}

async function credit(tx, event) {
  // A newer service may send types that this consumer does not know: they are not its business.
  if (event.type !== 'reward.credited' || event.subject === undefined) return;
  await tx.query(
    `INSERT INTO example_wallets AS w (user_id, points) VALUES ($1, $2)
     ON CONFLICT (user_id) DO UPDATE SET points = w.points + excluded.points`,
    [event.subject, event.data.amount],
  );
}

function print(event, remark = '') {
  console.log(`${event.type} ${event.subject ?? '-'} ${event.id}${remark}`);
}
