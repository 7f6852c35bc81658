import type { Queryable } from '../database/database.js';
import { BOOK_RULES } from './book-rules.js';
import { REWARD_RULES } from './reward-rules.js';
import { TRANSFER_RULES } from './transfer-rules.js';

/** One rule of the books, and whether it holds. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const OFFENDERS_SHOWN = 5;

/** Verifies the books from scratch: reads everything, trusts no copied total. */
export async function verifyLedger(
  queryable: Queryable,
): Promise<{ ok: boolean; checks: Check[] }> {
  const checks: Check[] = [];
  for (const { name, rule, offenders } of [...BOOK_RULES, ...TRANSFER_RULES, ...REWARD_RULES]) {
    // Materialized: a LIMIT of its own would have the planner expect offenders at once and walk large books row by row, for hours.
    const rows = await queryable.query<{ offender: string }>(
      `WITH offenders AS MATERIALIZED (${offenders}) SELECT offender FROM offenders LIMIT ${OFFENDERS_SHOWN + 1}`,
    );
    const shown = rows.slice(0, OFFENDERS_SHOWN).map(({ offender }) => offender);
    const more = rows.length > OFFENDERS_SHOWN ? ' and more' : '';
    checks.push({
      name,
      ok: rows.length === 0,
      detail: rows.length === 0 ? rule : `not so: ${rule}; look at ${shown.join(', ')}${more}`,
    });
  }
  return { ok: checks.every(({ ok }) => ok), checks };
}
