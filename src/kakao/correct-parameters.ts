import type { Parameter } from './parameter.js';

/** What people put right: the text that a parameter is to have, or null where it is to be taken away. */
export type CorrectedFields = Readonly<Record<string, string | null>>;

/** Puts corrected parameters over received ones. What is corrected counts once, however often it was sent. */
export function correctParameters(
  received: readonly Parameter[],
  corrected: CorrectedFields,
): Parameter[] {
  const kept = received.filter(({ name }) => !Object.hasOwn(corrected, name));
  const put = Object.entries(corrected).flatMap(([name, text]) =>
    text === null ? [] : [{ name, value: { text } }],
  );
  return [...kept, ...put];
}
