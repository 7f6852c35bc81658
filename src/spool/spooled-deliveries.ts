import { describeError } from '../database/database-errors.js';
import type { Delivery } from '../deliveries/delivery.js';
import { decodePayload } from './frame.js';
import { readSegment } from './read-segment.js';
import { readRefused } from './refused-frame.js';
import { isGone } from './spool-errors.js';
import { listFolders, type SpoolFolder } from './spool-files.js';

/** As many as one transaction commits. */
const BATCH = 200;

/** Hears, in a sentence for people, of a file or folder that holds something which cannot be read. The others are read. */
export type OnUnread = (sentence: string) => void;

/** All deliveries of all folders, in order; files that running webs delete meanwhile are committed. */
export async function* spooledDeliveries(
  directory: string,
  onUnread: OnUnread,
): AsyncGenerator<Delivery[]> {
  for (const folder of await listFolders(directory)) {
    tellUnreadable(folder, onUnread);
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
      if (tail === 'newer' || tail === 'damaged') onUnread(unknownText(filePath, fromByte));
    }
  } catch (error) {
    if (!isGone(error)) onUnread(unreadableText(filePath, describeError(error)));
  }
}

/** Those that the database refused, each with the file that holds it. */
export async function* refusedDeliveries(
  directory: string,
  onUnread: OnUnread,
): AsyncGenerator<{ readonly path: string; readonly delivery: Delivery }> {
  for (const folder of await listFolders(directory)) {
    tellUnreadable(folder, onUnread);
    for (const { path } of folder.refused) {
      try {
        const delivery = await readRefused(path);
        if (delivery !== undefined) yield { path, delivery };
        else onUnread(unknownText(path, 0));
      } catch (error) {
        if (!isGone(error)) onUnread(unreadableText(path, describeError(error)));
      }
    }
  }
}

function tellUnreadable({ path, fault }: SpoolFolder, onUnread: OnUnread): void {
  if (fault !== undefined) onUnread(unreadableText(path, fault));
}

function unreadableText(path: string, why: string): string {
  return `${path} cannot be read: ${why}`;
}

function unknownText(filePath: string, fromByte: number): string {
  return `${filePath} holds what this version cannot read, from byte ${fromByte} on: of a later version, or damaged.`;
}
