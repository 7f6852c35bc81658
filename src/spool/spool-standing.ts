/** How the spool does, for health and metrics. */
export interface SpoolStanding {
  /** `none`: there is none. `in-use`: something waits in it for the database. `full`, `broken`: it takes nothing now. */
  readonly state: 'ok' | 'in-use' | 'full' | 'broken' | 'none';
  /** What it takes of the disk, all processes that share it together, and what it may. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Deliveries that are not in the database yet, and when the oldest of them was received. */
  readonly framesWaiting: number;
  readonly oldestReceivedAt: Date | undefined;
  /** Deliveries that the database refuses, and what is damaged or cannot be read: for people to look at. */
  readonly refused: number;
  readonly damaged: number;
  /** Files with webhooks of a later version, whose process has left: that version alone can commit them. */
  readonly newer: number;
}

export const NO_SPOOL: SpoolStanding = {
  state: 'none',
  bytes: 0,
  maxBytes: 0,
  framesWaiting: 0,
  oldestReceivedAt: undefined,
  refused: 0,
  damaged: 0,
  newer: 0,
};
