import type { AccountName } from '../ledger/account.js';

/** Whose points, of which unit. */
export interface Holder {
  readonly app: string;
  readonly unit: string;
  readonly userRef: string;
}

/** What the holder can spend. */
export function availableTo({ app, unit, userRef }: Holder): AccountName {
  return { app, unit, owner: { kind: 'user_available', userRef } };
}

/** What was earned and is held back. */
export function pendingFor({ app, unit, userRef }: Holder): AccountName {
  return { app, unit, owner: { kind: 'user_pending', userRef } };
}

/** The world outside, as the books of the holder's app see it. */
export function outside(
  kind: 'redeemed' | 'expired' | 'adjustment',
  { app, unit }: Holder,
): AccountName {
  return { app, unit, owner: { kind } };
}

/** One text per holder. */
export function holderKey({ app, unit, userRef }: Holder): string {
  return `${app}/${unit}/${userRef}`;
}
