import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

const TICK_MS = 10;
const LOOK_EVERY_MS = 50;
/** In a thread of its own, so that an event loop which is kept busy stops it no more than a watch on the wall. */
const COUNT_TICKS = `
  const ticks = new Int32Array(require('node:worker_threads').workerData);
  setInterval(() => Atomics.add(ticks, 0, 1), ${TICK_MS});`;

/** A watch that stands while the machine does: for promises of a time, which nobody keeps who is not let work. */
export interface AwakeClock {
  /** Since the start, to some 10 ms; never more than has passed. */
  nowMs(): number;
  stop(): Promise<void>;
}

export async function startAwakeClock(): Promise<AwakeClock> {
  const ticks = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(COUNT_TICKS, { eval: true, workerData: ticks.buffer });
  await once(worker, 'online');
  return {
    nowMs: () => Atomics.load(ticks, 0) * TICK_MS,
    async stop() {
      await worker.terminate();
    },
  };
}

/** Gives what comes within so much time of the clock. @throws when it has not come by then */
export async function withinAwake<T>(limitMs: number, coming: Promise<T>): Promise<T> {
  const clock = await startAwakeClock();
  let isOver = false;
  const tooLate = async (): Promise<never> => {
    while (clock.nowMs() < limitMs && !isOver) await pause(LOOK_EVERY_MS);
    throw new Error(`It took longer than ${limitMs} ms.`);
  };
  try {
    return await Promise.race([coming, tooLate()]);
  } finally {
    isOver = true;
    await clock.stop();
  }
}
