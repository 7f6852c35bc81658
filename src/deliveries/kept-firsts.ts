import { keyOf, type Delivery } from './delivery.js';

/** Each takes some hundred bytes: a few MB at the most. */
const MAX_REMEMBERED = 10_000;

/**
 * Which delivery of a resource id this process kept first while the database did not commit. That one gets the row, so it is what
 * a repeat behind it is answered with. Whoever is forgotten, or was kept by another process, is not known as the first.
 */
export class KeptFirsts {
  readonly #ids = new Map<string, string>();

  constructor(private readonly most = MAX_REMEMBERED) {}

  /** Of a delivery that is on the disk, in the order of writing. @returns the id of the first; its own when it is that */
  idFor(delivery: Pick<Delivery, 'id' | 'resourceId' | 'app' | 'source'>): string {
    if (delivery.resourceId === undefined) return delivery.id;
    const key = keyOf(delivery);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, delivery.id);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > this.most && oldest !== undefined) this.#ids.delete(oldest);
    return delivery.id;
  }
}
