/** Whether the process still wants work. Turned off first when it stops, so that load balancers look elsewhere. */
export class Readiness {
  #draining = false;

  get isDraining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
  }
}
