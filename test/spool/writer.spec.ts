import { execFileSync } from 'node:child_process';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newId } from '../../src/database/new-id.js';
import { Inventory } from '../../src/spool/inventory.js';
import { flushFolder, OwnFolder } from '../../src/spool/own-folder.js';
import {
  openNewFile,
  SegmentWriter,
  type OpenSegmentFile,
} from '../../src/spool/segment-writer.js';
import { Spool } from '../../src/spool/spool.js';
import { SpoolBrokenError, SpoolFullError } from '../../src/spool/spool-errors.js';
import { listFolders } from '../../src/spool/spool-files.js';
import { eventually } from '../support/eventually.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { readSpool, useSpoolFolder } from './given-spool.js';

const LIMIT_MS = 20_000;
const folder = useSpoolFolder();

function openSpool({
  directory = folder.path,
  maxBytes = 1024 ** 3,
  segmentBytes = 1024 ** 2,
  openFile = openNewFile,
  flush = flushFolder,
}: {
  directory?: string;
  maxBytes?: number;
  segmentBytes?: number;
  openFile?: OpenSegmentFile;
  flush?: (folderPath: string) => Promise<void>;
} = {}): Spool {
  const own = new OwnFolder(directory, newId(), flush);
  return new Spool(
    new SegmentWriter(own, segmentBytes, openFile),
    new Inventory(directory, maxBytes),
  );
}

const idsIn = async (directory = folder.path): Promise<string[]> =>
  (await readSpool(directory)).map(({ resourceId }) => resourceId ?? '');

/** Files whose flush is done, or not, by whoever is given it. */
function syncedBy(sync: (flush: () => Promise<void>) => Promise<void>): OpenSegmentFile {
  return async (filePath) => {
    const file = await openNewFile(filePath);
    return {
      write: (bytes) => file.write(bytes),
      sync: () => sync(() => file.sync()),
      stat: () => file.stat(),
      close: () => file.close(),
    };
  };
}

/** Files that are flushed once the disk thaws. */
function frozenDisk(): { openFile: OpenSegmentFile; isFlushing: () => boolean; thaw: () => void } {
  let thaw: () => void = () => undefined;
  let isFlushing = false;
  const thawed = new Promise<void>((resolve) => {
    thaw = resolve;
  });
  const openFile = syncedBy((flush) => {
    isFlushing = true;
    return thawed.then(flush);
  });
  return { openFile, isFlushing: () => isFlushing, thaw };
}

test('concurrent deliveries share a flush: a hundred cost a handful', async () => {
  let flushes = 0;
  const spool = openSpool({
    openFile: syncedBy((flush) => {
      flushes++;
      return flush();
    }),
  });
  const ids = Array.from({ length: 100 }, (_, index) => `group-${index}`);
  await Promise.all(ids.map((id) => spool.keep(givenDelivery(id), LIMIT_MS)));
  expect(await idsIn()).toEqual(ids);
  expect(flushes).toBeLessThan(10);
  await spool.close();
});

test('segments are rolled at their size, and only their owner may read them', async () => {
  const spool = openSpool({ segmentBytes: 1_000 });
  for (let count = 0; count < 10; count++) {
    await spool.keep(givenDelivery(`rolled-${count}`), LIMIT_MS);
  }
  await spool.close();
  const [own] = await listFolders(folder.path);
  expect(own?.segments.length).toBeGreaterThan(2);
  const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
  expect(await modeOf(own?.path ?? '')).toBe(0o700);
  for (const { path: file } of own?.segments ?? []) expect(await modeOf(file)).toBe(0o600);
});

/** Each flush does what is next in the list; without one it works. */
function flushing(...outcomes: (Error | undefined)[]): OpenSegmentFile {
  return syncedBy((flush) => {
    const error = outcomes.shift();
    return error === undefined ? flush() : Promise.reject(error);
  });
}

const IO_ERROR = Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });

test('after an error of fsync the segment is abandoned, and what it was to hold is durable in a new one', async () => {
  const spool = openSpool({ openFile: flushing(undefined, IO_ERROR) });
  await spool.keep(givenDelivery('first'), LIMIT_MS);
  await spool.keep(givenDelivery('second'), LIMIT_MS);
  await spool.keep(givenDelivery('third'), LIMIT_MS);
  await spool.close();
  const [own] = await listFolders(folder.path);
  expect(own?.segments.map(({ name }) => name)).toEqual(['00000001.spool', '00000002.spool']);
  // What the failed flush left may be there twice: under the same id it is the same delivery.
  expect(new Set(await idsIn())).toEqual(new Set(['first', 'second', 'third']));
  expect((await idsIn()).slice(-2)).toEqual(['second', 'third']);
});

test('a disk that fails twice is broken: nothing is acknowledged, everybody is told at once, and it is tried again later', async () => {
  const spool = openSpool({ openFile: flushing(IO_ERROR, IO_ERROR) });
  await expect(spool.keep(givenDelivery('lost'), LIMIT_MS)).rejects.toThrow(SpoolBrokenError);
  expect(spool.trouble).toBe('broken');
  await expect(spool.keep(givenDelivery('at once'), LIMIT_MS)).rejects.toThrow(SpoolBrokenError);
  await eventually(() => spool.keep(givenDelivery('kept'), LIMIT_MS));
  expect(spool.trouble).toBeUndefined();
  expect(await idsIn()).toContain('kept');
  await spool.close();
});

test('a disk that hangs is waited for as long as there is time, and no longer', async () => {
  const { openFile, thaw } = frozenDisk();
  const spool = openSpool({ openFile });
  await expect(spool.keep(givenDelivery('waits'), 50)).rejects.toThrow('50 ms');
  // This one never came to be written: it has left the waiting list.
  await expect(spool.keep(givenDelivery('left'), 50)).rejects.toThrow('50 ms');
  thaw();
  await spool.keep(givenDelivery('later'), LIMIT_MS);
  expect(await idsIn()).toEqual(['waits', 'later']);
  await spool.close();
});

test('a disk that hangs is broken until it answers: no time is left for it, and it is tried all the same', async () => {
  const { openFile, thaw } = frozenDisk();
  const spool = openSpool({ openFile });
  expect(spool.takes(1)).toBe(true);
  const waiting = spool.keep(givenDelivery('hangs'), LIMIT_MS);
  await eventually(() => {
    expect(spool.trouble).toBe('broken');
  });
  expect(spool.troubleText).toContain('does not answer');
  expect(spool.takes(1)).toBe(false);
  const tried = spool.keep(givenDelivery('tried'), LIMIT_MS);
  thaw();
  await Promise.all([waiting, tried]);
  expect([spool.trouble, spool.takes(1)]).toEqual([undefined, true]);
});

test('what finds the disk hanging refuses nothing that the disk takes', async () => {
  const spool = openSpool();
  spool.tellHanging();
  expect([spool.trouble, spool.takes(1)]).toEqual(['broken', false]);
  await spool.keep(givenDelivery('kept'), LIMIT_MS);
  expect([spool.trouble, spool.takes(1)]).toEqual([undefined, true]);
});

describe('nothing is acknowledged before every folder above it is flushed', () => {
  test('the directory and all that had to be made above it, and the folder itself with each new segment', async () => {
    const flushed: string[] = [];
    const directory = path.join(folder.path, 'a', 'b');
    const flush = (folderPath: string): Promise<void> => {
      flushed.push(path.relative(folder.path, folderPath));
      return flushFolder(folderPath);
    };
    const spool = openSpool({ directory, segmentBytes: 1, flush });
    await spool.keep(givenDelivery('one'), LIMIT_MS);
    const own = path.join('a', 'b', (await readdir(directory))[0] ?? '');
    expect(flushed).toEqual([path.join('a', 'b'), 'a', '', own]);
    await spool.keep(givenDelivery('two'), LIMIT_MS);
    expect(flushed.slice(4)).toEqual([own]);
  });

  test('also when somebody else has made them, and is not done flushing yet', async () => {
    const flushing: (() => void)[] = [];
    const own = new OwnFolder(
      folder.path,
      newId(),
      () => new Promise((resolve) => flushing.push(resolve)),
    );
    let made = 0;
    const both = Promise.all([own.ensure(), own.ensure()].map((one) => one.then(() => made++)));
    await eventually(() => {
      expect(flushing).toHaveLength(1);
    });
    expect(made).toBe(0);
    flushing[0]?.();
    await eventually(() => {
      expect(flushing).toHaveLength(2);
    });
    flushing[1]?.();
    await both;
    expect(made).toBe(2);
  });

  test('a flush that failed is done again, and so is one of a folder that was tidied away', async () => {
    const flushed: string[] = [];
    let fails = true;
    const own = new OwnFolder(folder.path, newId(), async (folderPath) => {
      if (fails) throw IO_ERROR;
      flushed.push(folderPath);
      await flushFolder(folderPath);
    });
    await expect(own.ensure()).rejects.toThrow('EIO');
    fails = false;
    const above = [folder.path, path.dirname(folder.path)];
    await own.ensure();
    expect(flushed).toEqual(above);
    await own.ensure();
    expect(flushed).toEqual(above);
    await rm(own.path, { recursive: true });
    await own.ensure();
    expect(flushed).toEqual([...above, ...above]);
  });
});

test('a spool takes no more than its bound, files of others included', async () => {
  const others = openSpool();
  await others.keep(givenDelivery('others', { body: Buffer.alloc(50_000) }), LIMIT_MS);
  await others.close();
  const inventory = new Inventory(folder.path, 120_000);
  await inventory.look();
  const spool = new Spool(
    new SegmentWriter(new OwnFolder(folder.path, newId()), 1024 ** 2),
    inventory,
  );
  await spool.keep(givenDelivery('fits', { body: Buffer.alloc(50_000) }), LIMIT_MS);
  await expect(
    spool.keep(givenDelivery('over', { body: Buffer.alloc(50_000) }), LIMIT_MS),
  ).rejects.toThrow(SpoolFullError);
  expect(await idsIn()).toEqual(['others', 'fits']);
  await spool.close();
});

test('what is being written counts to the bound as well', async () => {
  const { openFile, isFlushing, thaw } = frozenDisk();
  const spool = openSpool({ maxBytes: 80_000, openFile });
  const body = Buffer.alloc(50_000);
  const writing = spool.keep(givenDelivery('fits', { body }), LIMIT_MS);
  await eventually(() => {
    expect(isFlushing()).toBe(true);
  });
  await expect(spool.keep(givenDelivery('over', { body }), LIMIT_MS)).rejects.toThrow(
    SpoolFullError,
  );
  thaw();
  await writing;
  expect(await idsIn()).toEqual(['fits']);
  await spool.close();
});

test('a folder that cannot be made is told as broken', async () => {
  const file = path.join(folder.path, 'a file');
  await writeFile(file, '');
  const spool = openSpool({ directory: path.join(file, 'spool') });
  await expect(spool.keep(givenDelivery('nowhere'), LIMIT_MS)).rejects.toThrow(SpoolBrokenError);
  await spool.close();
});

/** A disk of one MiB, or undefined where this machine lets us make none. */
async function mountSmallDisk(target: string): Promise<(() => void) | undefined> {
  await mkdir(target);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', target], { stdio: 'ignore' });
  } catch {
    process.stderr.write('LEFT OUT: a spool on a full disk. Mounting a tmpfs needs root.\n');
    return undefined;
  }
  return () => execFileSync('umount', ['-l', target]);
}

test('a disk that is really full takes nothing, keeps what it has taken, and works again when there is room', async () => {
  const disk = path.join(folder.path, 'disk');
  const unmount = await mountSmallDisk(disk);
  if (unmount === undefined) return;
  try {
    const ballast = await open(path.join(disk, 'ballast'), 'w');
    await ballast.write(Buffer.alloc(300_000));
    await ballast.close();
    const spool = openSpool({ directory: disk });
    const kept: string[] = [];
    const fill = async (): Promise<void> => {
      for (let count = 0; count < 100; count++) {
        await spool.keep(givenDelivery(`${count}`, { body: Buffer.alloc(20_000) }), LIMIT_MS);
        kept.push(`${count}`);
      }
    };
    await expect(fill()).rejects.toThrow(SpoolFullError);
    expect(spool.trouble).toBe('full');
    expect(kept.length).toBeGreaterThan(10);
    expect((await idsIn(disk)).slice(0, kept.length)).toEqual(kept);
    await rm(path.join(disk, 'ballast'));
    await eventually(() => spool.keep(givenDelivery('room again'), LIMIT_MS));
    expect(await idsIn(disk)).toContain('room again');
    await spool.close();
    expect(await readdir(disk)).toHaveLength(1);
  } finally {
    unmount();
  }
});
