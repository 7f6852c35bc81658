import type { ShareEvent } from '../events/domain-event.js';

/** CloudEvents in structured mode: the whole event is the body, whatever carries it. */
export const EVENT_CONTENT_TYPE = 'application/cloudevents+json';

export function toBody(event: ShareEvent): Buffer {
  return Buffer.from(JSON.stringify(event));
}
