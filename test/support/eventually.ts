import { setTimeout as pause } from 'node:timers/promises';

/** Below what a test has, and above what a loaded machine needs for what a poll or a back-off brings after 15 or 30 s. */
const LIMIT_MS = 60_000;

/** Waits until what must come true is true: repeats the check until it does not throw. */
export async function eventually<T>(check: () => Promise<T> | T, limitMs = LIMIT_MS): Promise<T> {
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
