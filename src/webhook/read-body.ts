import type { IncomingMessage } from 'node:http';

/** A body that is over the limit, or that does not arrive in time. */
export type BodyFault = 'too-large' | 'too-slow' | 'broken-off';

/** Reads a request's body as it is: nothing decoded, nothing inflated. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  limitMs: number,
): Promise<Buffer | BodyFault> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too-large';
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: Buffer | BodyFault): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) finish('too-large');
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      finish(Buffer.concat(chunks, bytes));
    };
    const onBroken = (): void => {
      finish('broken-off');
    };
    const timer = setTimeout(() => {
      finish('too-slow');
    }, limitMs);
    request.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
  });
}
