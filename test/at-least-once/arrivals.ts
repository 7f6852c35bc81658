import type { ShareEvent } from '../../src/events/domain-event.js';
import { eventually } from '../support/eventually.js';

/** What a consumer was told, in the order of arrival. */
export class Arrivals {
  readonly events: ShareEvent[] = [];
  readonly #ids = new Set<string>();

  /** How many different events arrived. */
  get distinct(): number {
    return this.#ids.size;
  }

  add(event: ShareEvent): void {
    this.events.push(event);
    this.#ids.add(event.id);
  }

  async untilDistinct(count: number, limitMs: number): Promise<void> {
    await eventually(() => {
      if (this.distinct < count) throw new Error(`${this.distinct} of ${count} events arrived`);
    }, limitMs);
  }
}
