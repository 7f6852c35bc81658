import type { Delivery } from '../deliveries/delivery.js';
import { decodePayload } from './frame.js';
import { readSegment } from './read-segment.js';
import { readRefused } from './refused-frame.js';
import { isGone, SpoolBrokenError } from './spool-errors.js';
import { listFolders, type SpoolFolder } from './spool-files.js';

/** As many as one transaction commits. */
const BATCH = 200;

/** Hears of a file that holds something which cannot be read, and from which byte on. */
export type OnUnread = (path: string, fromByte: number) => void;

/** What is said of such a file. */
export function unreadText(path: string, fromByte: number): string {
  return `${path} holds what this version cannot read, from byte ${fromByte} on: of a later version, or damaged.`;
}

/** All deliveries of all folders, in order; files that running webs delete meanwhile are committed. */
export async function* spooledDeliveries(
  directory: string,
  onUnread: OnUnread,
): AsyncGenerator<Delivery[]> {
  for (const folder of await listFolders(directory)) {
    requireReadable(folder);
    // What comes before the damage can be read in a damaged one, too.
    for (const { path } of [...folder.segments, ...folder.damaged])
      yield* deliveriesOf(path, onUnread);
  }
}

async function* deliveriesOf(filePath: string, onUnread: OnUnread): AsyncGenerator<Delivery[]> {
  try {
    for (let fromByte = 0, more = true; more;) {
      const { frames, tail } = await readSegment(filePath, fromByte, BATCH);
      yield frames.map(({ payload }) => decodePayload(payload));
      fromByte = frames.at(-1)?.endsAt ?? fromByte;
      more = tail === 'more';
      // A frame that was never finished was never acknowledged either.
      if (tail === 'newer' || tail === 'damaged') onUnread(filePath, fromByte);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Those that the database refused, each with the file that holds it. */
export async function* refusedDeliveries(
  directory: string,
  onUnread: OnUnread,
): AsyncGenerator<{ readonly path: string; readonly delivery: Delivery }> {
  for (const folder of await listFolders(directory)) {
    requireReadable(folder);
    for (const { path } of folder.refused) {
      const delivery = await readRefused(path);
      if (delivery === undefined) onUnread(path, 0);
      else yield { path, delivery };
    }
  }
}

/** Whoever asks by hand must not be told that this was all. */
function requireReadable({ path, fault }: SpoolFolder): void {
  if (fault !== undefined) throw new SpoolBrokenError(`${path} cannot be read: ${fault}`);
}
