import { CHAT_TYPES } from '../kakao/chat-types.js';
import type { Database } from '../database/database.js';
import { completeRules } from './complete-rules.js';
import { createCampaign } from './create-campaign.js';

const LIMITS = { statementTimeoutMs: 10_000 };
const STARTS_AT = '2020-01-01T00:00:00+09:00';

/** Gives each app that has no campaign one that pays for any share, so that a developer's first share pays. */
export async function ensureDevelopmentCampaigns(
  database: Database,
  apps: readonly string[],
): Promise<void> {
  await database.transaction(LIMITS, async (tx) => {
    const known = new Set(
      (
        await tx.query<{ app: string }>(
          'SELECT DISTINCT app FROM kakao_share.campaigns WHERE app = ANY($1)',
          [apps],
        )
      ).map(({ app }) => app),
    );
    for (const app of apps.filter((name) => !known.has(name))) {
      await createCampaign(tx, {
        app,
        name: 'Development: every share pays',
        unit: 'point',
        state: 'live',
        actor: 'development',
        effectiveFrom: new Date(STARTS_AT),
        rules: completeRules({
          startsAt: STARTS_AT,
          mode: 'compat',
          chatTypes: CHAT_TYPES,
          amount: 100,
          intent: {
            pays: 'once-per-room',
            atMost: null,
            lifetimeMinutes: 24 * 60,
            maxOpenPerUser: 1_000,
          },
          caps: { perUserPerDay: null, perUser: null, perUserAndRoomPerDay: 1, unlimited: true },
          unverifiedCaps: { perUserPerDay: 1_000, perUser: null },
        }),
      });
    }
  });
}
