import { randomUUID } from 'node:crypto';
import { encodeFrame } from '../../../src/spool/frame.js';
import { OwnFolder } from '../../../src/spool/own-folder.js';
import { SegmentWriter } from '../../../src/spool/segment-writer.js';
import { SEGMENT_BYTES } from '../../../src/spool/spool-options.js';
import { givenDelivery } from '../../deliveries/given-delivery.js';
import type { PlannedShare } from './planned-shares.js';

/** As many as a burst puts behind one fsync. */
const GROUP = 500;

/** Leaves the spool of a web behind that took in these shares, wrote them down and ended. */
export async function spoolShares(
  directory: string,
  shares: readonly PlannedShare[],
): Promise<void> {
  const folder = new OwnFolder(directory, randomUUID());
  const writer = new SegmentWriter(folder, SEGMENT_BYTES);
  for (let from = 0; from < shares.length; from += GROUP) {
    const frames = shares.slice(from, from + GROUP).map(frameOf);
    await writer.append(Buffer.concat(frames));
  }
  await writer.close();
  await folder.leave();
}

function frameOf({ number, resourceId, userId }: PlannedShare): Buffer {
  return encodeFrame(givenDelivery(resourceId, { userId, room: `room-${number}` }));
}
