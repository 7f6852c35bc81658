import type { InboxStanding, Kept } from '../deliveries/inbox.js';
import type { SpoolStanding } from '../spool/spool-standing.js';

/** How a door stands at the moment it is asked. */
export interface DoorStanding {
  readonly inbox: InboxStanding;
  readonly spool: SpoolStanding;
}

/**
 * Hears what the door does, in the middle of each request: so it counts and does nothing else. One that throws harms no
 * webhook, and is told to the log once.
 */
export interface DoorObserver {
  /** A door opens, and can be asked how it stands from now on. */
  opened?(standing: () => DoorStanding): void;
  /**
   * A request has its answer, whoever sent it.
   * @param status undefined: the sender left before
   * @param durationMs from the request's headers to the last byte of the answer
   * @param hasRightKey whether it came with a key of ours: what is refused then is a webhook of Kakao's
   */
  answered(status: number | undefined, durationMs: number, hasRightKey: boolean): void;
  /** A webhook of this app was made durable in this place, or is a repeat of one that was. */
  taken(app: string, outcome: Kept['status'], place: Kept['place']): void;
}
