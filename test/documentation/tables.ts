import { readFileSync } from 'node:fs';

/** A row of a table, as the pieces of code in its cells. */
export interface Row {
  readonly first: readonly string[];
  readonly last: readonly string[];
}

/** The rows of a document's tables that begin with code. */
export function rowsOf(file: string): Row[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^\| \[?`/.test(line))
    .map((line) => {
      const cells = line.split('|').slice(1, -1).map(codeIn);
      return { first: cells[0] ?? [], last: cells.at(-1) ?? [] };
    });
}

export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');
}

/** The settings that a document's tables begin with. */
export function settingsNamed(file: string): string[] {
  return rowsOf(file)
    .flatMap(({ first }) => first)
    .filter((name) => /^[A-Z_]+$/.test(name))
    .sort();
}
