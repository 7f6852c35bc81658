import type { Random } from './random.js';
import type { FirstSend, SimulatedShare } from './simulated-share.js';

/** A share is sent again at most so often. */
export const MAX_REPEATS = 3;

/**
 * A repeat follows within so many requests: often while the first is still under way, which is the hard case.
 * With {@link MAX_REPEATS} it bounds how many shares wait to be repeated, as due ones go before new ones.
 */
const REPEAT_WITHIN_REQUESTS = 50;

interface Waiting {
  readonly share: Omit<SimulatedShare, 'number'>;
  readonly due: number;
}

/**
 * Numbers the shares and puts repeats between them, `count` requests in all. Only shares that are to be accepted
 * are repeated, and no repeat that a share promises (`sends`) is cut off by the end of the sequence.
 */
export function* withRepeats(
  firstSends: Iterator<FirstSend, unknown>,
  random: Random,
  repeated: number,
  count: number,
): Generator<SimulatedShare, void> {
  const waiting: Waiting[] = [];
  for (let number = 1; number <= count; number++) {
    const placesLeft = count - number + 1;
    const due = waiting.findIndex((one) => one.due <= number || waiting.length >= placesLeft);
    const [repeat] = due < 0 ? [] : waiting.splice(due, 1);
    if (repeat) {
      yield { ...repeat.share, number };
      continue;
    }
    const next = firstSends.next();
    if (next.done) return;
    const first = next.value;
    const wanted = random.chance(repeated) ? 1 + random.below(MAX_REPEATS) : 0;
    const possible = first.expected === 'accepted' ? placesLeft - 1 - waiting.length : 0;
    const sends = 1 + Math.min(wanted, possible);
    for (let again = 1; again < sends; again++) {
      const share = { ...first, expected: 'duplicate' as const, sends };
      waiting.push({ share, due: number + 1 + random.below(REPEAT_WITHIN_REQUESTS) });
    }
    yield { ...first, number, sends };
  }
}
