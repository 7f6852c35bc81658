import type { Database } from '../database/database.js';
import type { GaugeReading } from './gauge-source.js';

const LIMITS = { statementTimeoutMs: 1_000 };
/** Beyond that nobody needs the number, and counting takes long. */
const MAX_COUNTED = 10_000;

/** What a person has to look at: deliveries whose current verdict is no end. */
export async function readLeftOver(database: Database): Promise<GaugeReading[]> {
  const countOf = (verdict: string): string =>
    `(SELECT count(*)::integer FROM (SELECT FROM kakao_share.decisions
        WHERE verdict = '${verdict}' AND superseded_at IS NULL LIMIT ${MAX_COUNTED}) d) AS ${verdict}`;
  const [counts] = await database.transaction(LIMITS, (tx) =>
    tx.query<{ quarantined: number; failed: number }>(
      `SELECT ${countOf('quarantined')}, ${countOf('failed')}`,
    ),
  );
  if (counts === undefined) throw new Error('The database counts nothing.');
  return [
    {
      name: 'kakao_share_quarantined_deliveries',
      help: 'Deliveries that are in quarantine now, counted up to 10000.',
      value: counts.quarantined,
    },
    {
      name: 'kakao_share_failed_deliveries',
      help: 'Deliveries that could not be settled after every attempt, counted up to 10000.',
      value: counts.failed,
    },
  ];
}
