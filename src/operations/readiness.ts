/** Whether the process still wants work. Turned off first when it stops, so that load balancers look elsewhere. */
export class Readiness {
  #draining = false;
  readonly #listeners: (() => void)[] = [];

  get isDraining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
    for (const listener of this.#listeners) listener();
  }

  /** For what would hold up stopping. */
  onDrain(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
