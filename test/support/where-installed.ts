import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Debian keeps servers where the path of ordinary users does not look. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** Where a program is, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...MORE_FOLDERS];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** `describe` where the program is installed; elsewhere the suite is skipped, and it is said aloud. */
export function describeWhereInstalled(program: string, title: string, suite: () => void): void {
  if (findProgram(program) !== undefined) {
    describe(title, suite);
    return;
  }
  process.stderr.write(`[servers] LEFT OUT: ${title}. Install ${program}.\n`);
  describe.skip(title, suite);
}
