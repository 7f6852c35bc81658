import type { Delivery } from './delivery.js';

/** A durable place for the time in which the database does not commit. */
export interface Lifeboat {
  /** Whether it is worth leaving time for: it works, as far as it knows, and has room for so many bytes. */
  takes(bytes: number): boolean;
  /**
   * Resolves once the delivery is flushed to a disk, from where it reaches the database under the same id.
   * @throws when there is no room, when the disk fails, and when it takes longer than `limitMs`
   */
  keep(delivery: Delivery, limitMs: number): Promise<void>;
}
