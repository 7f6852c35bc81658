const ROWS = 4;
const CELLS = 4_096;
/**
 * As many as a row has cells: keys that come once each have then lifted most of their cells to 1 and hardly any to 2, so what
 * they add to a newcomer's count stays below 2, however many come.
 */
const HALVE_AFTER_ADDS = CELLS;

/**
 * About how often each of any number of keys was seen lately, in 64 KiB; too many only by the strangers that share its cells. So
 * a key that is crowded out is not forgotten at once, and comes in again when it is seen more often than others. Lately is some
 * thousand requests of any keys: who remembers longer, in as little, takes a flood of strangers for old acquaintances.
 */
export class HitSketch {
  readonly #counts = Array.from({ length: ROWS }, () => new Uint32Array(CELLS));
  #addsSinceHalved = 0;

  /** @param proof 16 bytes of a digest; @returns how often it was seen, this time included */
  add(proof: Buffer): number {
    const cells = this.#counts.map((_, row) => proof.readUInt32LE(4 * row) % CELLS);
    const seen = Math.min(...this.#counts.map((row, index) => row[cells[index] ?? 0] ?? 0)) + 1;
    // Only the smallest ones grow: that leaves the least of others in it.
    this.#counts.forEach((row, index) => {
      const cell = cells[index] ?? 0;
      row[cell] = Math.max(row[cell] ?? 0, seen);
    });
    if (++this.#addsSinceHalved >= HALVE_AFTER_ADDS) this.halve();
    return seen;
  }

  /** Lets half of everything fade. */
  halve(): void {
    this.#addsSinceHalved = 0;
    for (const row of this.#counts) row.forEach((count, cell) => (row[cell] = count >>> 1));
  }
}
