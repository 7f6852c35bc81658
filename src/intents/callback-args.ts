import { isStorableText } from '../kakao/parameter.js';
import { isReservedWord } from '../kakao/reserved-words.js';
import { INTENT_PARAMETER } from './intent-token.js';

/** Nobody names a parameter longer; all of them together are bounded by the message. */
const MAX_NAME_CHARS = 100;

/** What is wrong with custom parameters that shall travel beside ours. */
export function callbackArgsFaults(callbackArgs: Readonly<Record<string, unknown>>): string[] {
  const faults = Object.entries(callbackArgs).flatMap(([name, value]) => [
    ...nameFaults(name),
    // The native SDKs take text alone, and a number would be rounded on its way.
    ...(typeof value === 'string' && isStorableText(value)
      ? []
      : ['every value must be text, without NUL or lone surrogates']),
  ]);
  return [...new Set(faults)].map((fault) => `share.callbackArgs: ${fault}`);
}

function nameFaults(name: string): string[] {
  if (isReservedWord(name)) return [`${name} is one of Kakao's reserved words`];
  if (name === INTENT_PARAMETER) return [`${name} carries the token and is set by us`];
  // Set as a property in a page, it would be no parameter at all.
  if (name === '__proto__') return ['__proto__ cannot be a name'];
  return name !== '' && name.length <= MAX_NAME_CHARS && isStorableText(name)
    ? []
    : [`a name must have 1 to ${MAX_NAME_CHARS} characters, without NUL or lone surrogates`];
}

/** `serverCallbackArgs`: our token first, then what was given. */
export function callbackArgsWith(
  token: string,
  given: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { [INTENT_PARAMETER]: token, ...given };
}
