import type { Database } from '../database/database.js';
import { readKeyUses } from '../keys/read-key-uses.js';
import { readUnknownKeys } from '../keys/read-unknown-keys.js';
import type { GaugeReading } from './gauge-source.js';

/** Those used last; more than an operator turns over in years, and few for a page that is read every few seconds. */
const MAX_KEYS = 100;

/** When admin keys were last used, and what comes with keys that no app has. By fingerprint: a key is shown nowhere. */
export async function readKeys(database: Database): Promise<GaugeReading[]> {
  const uses = await readKeyUses(database, undefined);
  const unknown = await readUnknownKeys(database, undefined);
  return [
    {
      name: 'kakao_share_key_last_used_timestamp_seconds',
      help: 'When a webhook last came with this admin key, in seconds since 1970.',
      value: uses.slice(0, MAX_KEYS).flatMap(({ app, fingerprint, lastUsedAt }) => {
        if (lastUsedAt === null) return [];
        return [{ labels: { app, fingerprint }, value: lastUsedAt.getTime() / 1_000 }];
      }),
    },
    {
      name: 'kakao_share_unknown_keys',
      help: 'Keys that no app had when requests in the shape of Kakao’s came with them.',
      value: unknown.length,
    },
    {
      name: 'kakao_share_unknown_key_requests',
      help: 'Requests that are kept for these keys.',
      value: unknown.reduce((sum, { kept }) => sum + kept, 0),
    },
  ];
}
