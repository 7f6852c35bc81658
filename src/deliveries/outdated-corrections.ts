import type { Transaction } from '../database/database.js';
import { namesUser } from '../kakao/share-webhook.js';

/** A person as deliveries name one, and by our surrogate id. */
export interface NamedUser {
  readonly app: string;
  readonly userId: string;
  readonly userRef: string;
}

interface ReceivedRow {
  readonly id: string;
  readonly user_parameter: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly query: Buffer;
  readonly body: Buffer;
}

/** Of these deliveries those that name a person in nothing but corrections that do not count any more: they are somebody else's. */
export async function findMisread(
  tx: Transaction,
  deliveryIds: readonly string[],
  { app, userId, userRef }: NamedUser,
): Promise<string[]> {
  const rows = await tx.query<ReceivedRow>(
    `SELECT d.id, d.user_parameter, d.method, d.headers, d.query, d.body FROM kakao_share.deliveries d
     LEFT JOIN LATERAL (SELECT app, user_id FROM kakao_share.delivery_corrections
                        WHERE delivery_id = d.id ORDER BY number DESC LIMIT 1) c ON true
     WHERE d.id = ANY($1) AND d.query IS NOT NULL AND d.body IS NOT NULL
       AND (d.app, d.user_id) IS DISTINCT FROM ($2, $3)
       AND (coalesce(c.app, d.app), c.user_id) IS DISTINCT FROM ($2, $3)
       AND NOT EXISTS (SELECT FROM kakao_share.shares s WHERE s.id = d.id AND s.user_ref = $4)`,
    [deliveryIds, app, userId, userRef],
  );
  return rows.filter((row) => !isNamed(row, userId)).map(({ id }) => id);
}

function isNamed({ headers, user_parameter, ...received }: ReceivedRow, userId: string): boolean {
  const raw = {
    ...received,
    contentType: headers?.['content-type'],
    contentEncoding: headers?.['content-encoding'],
  };
  return namesUser(raw, user_parameter, userId);
}

/** Keeps of the corrections that name a person that there were some. */
export async function blankCorrections(
  tx: Transaction,
  deliveryIds: readonly string[],
  userId: string,
): Promise<void> {
  await tx.query(
    `UPDATE kakao_share.delivery_corrections SET fields = NULL, user_id = NULL
     WHERE delivery_id = ANY($1) AND user_id = $2`,
    [deliveryIds, userId],
  );
}
