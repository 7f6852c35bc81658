import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unless } from './system-error.js';

/** What the data folder says about its cluster outside. */
export interface Pointer {
  /** A folder that was copied or moved is another folder: two clones never share a cluster. */
  readonly dataDir: string;
  readonly home: string;
}

export async function readPointer(dataDir: string): Promise<Pointer | undefined> {
  const missing = ['ENOENT', 'ENOTDIR'];
  const text = await unless(missing, readFile(join(dataDir, 'outside.json'), 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as Pointer);
}

export async function writePointer(dataDir: string, home: string): Promise<void> {
  const file = join(dataDir, 'outside.json');
  const pointer: Pointer = { dataDir, home };
  await writeFile(`${file}.new`, JSON.stringify(pointer, null, 2) + '\n', { flush: true });
  await rename(`${file}.new`, file);
}
