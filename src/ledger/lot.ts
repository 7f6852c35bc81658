/** Points that were credited together, to be spent or to expire as one. */
export interface Lot {
  readonly id: string;
  readonly accountId: string;
  /** The transfer that made it. */
  readonly transferId: string;
  readonly amount: number;
  readonly remaining: number;
  /** Undefined: never. */
  readonly expiresAt: Date | undefined;
}

/** What a transfer took from a lot; negative where it gave it back. */
export interface LotUse {
  readonly lotId: string;
  readonly transferId: string;
  readonly amount: number;
}

/** The lots that are known when transfers begin, and what the redemptions that are reversed had taken. */
export interface KnownLots {
  readonly lots: readonly Lot[];
  readonly usesOfReversed: readonly LotUse[];
}

/** What became of the lots. */
export interface LotChanges {
  readonly created: readonly Lot[];
  readonly changed: readonly Lot[];
  readonly uses: readonly LotUse[];
}

/** The recorded order in which points are spent: what expires first, of equal ones what came first. */
export function firstExpiringFirst(a: Lot, b: Lot): number {
  const earlier = (a.expiresAt?.getTime() ?? Infinity) - (b.expiresAt?.getTime() ?? Infinity);
  if (earlier !== 0 && !Number.isNaN(earlier)) return earlier;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
