import type { SpoolStanding } from '../spool/spool-standing.js';
import { finding, type Finding } from './alarm.js';

/** One slow commit puts a webhook there for a moment; what waits for longer waits for somebody. */
const IN_USE_AFTER_MS = 5_000;

/** What is wrong with the spool of a door. */
export function judgeSpool(spool: SpoolStanding, now: Date): Finding[] {
  return [...judgeUse(spool, now), ...judgeRoom(spool), ...judgeRefused(spool)];
}

function judgeUse({ framesWaiting, oldestReceivedAt }: SpoolStanding, now: Date): Finding[] {
  if (framesWaiting === 0 || oldestReceivedAt === undefined) return [];
  // What was received by a clock that was set back since lies ahead, and waits all the same.
  const waitedMs = Math.abs(now.getTime() - oldestReceivedAt.getTime());
  if (waitedMs < IN_USE_AFTER_MS) return [];
  return [
    finding(
      'spool-in-use',
      `${framesWaiting} webhooks are in the spool and not in the database, the oldest since ${oldestReceivedAt.toISOString()}`,
    ),
  ];
}

function judgeRoom({ state, bytes, maxBytes }: SpoolStanding): Finding[] {
  if (state === 'full')
    return [finding('spool-full', `the spool takes ${bytes} of its ${maxBytes} bytes`)];
  if (state === 'broken') return [finding('spool-full', 'the spool cannot be written')];
  return [];
}

function judgeRefused({ refused, damaged, newer }: SpoolStanding): Finding[] {
  if (refused + damaged + newer === 0) return [];
  return [
    finding(
      'spool-refused',
      `the spool keeps ${refused} webhooks that the database refuses, ${damaged} files or folders that are damaged or cannot be read, and ${newer} files with webhooks that only a later version can read`,
    ),
  ];
}
