/**
 * Whose points they are. A campaign's budget pays; a user's points are pending or available; what was redeemed, expired or
 * adjusted stands against the outside world, one account per app and unit.
 */
export type AccountOwner =
  | { readonly kind: 'campaign_budget'; readonly campaignId: string }
  | { readonly kind: 'user_available' | 'user_pending'; readonly userRef: string }
  | { readonly kind: 'redeemed' | 'expired' | 'adjustment' };

/** An account is named by what it is, not by an id: it comes into being at its first movement. */
export interface AccountName {
  readonly app: string;
  readonly unit: string;
  readonly owner: AccountOwner;
}

/** What a campaign pays from, and gets back. */
export function budgetOf({
  app,
  unit,
  campaignId,
}: {
  readonly app: string;
  readonly unit: string;
  readonly campaignId: string;
}): AccountName {
  return { app, unit, owner: { kind: 'campaign_budget', campaignId } };
}

/** Why points move. */
export type TransferKind =
  | 'reward'
  | 'release'
  | 'void'
  | 'redemption'
  | 'redemption-reversal'
  | 'clawback'
  | 'expiry'
  | 'adjustment';

/** A movement between two accounts that happens once per key, whatever is repeated. */
export interface NewTransfer {
  readonly id: string;
  /** Unique for ever within the app. */
  readonly key: string;
  /** Of what a caller asked for under a key of its own: tells a repetition from another request. */
  readonly digest?: Buffer;
  readonly kind: TransferKind;
  readonly from: AccountName;
  readonly to: AccountName;
  /** A positive integer in the accounts' unit. */
  readonly amount: number;
  readonly occurredAt: Date;
  /** Whose points it moves. */
  readonly userRef: string;
  /** The transfer that it answers. */
  readonly originId?: string;
  readonly actor: string;
  readonly reason?: string;
  /** Until when the points that it makes available can be spent; absent: for ever. */
  readonly lotExpiresAt?: Date;
}

export interface Account {
  readonly id: string;
  readonly balance: number;
  /** What the balance may not go below; null: no floor. */
  readonly floor: number | null;
}

/** The floor that an account comes into being with. A budget gets its own where the campaign has one. */
export function firstFloorOf({ kind }: AccountOwner): number | null {
  return kind === 'user_pending' || kind === 'redeemed' || kind === 'expired' ? 0 : null;
}

/** One line of a transfer: what was added to an account, and its balance then. */
export interface Entry {
  readonly transferId: string;
  readonly accountId: string;
  readonly amount: number;
  readonly balanceAfter: number;
}

/** One text per account, as the database derives it too: `campaign_budget/default/point/<campaign id>`. */
export function accountKey({ app, unit, owner }: AccountName): string {
  return `${owner.kind}/${app}/${unit}/${ownerId(owner) ?? ''}`;
}

function ownerId(owner: AccountOwner): string | undefined {
  if ('userRef' in owner) return owner.userRef;
  return 'campaignId' in owner ? owner.campaignId : undefined;
}
