/**
 * A template's id as the SDK wants it, a number; digits are taken too. Undefined where it is none that a page could hold: beyond
 * 2^53 - 1 the browser would round it and share something else.
 */
export function exactTemplateId(given: unknown): number | undefined {
  const id = typeof given === 'string' && /^[1-9]\d{0,15}$/.test(given) ? Number(given) : given;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
