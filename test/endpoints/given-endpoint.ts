import { Webhook } from 'standardwebhooks';
import { createEndpoint } from '../../src/endpoints/create-endpoint.js';
import { EndpointKeys } from '../../src/endpoints/endpoint-keys.js';
import type { EndpointSettings } from '../../src/endpoints/endpoint.js';
import type { Database, Transaction } from '../../src/database/database.js';
import type { Received } from './receiver.js';

export const MASTER_KEY = 'master-key-of-the-tests-with-48-characters-in-it';
export const KEYS = new EndpointKeys([MASTER_KEY]);
const LIMITS = { statementTimeoutMs: 10_000 };

/** Does something in a transaction. */
export async function inTransaction<T>(
  database: Database,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return database.transaction(LIMITS, work);
}

/** An endpoint that hears of whatever happens from now on. */
export async function givenEndpoint(
  database: Database,
  settings: Partial<EndpointSettings> & { readonly url: string; readonly app?: string },
  keys = KEYS,
): Promise<{ id: string; secret: string }> {
  return inTransaction(database, (tx) =>
    createEndpoint(tx, keys, {
      ...{ app: 'default', types: null, description: null, includesRoomHash: false, actor: 'test' },
      ...settings,
    }),
  );
}

/** What the library of the specification makes of a request; it throws where the signature is not good. */
export function verify(
  secret: string,
  { body, headers }: Pick<Received, 'body' | 'headers'>,
): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

/** The change of an endpoint by the test. */
export const byTest = (
  endpointId: string,
): { endpointId: string; actor: string; reason: string } => ({
  ...{ endpointId, actor: 'test', reason: 'a test' },
});
