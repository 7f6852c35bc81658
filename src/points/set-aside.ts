/** Long enough that others get their turn and the log stays readable; short enough for whoever waits for points. */
export const SET_ASIDE_MS = 5 * 60_000;
/** More users than can fail without a fault that fails all. */
const MAX_SET_ASIDE = 1_000;

/** Users for whom something failed, left alone for a while so that others do not wait behind them. */
export class SetAside {
  /** Until when, in the order in which they failed. */
  readonly #until = new Map<string, number>();

  add(userRef: string, now: Date): void {
    const [longest] = this.#until.keys();
    if (this.#until.size >= MAX_SET_ASIDE && longest !== undefined) this.#until.delete(longest);
    this.#until.delete(userRef);
    this.#until.set(userRef, now.getTime() + SET_ASIDE_MS);
  }

  /** Who is left alone now; the others are forgotten. */
  at(now: Date): string[] {
    for (const [userRef, until] of this.#until)
      if (until <= now.getTime()) this.#until.delete(userRef);
    return [...this.#until.keys()];
  }
}
