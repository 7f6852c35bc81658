import { digestOf, withoutKey, type Delivery } from './delivery.js';

/** Which delivery has a key, and whether it came with it. */
export interface KeyHolding {
  readonly delivery_id: string;
  readonly digest: Buffer;
  /** It came with another resource id, of another app, or without: a correction gave it this key. */
  readonly is_corrected: boolean;
}

/** The key was given to another delivery by hand, and this one says something else: whose it is people must tell, and nothing is lost. */
export function isContested(repeat: Delivery, holding: KeyHolding): boolean {
  const { delivery_id: holder, digest, is_corrected } = holding;
  return is_corrected && holder !== repeat.id && !digestOf(repeat).equals(digest);
}

/** It can have the key by a correction of its own, once the other one is undone. */
export function giveUpKey(delivery: Delivery): Delivery {
  return withoutKey(delivery, {
    field: 'X-Kakao-Resource-ID',
    problem: 'was given to another delivery by a correction',
  });
}
