import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until what must come true is true: repeats the check until it does not throw. The limit is only for what never comes
 * true: a machine that is busy may take its time.
 */
export async function eventually<T>(check: () => Promise<T> | T, limitMs = 40_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(20);
    }
  }
}
