import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { chmod, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own that can be filled to the last byte without harm to others. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): Promise<void>;
  /** Gives it back. */
  empty(): Promise<void>;
  unmount(): Promise<void>;
}

/** Why there can be none on this machine; undefined where there can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0)
    return 'a small file system needs root on Linux';
  const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'tmpfs cannot be mounted here';
  } finally {
    rmdirSync(folder);
  }
}

export async function mountSmallDisk(bytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kakao-share-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=755`, 'tmpfs', folder]);
  await chmod(folder, 0o755);
  const ballast = path.join(folder, 'ballast');
  return {
    folder,
    fill: async () => {
      const { bavail, bsize } = await statfs(folder);
      // Somebody else may take some of it at the same time.
      await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => undefined);
    },
    empty: () => rm(ballast, { force: true }),
    unmount: async () => {
      // Lazily: a process that is being killed may still hold a file there.
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
