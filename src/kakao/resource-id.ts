import type { Problem } from './parameter.js';

/** The header that tells a repeat. Its form is not promised, so it is opaque text. */
export const RESOURCE_ID_HEADER = 'x-kakao-resource-id';
/** Kakao's have 24; the bound keeps the index small. */
const MAX_RESOURCE_ID_BYTES = 256;

/**
 * Reads the resource id from all values that the header was sent with.
 * No id is ever derived from content: two real shares would merge.
 */
export function readResourceId(values: readonly string[] = []): string | Problem {
  const [id] = values;
  const problem = (text: string): Problem => ({ field: 'X-Kakao-Resource-ID', problem: text });
  if (id === undefined || id === '') return problem('is missing');
  if (values.length > 1) return problem('is repeated');
  // Node gives one character per byte.
  if (id.length > MAX_RESOURCE_ID_BYTES)
    return problem(`must have at most ${MAX_RESOURCE_ID_BYTES} bytes`);
  return id;
}
