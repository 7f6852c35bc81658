import { setTimeout as pause } from 'node:timers/promises';

const STEP_MS = 50;

/**
 * Gives what comes within so much time that this process was awake. A machine that is busy may let it sleep for seconds, and whoever
 * serves in the same process sleeps as well: each such sleep counts as one step.
 * @throws when it has not come by then
 */
export async function withinAwake<T>(limitMs: number, coming: Promise<T>): Promise<T> {
  let isOver = false;
  const tooLate = async (): Promise<never> => {
    for (let passedMs = 0; passedMs < limitMs && !isOver; passedMs += STEP_MS) await pause(STEP_MS);
    throw new Error(`It took longer than ${limitMs} ms.`);
  };
  try {
    return await Promise.race([coming, tooLate()]);
  } finally {
    isOver = true;
  }
}
