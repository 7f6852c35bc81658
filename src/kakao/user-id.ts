import { isStorableText, type Parameter, type Problem } from './parameter.js';

/** Long enough for any id in use, short enough for an index. */
export const MAX_USER_ID_BYTES = 256;

/**
 * Finds the user among the custom parameters: text byte for byte, an integer literal as its digits.
 * Nobody named (missing, null or empty) is no problem: the delivery ends with the verdict `no-user`.
 */
export function readUserId(
  parameters: readonly Parameter[],
  userParameter: string,
): string | undefined | Problem {
  const named = parameters.filter((parameter) => parameter.name === userParameter);
  const problem = (text: string): Problem => ({ field: userParameter, problem: text });
  if (named.length > 1) return problem('is repeated');
  const value = named[0]?.value;
  if (value === undefined) return undefined;
  if ('json' in value) {
    if (value.json === 'null') return undefined;
    if (!/^-?\d+$/.test(value.json)) return problem('must be text or an integer');
  }
  const id = 'text' in value ? value.text : value.json;
  if (id === '') return undefined;
  if (!isStorableText(id)) return problem('must be text without NUL or lone surrogates');
  if (Buffer.byteLength(id) > MAX_USER_ID_BYTES)
    return problem(`must have at most ${MAX_USER_ID_BYTES} bytes`);
  return id;
}
