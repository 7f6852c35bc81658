import { createHash } from 'node:crypto';
import type { Problem } from '../kakao/parameter.js';

/** Where deliveries come from. Kakao's channel and unlink webhooks could enter by the same door. */
export const SHARE_SOURCE = 'kakao.share';

/** One webhook of one app, as it was received. */
export interface Delivery {
  readonly id: string;
  readonly source: string;
  readonly app: string;
  /** Undefined where Kakao's header was missing, repeated or over-long; then no repeat can be recognised. */
  readonly resourceId: string | undefined;
  readonly receivedAt: Date;
  readonly keyFingerprint: string;
  /** The custom parameter that names the user at the door which took this in. */
  readonly userParameter: string;
  /** Whom it names, so that it is found before it is settled. A claim, not a proof. */
  readonly userId?: string | undefined;
  /** Which intent it says it carries, so that its page hears that it has arrived. A claim, not a proof. */
  readonly intentId?: string | undefined;
  readonly method: string;
  /** The chosen headers; never Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Buffer;
  readonly body: Buffer;
  /** Why it could not be understood; empty when it could. */
  readonly problems: readonly Problem[];
}

/** What became of a delivery at the door. */
export interface Acceptance {
  /** `duplicate` is said only when the same resource id is proven to be stored. */
  readonly status: 'accepted' | 'duplicate' | 'quarantined';
  /** Of a duplicate: the delivery that was stored first. */
  readonly deliveryId: string;
  readonly problems: readonly Problem[];
}

/** Keeps all that was received, gives up the resource id, and says why: it ends in quarantine under an id of its own. */
export function withoutKey(delivery: Delivery, problem: Problem): Delivery {
  return { ...delivery, resourceId: undefined, problems: [...delivery.problems, problem] };
}

/** The same of a delivery and its repeats. One without a resource id is like no other. */
export function keyOf(delivery: Pick<Delivery, 'id' | 'resourceId' | 'app' | 'source'>): string {
  if (delivery.resourceId === undefined) return delivery.id;
  return JSON.stringify([delivery.resourceId, delivery.app, delivery.source]);
}

/** Tells a repeat from other content under the same resource id. */
export function digestOf(delivery: Pick<Delivery, 'method' | 'query' | 'body'>): Buffer {
  return createHash('sha256')
    .update(`${delivery.method}\n${delivery.query.length}\n`)
    .update(delivery.query)
    .update(delivery.body)
    .digest();
}
