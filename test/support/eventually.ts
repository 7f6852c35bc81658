import { setTimeout as pause } from 'node:timers/promises';

/** Waits until what must come true is true: repeats the check until it does not throw. */
export async function eventually<T>(check: () => Promise<T> | T, limitMs = 15_000): Promise<T> {
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
