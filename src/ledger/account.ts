/** Whose money it is. A campaign's budget pays; a user's available points are what it paid. */
export type AccountOwner =
  | { readonly kind: 'campaign_budget'; readonly campaignId: string }
  | { readonly kind: 'user_available'; readonly userRef: string };

/** An account is named by what it is, not by an id: it comes into being at its first movement. */
export interface AccountName {
  readonly app: string;
  readonly unit: string;
  readonly owner: AccountOwner;
}

/** A movement between two accounts that happens once per key, whatever is repeated. */
export interface NewTransfer {
  readonly id: string;
  /** Unique for ever within the app. */
  readonly key: string;
  readonly kind: 'reward';
  readonly from: AccountName;
  readonly to: AccountName;
  /** A positive integer in the accounts' unit. */
  readonly amount: number;
  readonly occurredAt: Date;
}

export interface Account {
  readonly id: string;
  readonly balance: number;
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
  return `${owner.kind}/${app}/${unit}/${'userRef' in owner ? owner.userRef : owner.campaignId}`;
}
