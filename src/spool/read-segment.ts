import { open, type FileHandle } from 'node:fs/promises';
import { MAX_FRAME_BYTES, readFrame, type Tail } from './frame.js';

/** Holds the largest frame, and many usual ones. */
const WINDOW_BYTES = 2 * MAX_FRAME_BYTES;

/** Some frames of a segment, and what comes behind them. */
export interface SegmentReading {
  /** Payloads whose checksums are right, each with the place where its frame ends. */
  readonly frames: readonly { readonly payload: Buffer; readonly endsAt: number }[];
  /** `more` when there may be further frames. */
  readonly tail: Tail | 'more';
  /** Bytes from the last whole frame to the end of the file. */
  readonly leftBytes: number;
}

/** Reads at most `maxFrames` frames from a place where one begins. */
export async function readSegment(
  filePath: string,
  fromByte: number,
  maxFrames: number,
): Promise<SegmentReading> {
  const file = await open(filePath, 'r');
  try {
    const { size } = await file.stat();
    const window = await readWindow(file, fromByte, size);
    return splitWindow(window, fromByte, size, maxFrames);
  } finally {
    await file.close();
  }
}

async function readWindow(file: FileHandle, fromByte: number, size: number): Promise<Buffer> {
  const window = Buffer.alloc(Math.max(0, Math.min(WINDOW_BYTES, size - fromByte)));
  let filled = 0;
  while (filled < window.length) {
    const { bytesRead } = await file.read(
      window,
      filled,
      window.length - filled,
      fromByte + filled,
    );
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return window.subarray(0, filled);
}

function splitWindow(
  window: Buffer,
  fromByte: number,
  size: number,
  maxFrames: number,
): SegmentReading {
  const frames: { payload: Buffer; endsAt: number }[] = [];
  let offset = 0;
  for (;;) {
    const leftBytes = size - fromByte - offset;
    if (frames.length === maxFrames && leftBytes > 0) return { frames, tail: 'more', leftBytes };
    const reading = readFrame(window, offset);
    if (reading.kind !== 'frame') {
      const isCut = leftBytes > window.length - offset;
      return { frames, tail: isCut ? tailOfCut(reading.kind, offset) : reading.kind, leftBytes };
    }
    offset = reading.endsAt;
    frames.push({ payload: reading.payload, endsAt: fromByte + offset });
  }
}

/** What looks unfinished may only be cut off by the window. The largest frame fits into a new one: there it is none. */
function tailOfCut(kind: Tail, offset: number): SegmentReading['tail'] {
  if (kind !== 'torn' && kind !== 'end') return kind;
  return offset > 0 ? 'more' : 'damaged';
}
