import { MAX_PARAMETERS, type Parameter } from './parameter.js';

/** Deep nesting is cheap to send and dear to handle; custom parameters of real services are nearly flat. */
const MAX_NESTING = 32;

/**
 * Reads the top-level members of a JSON object without interpreting their values.
 * `JSON.parse` judges the syntax, a walk over the text finds the members: so a 19-digit number keeps its digits,
 * `__proto__` is a name like any other and repeated names stay visible.
 */
export function readJsonParameters(source: string): Parameter[] | string {
  if (!isJsonObject(source)) return 'must be a JSON object';
  const members = splitMembers(source);
  if (typeof members === 'string') return members;
  return members.map(({ name, value }) => ({
    name: JSON.parse(name) as string,
    value: value.startsWith('"') ? { text: JSON.parse(value) as string } : { json: value },
  }));
}

function isJsonObject(source: string): boolean {
  try {
    const value: unknown = JSON.parse(source);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Splits the source of a valid JSON object at its top-level commas and colons. */
function splitMembers(source: string): { name: string; value: string }[] | string {
  const members: { name: string; value: string }[] = [];
  let depth = 0;
  let start = 0;
  let name = '';
  const closeMember = (end: number): void => {
    const value = source.slice(start, end).trim();
    if (value !== '') members.push({ name, value });
  };
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === '"') at = endOfString(source, at);
    else if (char === '{' || char === '[') {
      depth++;
      if (depth > MAX_NESTING) return `is nested more than ${MAX_NESTING} deep`;
      if (depth === 1) start = at + 1;
    } else if (char === '}' || char === ']') {
      if (depth === 1) closeMember(at);
      depth--;
    } else if (depth === 1 && char === ':') {
      name = source.slice(start, at).trim();
      start = at + 1;
    } else if (depth === 1 && char === ',') {
      closeMember(at);
      start = at + 1;
    }
    if (members.length > MAX_PARAMETERS) return `has more than ${MAX_PARAMETERS} parameters`;
  }
  return members;
}

function endOfString(source: string, opening: number): number {
  let at = opening + 1;
  while (source[at] !== '"') at += source[at] === '\\' ? 2 : 1;
  return at;
}
