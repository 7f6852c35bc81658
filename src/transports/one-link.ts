/** One link to the other side for all calls: opened when it is first needed, and again by the next call after it was lost. */
export class OneLink<Link> {
  #opening: Promise<Link> | undefined;

  /** @param openLink is told whom to call when the link can no longer be used; it may do so more than once */
  constructor(private readonly openLink: (onLost: () => void) => Promise<Link>) {}

  /** The link that stands, or a new one. @throws what opening it throws; the next call tries again */
  open(): Promise<Link> {
    if (this.#opening !== undefined) return this.#opening;
    const forget = (): void => {
      if (this.#opening === opening) this.#opening = undefined;
    };
    const opening = this.openLink(forget);
    this.#opening = opening;
    opening.catch(forget);
    return opening;
  }

  /** The link that stands or is being opened, if there is one. */
  async current(): Promise<Link | undefined> {
    try {
      return await this.#opening;
    } catch {
      return undefined;
    }
  }
}
