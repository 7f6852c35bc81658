import type { ShareEvent } from '../events/domain-event.js';

/** Not an event of ours, or one that was damaged on its way. Names the fault, never what was there. */
export class ShareEventFormatError extends Error {
  readonly code = 'KAKAO_SHARE_EVENT_FORMAT';
  override readonly name = 'ShareEventFormatError';
}

/**
 * Reads an event as every transport carries it, a CloudEvent in JSON: from text or bytes, or from what a client has parsed already.
 * The envelope is checked; `data` is an object, which its type describes.
 *
 * A newer service may send a type that this version does not know, or fields that it does not: both pass, so that consumers
 * need not be updated first. Give a `switch` over `type` a default that does nothing, or ask `isKnownEventType`.
 * @throws {ShareEventFormatError}
 */
export function parseShareEvent(json: string | Uint8Array | object): ShareEvent {
  const event = json instanceof Uint8Array || typeof json === 'string' ? readJson(json) : json;
  if (!isObject(event)) throw fault('it is no JSON object');
  if (event.specversion !== '1.0') throw fault('"specversion" is not "1.0"');
  for (const attribute of ['id', 'source', 'type', 'time']) {
    if (!isFilledText(event[attribute])) throw fault(`"${attribute}" is no text, or empty`);
  }
  for (const attribute of ['subject', 'sequence', 'dataschema', 'datacontenttype']) {
    const value = event[attribute];
    if (value !== undefined && !isFilledText(value)) {
      throw fault(`"${attribute}" is there, and no text or empty`);
    }
  }
  if (Number.isNaN(Date.parse(String(event.time)))) throw fault('"time" is no time');
  if (!isObject(event.data)) throw fault('"data" is no object');
  return event as unknown as ShareEvent;
}

/** Bytes that are not UTF-8 would otherwise be replaced without a word. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fault('it is not UTF-8');
  }
}

function readJson(json: string | Uint8Array): unknown {
  const text = typeof json === 'string' ? json : decodeUtf8(json);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes what it read.
    throw fault('it is no JSON');
  }
}

function fault(what: string): ShareEventFormatError {
  return new ShareEventFormatError(
    `This is no event of kakao-share: ${what}. Hand over the message as it came, and look at who else sends to this place.`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFilledText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
