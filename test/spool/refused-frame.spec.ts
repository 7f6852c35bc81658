import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { readRefused, setFrameAside } from '../../src/spool/refused-frame.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { useSpoolFolder } from './given-spool.js';

const folder = useSpoolFolder();
const large = givenDelivery('large', { body: Buffer.alloc(8 * 1024, 'x') });

test('a frame that is set aside is read back as it was', async () => {
  await setFrameAside(folder.path, large);
  expect(await readRefused(path.join(folder.path, `${large.id}.refused`))).toEqual(large);
});

/** In a process whose files may have 1 KiB: like a disk with so much left, it takes the first part of a write without a word. */
const ON_A_SMALL_DISK = `
  import { setFrameAside } from './dist/spool/refused-frame.js';
  const { body, receivedAt, query, ...delivery } = JSON.parse(process.argv[1]);
  await setFrameAside(process.argv[2], {
    ...delivery, receivedAt: new Date(receivedAt), query: Buffer.alloc(0), body: Buffer.from(body),
  }).then(() => console.log('set aside'), (error) => console.log(error.code));`;

test('a frame that the disk takes in part alone is not set aside, and fails', async () => {
  const delivery = JSON.stringify({ ...large, body: large.body.toString() });
  const { stdout } = await promisify(execFile)(
    'bash',
    [
      ...['-c', 'ulimit -f 1; exec "$@"', 'bash', process.execPath, '--input-type=module'],
      ...['-e', ON_A_SMALL_DISK, delivery, folder.path],
    ],
    { timeout: 60_000 },
  );
  expect(stdout.trim()).toBe('EFBIG');
  expect((await readdir(folder.path)).filter((name) => name.endsWith('.refused'))).toEqual([]);
});
