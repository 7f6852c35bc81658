import type { LookupAddress } from 'node:dns';

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** Others' names were being looked up all the time: this one's turn never came. */
export class LookupOverdueError extends Error {
  readonly code = 'KAKAO_SHARE_LOOKUP_OVERDUE';
  override readonly name = 'LookupOverdueError';
  constructor(waitLimitMs: number) {
    super(
      `its host was not looked up within ${waitLimitMs} ms, because others' name servers are silent: pause the endpoints that fail`,
    );
  }
}

/** Looks a name up once for all who wait for it at the moment. */
export function shareLookups(resolve: Resolve): Resolve {
  const underWay = new Map<string, ReturnType<Resolve>>();
  return (hostname) => {
    const known = underWay.get(hostname);
    if (known !== undefined) return known;
    const lookup = resolve(hostname).finally(() => underWay.delete(hostname));
    underWay.set(hostname, lookup);
    return lookup;
  };
}

/**
 * Looks up so many names at a time; the others wait their turn, first come first served, and none longer than the limit.
 * @throws {LookupOverdueError} when the turn did not come
 */
export function boundLookups(resolve: Resolve, most: number, waitLimitMs: number): Resolve {
  const waiting = new Set<() => void>();
  let running = 0;
  const turn = (): Promise<void> =>
    new Promise((begin, giveUp) => {
      const mine = (): void => {
        clearTimeout(overdue);
        waiting.delete(mine);
        begin();
      };
      const overdue = setTimeout(() => {
        waiting.delete(mine);
        giveUp(new LookupOverdueError(waitLimitMs));
      }, waitLimitMs);
      waiting.add(mine);
    });
  return async (hostname) => {
    // Who ends hands its place on, so that nobody who comes now gets before those who wait.
    if (running < most) running++;
    else await turn();
    try {
      return await resolve(hostname);
    } finally {
      const [next] = waiting;
      if (next === undefined) running--;
      else next();
    }
  };
}
