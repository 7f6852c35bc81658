import { MAX_PARAMETERS, type Parameter } from './parameter.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ESCAPE_OR_PLUS = /%([0-9a-fA-F]{2})|\+/g;

/**
 * Reads a query string or a form body. `+` means a space, an escape that is none stays as written, and bytes that are
 * not UTF-8 are a problem: replaced by U+FFFD, two different users could become one.
 */
export function readFormParameters(bytes: Buffer): Parameter[] | string {
  const pairs = bytes
    .toString('latin1')
    .split('&')
    .filter((pair) => pair !== '');
  if (pairs.length > MAX_PARAMETERS) return `has more than ${MAX_PARAMETERS} parameters`;
  try {
    return pairs.map(readPair);
  } catch {
    return 'must be percent-encoded UTF-8';
  }
}

function readPair(pair: string): Parameter {
  const equals = pair.indexOf('=');
  const name = equals === -1 ? pair : pair.slice(0, equals);
  const value = equals === -1 ? '' : pair.slice(equals + 1);
  return { name: decode(name), value: { text: decode(value) } };
}

/** Takes one character per byte, as latin1 gives them, so that escaped and plain bytes meet before they are decoded. */
function decode(component: string): string {
  const bytes = component.replace(ESCAPE_OR_PLUS, (_, hex: string | undefined) =>
    hex === undefined ? ' ' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return utf8.decode(Buffer.from(bytes, 'latin1'));
}
