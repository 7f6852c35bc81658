import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeFrame, MAX_FRAME_BYTES } from '../../src/spool/frame.js';
import { readSegment } from '../../src/spool/read-segment.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { useSpoolFolder } from './given-spool.js';

const folder = useSpoolFolder();
/** More than is looked at at once. */
const LONG = 3 * MAX_FRAME_BYTES;

const frame = (name: string): Buffer => encodeFrame(givenDelivery(name));

/** How a segment of these parts ends, from its first frame on. */
async function tailOf(...parts: Buffer[]): Promise<string> {
  const file = path.join(folder.path, '00000001.spool');
  await writeFile(file, Buffer.concat(parts));
  let fromByte = 0;
  for (;;) {
    const { frames, tail } = await readSegment(file, fromByte, 1_000);
    if (tail !== 'more') return tail;
    fromByte = frames.at(-1)?.endsAt ?? fromByte;
  }
}

test('what a disk has blanked, however much of it, is no unfinished end when something comes behind it', async () => {
  expect(await tailOf(frame('before'), Buffer.alloc(100), frame('behind'))).toBe('damaged');
  expect(await tailOf(frame('before'), Buffer.alloc(LONG), frame('behind'))).toBe('damaged');
});

test('frames that the window cuts off are read with the next one', async () => {
  const body = Buffer.alloc(60_000, 'x');
  const many = Array.from({ length: 200 }, (_, index) =>
    encodeFrame(givenDelivery(`large-${index}`, { body })),
  );
  expect(await tailOf(...many)).toBe('end');
  expect(await tailOf(...many, frame('torn').subarray(0, 50))).toBe('torn');
});
