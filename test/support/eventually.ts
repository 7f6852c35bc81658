import { setTimeout as pause } from 'node:timers/promises';

/** A machine that stands still for a while is no fault, and waiting for what is true already costs nothing. */
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
