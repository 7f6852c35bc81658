import { crc32 } from 'node:zlib';
import type { Delivery } from '../deliveries/delivery.js';
import { FrameTooLargeError } from './spool-errors.js';

/**
 * A delivery as it lies in the spool, little-endian:
 *
 *     magic 4 · version 1 · payload length 4 · crc32 of the payload 4 · crc32 of these 13 bytes 4 · payload
 *     payload: length of the head 4 · head (JSON) · query · body
 */
const MAGIC = Buffer.from('KSPL', 'latin1');
const VERSION = 1;
const HEADER_BYTES = 17;
const AT = { version: 4, length: 5, payloadCrc: 9, headerCrc: 13 } as const;
/** Body and query have 64 KiB each, and the head repeats little of them, with escapes: far below. */
export const MAX_FRAME_BYTES = 2 * 1024 * 1024;

/** All but the bytes. */
type Head = Omit<Delivery, 'receivedAt' | 'query' | 'body'> & {
  readonly receivedAt: string;
  readonly queryBytes: number;
};

/**
 * What stands where no frame can be read: nothing more; a frame that was never finished, and so never acknowledged; bytes that
 * were finished and are not what was written; a frame of a later version of this code.
 */
export type Tail = 'end' | 'torn' | 'damaged' | 'newer';
export type FrameReading =
  | { readonly kind: 'frame'; readonly payload: Buffer; readonly endsAt: number }
  | { readonly kind: Tail };

/** @throws {FrameTooLargeError} for what could not be read back */
export function encodeFrame({ receivedAt, query, body, ...rest }: Delivery): Buffer {
  const head: Head = { ...rest, receivedAt: receivedAt.toISOString(), queryBytes: query.length };
  const headBytes = Buffer.from(JSON.stringify(head), 'utf8');
  const payloadBytes = 4 + headBytes.length + query.length + body.length;
  if (HEADER_BYTES + payloadBytes > MAX_FRAME_BYTES) {
    throw new FrameTooLargeError(`A delivery of ${payloadBytes} bytes does not fit into a frame.`);
  }
  const headLength = Buffer.alloc(4);
  headLength.writeUInt32LE(headBytes.length);
  const frame = Buffer.concat([Buffer.alloc(HEADER_BYTES), headLength, headBytes, query, body]);
  MAGIC.copy(frame);
  frame.writeUInt8(VERSION, AT.version);
  frame.writeUInt32LE(payloadBytes, AT.length);
  frame.writeUInt32LE(crc32(frame.subarray(HEADER_BYTES)), AT.payloadCrc);
  frame.writeUInt32LE(crc32(frame.subarray(0, AT.headerCrc)), AT.headerCrc);
  return frame;
}

/**
 * Reads the frame that begins at `offset`. Where there is none nothing is searched for behind it: a body may hold the bytes of
 * a frame, and would be taken for a delivery.
 */
export function readFrame(bytes: Buffer, offset: number): FrameReading {
  const left = bytes.length - offset;
  if (left === 0) return { kind: 'end' };
  const header = bytes.subarray(offset, offset + HEADER_BYTES);
  if (left < HEADER_BYTES || isBlank(header)) {
    // A disk may have kept a file's length and lost its contents: blank to the end was never flushed.
    return { kind: left < HEADER_BYTES || isBlank(bytes.subarray(offset)) ? 'torn' : 'damaged' };
  }
  if (crc32(header.subarray(0, AT.headerCrc)) !== header.readUInt32LE(AT.headerCrc)) {
    return { kind: 'damaged' };
  }
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: 'damaged' };
  if (header.readUInt8(AT.version) !== VERSION) return { kind: 'newer' };
  const startsAt = offset + HEADER_BYTES;
  const endsAt = startsAt + header.readUInt32LE(AT.length);
  if (endsAt > bytes.length) return { kind: 'torn' };
  const payload = bytes.subarray(startsAt, endsAt);
  if (crc32(payload) !== header.readUInt32LE(AT.payloadCrc)) return { kind: 'damaged' };
  return { kind: 'frame', payload, endsAt };
}

/** The delivery of a payload whose checksum is right, in memory of its own. */
export function decodePayload(payload: Buffer): Delivery {
  const headEndsAt = 4 + payload.readUInt32LE(0);
  const { queryBytes, receivedAt, ...head } = JSON.parse(
    payload.toString('utf8', 4, headEndsAt),
  ) as Head;
  return {
    ...head,
    // JSON knows no undefined, and a delivery without a resource id says so.
    resourceId: head.resourceId,
    receivedAt: new Date(receivedAt),
    query: Buffer.from(payload.subarray(headEndsAt, headEndsAt + queryBytes)),
    body: Buffer.from(payload.subarray(headEndsAt + queryBytes)),
  };
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
