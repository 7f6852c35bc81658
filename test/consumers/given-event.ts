import { parseShareEvent, type ShareEvent } from '../../src/consumer.js';

/** An event as it is told. */
export function givenEvent(attributes: Record<string, unknown> = {}): ShareEvent {
  return parseShareEvent({
    specversion: '1.0',
    id: '01936f5e-0000-7000-8000-000000000001',
    source: '/kakao-share/default',
    type: 'kakao.share.recorded',
    subject: 'minji',
    time: '2026-11-21T09:00:00.000Z',
    datacontenttype: 'application/json',
    sequence: '0000000000000001',
    data: {
      deliveryId: '01936f5e-0000-7000-8000-000000000002',
      app: 'default',
      verdict: 'rewarded',
    },
    ...attributes,
  });
}
