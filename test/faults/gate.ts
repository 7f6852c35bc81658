import pg from 'pg';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';

/** One statement on one table, as the place where a process is to be held. */
export interface Step {
  readonly table: string;
  readonly on: 'INSERT' | 'UPDATE' | 'DELETE';
  /** Holds for rows of which this is true, e.g. `NEW.queue = 'domain-events'`. */
  readonly where?: string;
  /** Holds not at the statement but within the COMMIT of its transaction. */
  readonly atCommit?: boolean;
}

const REACHED_LIMIT_MS = 60_000;

/**
 * Holds whoever comes to a step, with a lock that only this gate gives back. Everybody else passes.
 * `untilReached` is the proof that somebody stands there: Postgres itself says who waits for whom.
 */
export class Gate {
  private constructor(
    private readonly holder: pg.Client,
    private readonly pid: number,
    private readonly remove: string,
  ) {}

  static async close(db: Pick<TestDatabase, 'url'>, step: Step): Promise<Gate> {
    const holder = await connect(db.url);
    const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid ?? 0;
    const name = `gate_${pid}`;
    const timing = step.atCommit === true ? 'AFTER' : 'BEFORE';
    await holder.query(`
      SELECT pg_advisory_lock(${pid});
      CREATE FUNCTION public.${name}() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(${pid});
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
      END $$;
      CREATE ${step.atCommit === true ? 'CONSTRAINT' : ''} TRIGGER a_${name} ${timing} ${step.on} ON ${step.table}
        ${step.atCommit === true ? 'DEFERRABLE INITIALLY DEFERRED' : ''}
        FOR EACH ROW ${step.where === undefined ? '' : `WHEN (${step.where})`} EXECUTE FUNCTION public.${name}()`);
    return new Gate(holder, pid, `DROP FUNCTION public.${name}() CASCADE`);
  }

  /** Holds whoever wants what this statement locks. */
  static async lock(db: Pick<TestDatabase, 'url'>, statement: string): Promise<Gate> {
    const holder = await connect(db.url);
    const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await holder.query(`BEGIN; ${statement}`);
    return new Gate(holder, rows[0]?.pid ?? 0, 'SELECT 1');
  }

  /** Waits until this statement waits here. @throws when it did not come: then the test would show nothing */
  async untilReached(statement: RegExp, limitMs = REACHED_LIMIT_MS): Promise<void> {
    await eventually(async () => {
      const waiting = await this.waiting();
      if (waiting.some((one) => statement.test(one))) return;
      throw new Error(
        `The step ${String(statement)} was not reached: ${waiting.join() || 'nobody'} waits.`,
      );
    }, limitMs);
  }

  /** The statements that wait at this gate. */
  async waiting(): Promise<string[]> {
    // Within a transaction Postgres goes on showing the sessions as they were at the first look.
    await this.holder.query('SELECT pg_stat_clear_snapshot()');
    const { rows } = await this.holder.query<{ query: string }>(
      `SELECT query FROM pg_stat_activity
       WHERE state = 'active' AND wait_event_type = 'Lock' AND ${this.pid} = ANY(pg_blocking_pids(pid))`,
    );
    return rows.map(({ query }) => query);
  }

  /** Ends the sessions that wait here, as the server does with those of a machine that is gone. */
  async endWaiting(): Promise<void> {
    await this.holder.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE ${this.pid} = ANY(pg_blocking_pids(pid))`,
    );
  }

  /** Lets pass who waits here, and everybody who comes. Touches no table, so whoever holds one can stay frozen. */
  async letPass(): Promise<void> {
    await this.holder.query('ROLLBACK; SELECT pg_advisory_unlock_all()');
  }

  /** Lets everybody pass and takes the gate away. */
  async open(): Promise<void> {
    await this.letPass();
    await this.holder.query(this.remove);
    await this.holder.end();
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'the test' });
  // A database that is dropped or stopped ends this session too.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
