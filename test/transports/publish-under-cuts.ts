import { eventually } from '../support/eventually.js';
import type { TcpProxy } from '../support/tcp-proxy.js';

/** Where in what is under way they fall is chance: more of them, more places. */
const LEAST_FAILURES = 5;

/**
 * Publishes again and again while the connection is cut, until that has failed often enough; then once more, in peace.
 * @param everyMs time to connect, and not for all events
 */
export async function publishUnderCuts(
  publish: () => Promise<void>,
  proxy: TcpProxy,
  everyMs: number,
): Promise<void> {
  const cutting = setInterval(() => {
    proxy.cut();
  }, everyMs);
  try {
    let failures = 0;
    // One that gets through between two cuts shows nothing.
    await eventually(async () => {
      await publish().catch(() => failures++);
      expect(failures).toBeGreaterThanOrEqual(LEAST_FAILURES);
    });
  } finally {
    clearInterval(cutting);
  }
  await eventually(publish);
}
