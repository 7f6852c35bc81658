import type { Pool } from 'pg';

/** What we use of a pooled connection. */
export interface Connection {
  query(statement: {
    readonly text: string;
    readonly values?: unknown[];
    /** A server or a network that does not answer at all keeps no limit of its own, ms. */
    readonly query_timeout?: number;
  }): Promise<{ rows: unknown[] }>;
  on(event: 'error', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
}

const watched = new WeakSet<Pool>();

/**
 * An error event that nobody hears ends the process, and Postgres may end a connection at any moment. A pool listens to its
 * idle connections only, and whoever is handed a new one comes too late for an error in the packet that made it ready.
 * What is lost shows at the next statement.
 */
export function watchConnections(pool: Pool | undefined): void {
  if (pool === undefined || watched.has(pool)) return;
  watched.add(pool);
  pool.on('connect', (client) => client.on('error', ignoreError));
}

/** For connections that the pool made before it was watched. */
export function ignoreError(): void {
  // Told by the statement that fails.
}
