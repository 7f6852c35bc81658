import type { PresentedKey } from '../kakao/key-ring.js';

/** A key that no app has, as it was presented. */
export interface UnknownKey extends PresentedKey {
  /** Whence, as a digest. */
  readonly network: string;
}

/** A request that came with such a key, as it came; never its Authorization. */
export interface UnknownKeyRequest {
  readonly id: string;
  readonly receivedAt: Date;
  readonly method: string;
  readonly resourceId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Buffer;
  readonly body: Buffer;
}

/** What a request takes of the bounds. */
export function bytesOf({ headers, query, body }: UnknownKeyRequest): number {
  return Buffer.byteLength(JSON.stringify(headers)) + query.length + body.length;
}
