import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const BEAT_MS = 100;
/** A beat that is later than this was held up by the machine: by its scheduler, its disk, or a collection of garbage. */
const USUAL_MS = 250;

interface Standstill {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Takes the pulse of the machine: wakes up, and flushes a few bytes to its disk. Who judges how fast somebody answers takes off what
 * the machine stood still for everybody; a service that is slow by itself does not slow the pulse.
 */
export class Pulse {
  readonly #standstills: Standstill[] = [];
  readonly #beating: Promise<void>;
  #lastMs = performance.now();
  #stopping = false;

  private constructor(
    private readonly folder: string,
    private readonly file: FileHandle,
  ) {
    this.#beating = this.#beat();
  }

  static async start(): Promise<Pulse> {
    const folder = await mkdtemp(path.join(tmpdir(), 'kakao-share-pulse-'));
    return new Pulse(folder, await open(path.join(folder, 'beat'), 'w'));
  }

  /** For how long of this time the machine stood still, ms. By default until now. */
  lostSince(fromMs: number, untilMs = performance.now()): number {
    return this.#standstillsUntil(untilMs)
      .map((one) => Math.min(untilMs, one.untilMs) - Math.max(fromMs, one.fromMs))
      .reduce((sum, lostMs) => sum + Math.max(0, lostMs), 0);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#beating;
    await this.file.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Whoever asks before a late beat is over learns of it too. */
  #standstillsUntil(nowMs: number): Standstill[] {
    return [...this.#standstills, ...standstillOf(this.#lastMs, nowMs)];
  }

  async #beat(): Promise<void> {
    while (!this.#stopping) {
      await pause(BEAT_MS);
      await this.file.write(Buffer.alloc(1), 0, 1, 0);
      await this.file.sync();
      const nowMs = performance.now();
      this.#standstills.push(...standstillOf(this.#lastMs, nowMs));
      this.#lastMs = nowMs;
    }
  }
}

function standstillOf(lastMs: number, nowMs: number): Standstill[] {
  const fromMs = lastMs + BEAT_MS;
  return nowMs - fromMs > USUAL_MS ? [{ fromMs, untilMs: nowMs }] : [];
}
