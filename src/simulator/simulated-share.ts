import type { PreparedRequest } from './share-request.js';
import type { Share } from './share.js';
import type { Tap } from './tap.js';

export type ExpectedAnswer = 'accepted' | 'duplicate' | 'unauthorized';

/** A webhook as it is sent for the first time. */
export interface FirstSend {
  readonly request: PreparedRequest;
  readonly resourceId: string;
  readonly tap: Tap;
  readonly share: Share;
  readonly expected: ExpectedAnswer;
}

/** One request of a sequence. */
export interface SimulatedShare extends FirstSend {
  /** Place in the sequence, from 1. */
  readonly number: number;
  /** How many times this resource id is sent in all: exactly one of them must be accepted, whichever comes first. */
  readonly sends: number;
}
