import { setTimeout as pause } from 'node:timers/promises';

const REST_MS = 10;

/**
 * Repeats a step until it is stopped: a consumer that asks again and again, whatever becomes of the other side meanwhile.
 * @returns stops it, and waits for the step under way
 */
export function repeat(step: () => Promise<void>): () => Promise<void> {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await step().catch(() => undefined);
      await pause(REST_MS);
    }
  })();
  return async () => {
    stopping.abort();
    await running;
  };
}
