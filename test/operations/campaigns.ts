import type { TestDatabase } from '../support/test-database.js';
import type { ApiAnswer, TestService } from '../support/test-service.js';
import type { Problem } from './management.js';

/** A campaign as the API shows it. */
export interface CampaignBody {
  readonly id: string;
  readonly app: string;
  readonly name: string;
  readonly unit: string;
  readonly state: string;
  readonly version: number;
  readonly effectiveFrom: string;
  readonly killedAt: string | null;
  readonly budget: {
    readonly amount: number | null;
    readonly spent: number;
    readonly remaining: number | null;
  };
  readonly rules: Record<string, unknown>;
}

/** What a request about a campaign is answered. */
export type CampaignAnswer = ApiAnswer<CampaignBody & Problem>;

/** The least that makes a campaign which can be live. */
export const RULES = {
  startsAt: '2026-01-01T00:00:00+09:00',
  amount: 100,
  caps: { perUserPerDay: 3 },
};

/** The same in compat mode. */
export const COMPAT_RULES = { ...RULES, mode: 'compat', unverifiedCaps: { perUserPerDay: 1 } };

let priority = 0;
/** Rules that tie with no other campaign. */
export const apart = (rules: object = {}): object => ({ ...RULES, priority: ++priority, ...rules });

export async function ask<Body = CampaignBody & Problem>(
  service: TestService,
  method: 'POST' | 'PUT' | 'GET',
  path: string,
  body?: object,
): Promise<ApiAnswer<Body>> {
  return service.api<Body>(`/v1/campaigns${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Creates a campaign over HTTP. */
export async function create(
  service: TestService,
  campaign: { app?: string; name?: string; unit?: string; state?: string; rules?: object } = {},
): Promise<CampaignBody> {
  const answer = await ask(service, 'POST', '', { name: 'Autumn', rules: apart(), ...campaign });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer));
  return answer.body;
}

/** Everything that a change could have written. */
export async function everythingSaved(db: TestDatabase): Promise<unknown> {
  return Promise.all(
    [
      'SELECT * FROM kakao_share.campaigns ORDER BY id',
      'SELECT * FROM kakao_share.campaign_versions ORDER BY campaign_id, version',
      'SELECT * FROM kakao_share.accounts ORDER BY id',
      'SELECT * FROM kakao_share.audit ORDER BY id',
    ].map((sql) => db.rows(sql)),
  );
}
