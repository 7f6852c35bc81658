import { readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { unless } from './system-error.js';

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Makes the links between Postgres' libraries, without which it does not load. npm packages cannot carry links, and the
 * package's own install script, which makes them, runs only where the installing project allows it.
 */
export async function completeLinks(packageRoot: string): Promise<void> {
  const list = await unless(
    ['ENOENT'],
    readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8'),
  );
  if (list === undefined) return;
  for (const { source, target } of JSON.parse(list) as Link[]) {
    const made = symlink(relative(dirname(target), source), join(packageRoot, target));
    // A package that we may not change is tried as it is: it may be complete.
    await unless(['EEXIST', 'EPERM', 'EACCES', 'EROFS'], made);
  }
}
