/**
 * One parameter of a webhook, reserved or custom, exactly as it was written.
 * A `text` came as a string; a `json` is the source of any other JSON value, so that no digit of a number is lost.
 */
export interface Parameter {
  readonly name: string;
  readonly value: { readonly text: string } | { readonly json: string };
}

/** Why a request could not be understood. Names the field, never repeats the input. */
export interface Problem {
  readonly field: string;
  readonly problem: string;
}

/** Kakao's attachment stays under 10 KiB, so real requests have a handful; the bound keeps a hostile one cheap. */
export const MAX_PARAMETERS = 256;

/** Postgres text can hold neither a NUL nor a lone surrogate; an id that has one names nobody. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

const STRING_LITERAL = /"(?:[^"\\]|\\.)*"/g;

/** Whether a name or a text anywhere in a JSON document is not storable but as the escapes that it is written with. */
export function holdsUnstorableText(json: string): boolean {
  if (!/\\u(0000|d[89a-f])/i.test(json)) return false;
  return (json.match(STRING_LITERAL) ?? []).some(
    (literal) => !isStorableText(JSON.parse(literal) as string),
  );
}
