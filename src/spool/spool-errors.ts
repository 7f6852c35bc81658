/** A frame would be larger than what is read back. Nothing that passes the door is. */
export class FrameTooLargeError extends Error {
  readonly code = 'KAKAO_SHARE_FRAME_TOO_LARGE';
  override readonly name = 'FrameTooLargeError';
}

/** The spool takes nothing more: it has reached its bound, or its disk is full. */
export class SpoolFullError extends Error {
  readonly code = 'KAKAO_SHARE_SPOOL_FULL';
  override readonly name = 'SpoolFullError';
}

/** The disk under the spool does not write or flush. */
export class SpoolBrokenError extends Error {
  readonly code = 'KAKAO_SHARE_SPOOL_BROKEN';
  override readonly name = 'SpoolBrokenError';
}

/** What a full disk says: ENOSPC, or a quota's EDQUOT. */
export function isDiskFull(error: unknown): boolean {
  return hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT');
}

/** Somebody else has moved or deleted it meanwhile. */
export function isGone(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
