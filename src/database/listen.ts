import type { Client } from 'pg';
import { connectBesidePool } from './beside-pool.js';
import { ignoreError } from './connection.js';
import type { Database } from './database.js';

/** A connection that was lost without a word is noticed this late. */
const PROBE_EVERY_MS = 15_000;
const ANSWER_LIMIT_MS = 5_000;

/**
 * Hears what is notified on a channel, on a connection that it keeps until `signal` is aborted: one beside the data source's pool,
 * which may be as small as its owner likes. Notifications reach nobody through
 * a proxy that pools transactions.
 * @param onNotification called with undefined as soon as it listens: what was notified before was missed
 * @throws when the connection is lost
 */
export async function listen(
  database: Database,
  channel: string,
  signal: AbortSignal,
  onNotification: (payload: string | undefined) => void,
): Promise<void> {
  const client = await connectBesidePool(database);
  client.on('notification', ({ payload }) => {
    onNotification(payload ?? '');
  });
  try {
    await ask(client, `LISTEN ${channel}`);
    onNotification(undefined);
    await probeUntilAborted(client, signal);
  } finally {
    void client.end().catch(ignoreError);
  }
}

async function ask(client: Client, text: string): Promise<void> {
  await client.query({ text, query_timeout: ANSWER_LIMIT_MS } as { text: string });
}

async function probeUntilAborted(client: Client, signal: AbortSignal): Promise<void> {
  let endRest: () => void = () => undefined;
  const onEnd = (): void => {
    endRest();
  };
  client.on('end', onEnd);
  signal.addEventListener('abort', onEnd);
  try {
    while (!signal.aborted) {
      await ask(client, 'SELECT 1');
      await new Promise<void>((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        const timer = setTimeout(resolve, PROBE_EVERY_MS);
        endRest = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    client.off('end', onEnd);
    signal.removeEventListener('abort', onEnd);
  }
}
