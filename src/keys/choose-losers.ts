/** What decides who stays among unknown keys. */
export interface Contender {
  /** Hits that fade, as of when it was last seen. */
  readonly weight: number;
  readonly lastSeenAt: Date;
  readonly firstSeenAt: Date;
  /** Whence it came. */
  readonly network: string;
}

/** Long enough to gather a burst, short enough that last week's strangers weigh nothing. */
export const HALF_LIFE_MS = 3_600_000;

/** What is left of a contender's hits at this time. */
export function weightAt({ weight, lastSeenAt }: Contender, now: Date): number {
  const ageMs = Math.max(0, now.getTime() - lastSeenAt.getTime());
  return weight * 2 ** (-ageMs / HALF_LIFE_MS);
}

/**
 * Who has to go so that no more than `places` stay. The network that holds the most places gives one up, of its own the key
 * that was hit least lately, and among equals the one that came last. So one network with any number of keys, hit however
 * often, cannot push out a key that comes from elsewhere.
 */
export function chooseLosers<Key extends Contender>(
  contenders: readonly Key[],
  places: number,
  now: Date,
): Key[] {
  const staying = new Set(contenders);
  const losers: Key[] = [];
  while (staying.size > places) {
    const loser = leastOf([...staying], now);
    if (loser === undefined) break;
    staying.delete(loser);
    losers.push(loser);
  }
  return losers;
}

function leastOf<Key extends Contender>(staying: readonly Key[], now: Date): Key | undefined {
  const placesOf = new Map<string, number>();
  for (const { network } of staying) placesOf.set(network, (placesOf.get(network) ?? 0) + 1);
  const most = Math.max(...placesOf.values());
  // Each is weighed once: under a flood of keys this runs for every request.
  const [loser] = staying
    .filter(({ network }) => placesOf.get(network) === most)
    .map((key) => ({ key, weight: weightAt(key, now) }))
    .sort(
      (one, other) =>
        one.weight - other.weight ||
        other.key.firstSeenAt.getTime() - one.key.firstSeenAt.getTime(),
    );
  return loser?.key;
}
