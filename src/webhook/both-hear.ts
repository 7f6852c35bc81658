import type { DoorObserver } from './door-observer.js';

/** Two observers in the place of one. */
export function bothHear(first: DoorObserver, second: DoorObserver): DoorObserver {
  return {
    opened(...what) {
      first.opened?.(...what);
      second.opened?.(...what);
    },
    answered(...what) {
      first.answered(...what);
      second.answered(...what);
    },
    taken(...what) {
      first.taken(...what);
      second.taken(...what);
    },
  };
}
