/** Kakao's richest template nests five deep. */
export const MAX_NESTING = 12;

/** Whether a value can be written as JSON and is nested at most so deep; what is undefined is left out of JSON. */
export function isBoundedJson(value: unknown, depth = MAX_NESTING): boolean {
  if (value === null || ['string', 'boolean', 'undefined'].includes(typeof value)) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  return Object.values(value).every((member) => isBoundedJson(member, depth - 1));
}
