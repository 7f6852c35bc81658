const ROWS = 4;
const CELLS = 4_096;

/**
 * About how often each of any number of keys was seen lately, in 64 KiB: never too few, and too many only by what strangers
 * share its cells with. So a key that is crowded out is not forgotten, and comes in again when it is seen more often than others.
 */
export class HitSketch {
  readonly #counts = Array.from({ length: ROWS }, () => new Uint32Array(CELLS));

  /** @param proof 16 bytes of a digest; @returns how often it was seen, this time included */
  add(proof: Buffer): number {
    const cells = this.#counts.map((_, row) => proof.readUInt32LE(4 * row) % CELLS);
    const seen = Math.min(...this.#counts.map((row, index) => row[cells[index] ?? 0] ?? 0)) + 1;
    // Only the smallest ones grow: that leaves the least of others in it.
    this.#counts.forEach((row, index) => {
      const cell = cells[index] ?? 0;
      row[cell] = Math.max(row[cell] ?? 0, seen);
    });
    return seen;
  }

  /** Lets half of everything fade. */
  halve(): void {
    for (const row of this.#counts) row.forEach((count, cell) => (row[cell] = count >>> 1));
  }
}
