import { createHash } from 'node:crypto';
import type { Parameter } from '../kakao/parameter.js';

/** What became of the token that a share carried. `invalid`: not signed by us; `foreign`: not issued for this app. */
export type IntentFacts =
  | { readonly status: 'none' | 'invalid' | 'foreign' }
  | {
      readonly status: 'valid';
      readonly id: string;
      readonly campaignId: string;
      readonly expiresAt: Date;
    };

/** What the decision looks at, about one share. */
export interface ShareFacts {
  readonly app: string;
  readonly receivedAt: Date;
  /** Our surrogate for the user: the intent's, otherwise whom the webhook named; undefined where nobody was, or was erased. */
  readonly userRef: string | undefined;
  readonly intent: IntentFacts;
  readonly chatType: string;
  /** Nobody else is in the room; undefined where Kakao did not tell. */
  readonly singleChatroom: boolean | undefined;
  /** In Kakao's words; undefined where Kakao did not tell. */
  readonly memberRange: string | undefined;
  readonly templateId: string | undefined;
  readonly custom: readonly Parameter[];
  /** A digest of the room's hash: see `digestRoom`. */
  readonly room: string;
}

/** 132 bits: no two rooms of an app ever meet. */
const DIGEST_CHARS = 22;

/** The hash of a room is personal data, so what is kept for ever holds only a digest of it. */
export function digestRoom(app: string, roomHash: string): string {
  return createHash('sha256')
    .update(`${app}\n${roomHash}`)
    .digest('base64url')
    .slice(0, DIGEST_CHARS);
}
