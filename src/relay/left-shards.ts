/** A newer process takes a shard as soon as it is woken; without one there is nothing to hurry for. */
const LEAVE_MS = 15_000;

/** Shards whose next event is not for this process's version to tell: left to others for a while. */
export class LeftShards {
  readonly #untilMs = new Map<number, number>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  leave(shard: number): void {
    this.#untilMs.set(shard, this.nowMs() + LEAVE_MS);
  }

  get all(): number[] {
    const nowMs = this.nowMs();
    return [...this.#untilMs].flatMap(([shard, untilMs]) => (nowMs < untilMs ? shard : []));
  }
}
