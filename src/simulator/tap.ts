import type { Random } from './random.js';
import { rawJson } from './share.js';
import type { CustomValue } from './share.js';

/** One tap on "share": Kakao sends one webhook for each room that the user picked. */
export interface Tap {
  /** Counts from 1. */
  readonly number: number;
  /** Who really tapped. */
  readonly sharer: string;
  /** Whose id stands in the arguments: the sharer's, unless somebody edited them on the way. */
  readonly claimedUser: string;
  readonly forged: boolean;
  /** The JavaScript SDK sends numbers as numbers, the native ones send text. */
  readonly sdk: 'javascript' | 'native';
}

export interface TapOptions {
  readonly users: number;
  /** Share of taps with forged arguments, 0 to 1. */
  readonly forged: number;
}

/** Endless taps of a fixed crowd. */
export function* taps(random: Random, options: TapOptions): Generator<Tap, never> {
  for (let number = 1; ; number++) {
    const sharer = random.below(options.users);
    const forged = random.chance(options.forged);
    yield {
      number,
      sharer: userId(sharer),
      claimedUser: forged ? someoneElse(random, sharer, options.users) : userId(sharer),
      forged,
      sdk: random.pick(['javascript', 'native']),
    };
  }
}

/** What a page puts into `serverCallbackArgs`, after Kakao's example `{"user_id":"abcd","product_id":1234}`. */
export function defaultArguments(tap: Tap): Record<string, CustomValue> {
  return { user_id: asSent(tap.claimedUser, tap.sdk), product_id: asSent('1234', tap.sdk) };
}

function asSent(text: string, sdk: Tap['sdk']): CustomValue {
  return sdk === 'javascript' && /^\d+$/.test(text) ? rawJson(text) : text;
}

/**
 * `user-1`, `1000000000000000002`, `user-3`, …: the same people for every seed, so that one can look them up.
 * Every second id has 19 digits: whoever reads these as doubles takes neighbours for one person.
 */
export function userId(index: number): string {
  const number = index + 1;
  return number % 2 === 1 ? `user-${number}` : String(10n ** 18n + BigInt(number));
}

/** A victim among the users, or somebody that the service has never seen. */
function someoneElse(random: Random, sharer: number, users: number): string {
  if (users < 2 || random.chance(0.5)) return `stranger-${random.below(1_000_000)}`;
  return userId((sharer + 1 + random.below(users - 1)) % users);
}
