import type { Queryable } from '../database/database.js';
import type { KakaoKeyRing, KeyHolder } from '../kakao/key-ring.js';

/** More than anybody has used in years; the ones used longest ago are left out. */
const MAX_SHOWN = 1_000;

/** A key, and when it was used. */
export interface KeyStanding extends KeyHolder {
  /** In this process, at this moment. */
  readonly inForce: boolean;
  readonly firstUsedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

interface UseRow {
  readonly app: string;
  readonly fingerprint: string;
  readonly first_used_at: Date;
  readonly last_used_at: Date;
}

/** Every key that is in force or was ever used, of these apps or of all: those in force first, then by last use. */
export async function readKeyUses(
  queryable: Queryable,
  ring: Pick<KakaoKeyRing, 'holders'> | undefined,
  apps?: readonly string[],
): Promise<KeyStanding[]> {
  const rows = await queryable.query<UseRow>(
    `SELECT app, fingerprint, first_used_at, last_used_at FROM kakao_share.key_uses
     WHERE $1::text[] IS NULL OR app = ANY($1) ORDER BY last_used_at DESC LIMIT ${MAX_SHOWN}`,
    [apps ?? null],
  );
  const inForce = (ring?.holders ?? []).filter(({ app }) => apps?.includes(app) !== false);
  const isSame = (one: KeyHolder, other: KeyHolder): boolean =>
    one.app === other.app && one.fingerprint === other.fingerprint;
  const show = (holder: KeyHolder, isInForce: boolean): KeyStanding => {
    const use = rows.find((row) => isSame(row, holder));
    return {
      ...{ app: holder.app, fingerprint: holder.fingerprint, inForce: isInForce },
      firstUsedAt: use?.first_used_at ?? null,
      lastUsedAt: use?.last_used_at ?? null,
    };
  };
  const gone = rows.filter((row) => !inForce.some((holder) => isSame(row, holder)));
  return [...inForce.map((holder) => show(holder, true)), ...gone.map((row) => show(row, false))];
}
