import { readFileSync } from 'node:fs';

/** A fenced block of a document. */
export interface Block {
  /** What follows the fence: `sh` is run, whatever else is only shown. */
  readonly language: string;
  readonly text: string;
  /** For messages. */
  readonly line: number;
}

/** A part of the runbook: one situation, from how it is seen to how it ends. */
export interface Situation {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** The part that sets the variables for every other one. */
export const SETUP = 'Before you begin';

const HEADING = /^## (.+)$/;
const FENCE = /^( *)```(\S*)$/;

/** The parts of a document, by its second-level headings, with their fenced blocks in order. */
export function readSituations(file: string): Situation[] {
  const situations: { title: string; blocks: Block[] }[] = [];
  let open: { language: string; lines: string[]; line: number; indentation: string } | undefined;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [, indentation = '', fence] = FENCE.exec(line) ?? [];
    const title = HEADING.exec(line)?.[1];
    if (open !== undefined && fence === '') {
      const { lines, language, line } = open;
      situations.at(-1)?.blocks.push({ language, line, text: lines.join('\n') });
      open = undefined;
    } else if (open !== undefined) open.lines.push(withoutIndentation(line, open.indentation));
    else if (fence !== undefined)
      open = { language: fence, lines: [], line: index + 1, indentation };
    else if (title !== undefined) situations.push({ title, blocks: [] });
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: the block does not end.`);
  return situations;
}

/** The blocks of a part that can be pasted into a shell. */
export function commandsOf({ blocks }: Situation): Block[] {
  return blocks.filter(({ language }) => language === 'sh');
}

/** In a list a block stands to the right; who copies it from the page gets it from its own edge. */
function withoutIndentation(line: string, indentation: string): string {
  return line.startsWith(indentation) ? line.slice(indentation.length) : line;
}
