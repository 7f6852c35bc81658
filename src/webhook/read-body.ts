import type { IncomingMessage } from 'node:http';

/** A body that is over the limit, or that does not arrive in time, or that somebody before us has read. */
export type BodyFault = 'too-large' | 'too-slow' | 'broken-off' | 'read-before';

/** Kakao's whole attachment stays under 10 KiB; six times that is surely not Kakao. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Kakao gives up after 3 s, so a body that takes longer is nobody's. */
export const BODY_TIMEOUT_MS = 2_000;

/** Whoever reads a body before us may have kept its bytes, as Nest's `rawBody`, Cloud Functions and others do. */
type MaybeReadBefore = IncomingMessage & { readonly rawBody?: unknown };

/** How much of a body is read, and for how long. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Ends the reading early. */
  readonly signal?: AbortSignal;
}

/** Reads a request's body as it is: nothing decoded, nothing inflated. */
export async function readBody(
  request: MaybeReadBefore,
  { maxBytes, timeoutMs, signal }: BodyLimits = {
    maxBytes: MAX_BODY_BYTES,
    timeoutMs: BODY_TIMEOUT_MS,
  },
): Promise<Buffer | BodyFault> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too-large';
  if (isReadBefore(request)) return keptBody(request, maxBytes);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: Buffer | BodyFault): void => {
      clearTimeout(timer);
      clearImmediate(lastLook);
      signal?.removeEventListener('abort', onBroken);
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
    let lastLook: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      // Timers run before sockets are read: after a standstill of the process the body may be here long since. One look at them first.
      lastLook = setImmediate(finish, 'too-slow');
    }, timeoutMs);
    signal?.addEventListener('abort', onBroken);
    request.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
  });
}

/** True also for a stream that somebody has begun to read, or made to give text: what we would get is not the bytes. */
function isReadBefore(request: IncomingMessage): boolean {
  return request.readableDidRead || request.readableEnded || request.readableEncoding !== null;
}

function keptBody({ rawBody }: MaybeReadBefore, maxBytes: number): Buffer | BodyFault {
  if (!Buffer.isBuffer(rawBody)) return 'read-before';
  return rawBody.length > maxBytes ? 'too-large' : rawBody;
}
