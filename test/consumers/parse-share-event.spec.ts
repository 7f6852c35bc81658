import fc from 'fast-check';
import { isKnownEventType, parseShareEvent, ShareEventFormatError } from '../../src/consumer.js';
import { givenEvent } from './given-event.js';

const event = givenEvent();

test.each([
  { how: 'text', json: JSON.stringify(event) },
  { how: 'bytes', json: Buffer.from(JSON.stringify(event)) },
  { how: 'what a client has parsed', json: { ...event } },
])('an event is read from $how', ({ json }) => {
  expect(parseShareEvent(json)).toEqual(event);
});

test('a type, an attribute and a field that this version does not know pass', () => {
  const newer = { ...event, type: 'reward.doubled', traceparent: '00-1', data: { factor: 2 } };
  expect(parseShareEvent(JSON.stringify(newer))).toEqual(newer);
  expect([event.type, newer.type].map(isKnownEventType)).toEqual([true, false]);
});

test('an event without a user, and so without a number, passes', () => {
  const { subject, sequence, ...aboutNobody } = event;
  expect([subject, sequence]).not.toContain(undefined);
  expect(parseShareEvent(aboutNobody)).toEqual(aboutNobody);
});

test.each([
  { what: 'no JSON', json: '{"password":"hunter2', names: 'no JSON' },
  { what: 'no UTF-8', json: Buffer.from([0x7b, 0xff, 0x7d]), names: 'UTF-8' },
  { what: 'nothing', json: '', names: 'no JSON' },
  { what: 'null', json: 'null', names: 'no JSON object' },
  { what: 'a list', json: [event], names: 'no JSON object' },
  { what: 'another specversion', json: { ...event, specversion: '0.3' }, names: 'specversion' },
  { what: 'no id', json: { ...event, id: undefined }, names: '"id"' },
  { what: 'an empty id', json: { ...event, id: '' }, names: '"id"' },
  { what: 'a number as type', json: { ...event, type: 7 }, names: '"type"' },
  { what: 'no source', json: { ...event, source: null }, names: '"source"' },
  { what: 'a time that is none', json: { ...event, time: 'hunter2' }, names: '"time"' },
  { what: 'an object as subject', json: { ...event, subject: {} }, names: '"subject"' },
  { what: 'data that is a list', json: { ...event, data: [] }, names: '"data"' },
  { what: 'no data', json: { ...event, data: undefined }, names: '"data"' },
])('$what is refused with the fault named and nothing quoted', ({ json, names }) => {
  const read = (): unknown => parseShareEvent(json);
  expect(read).toThrow(ShareEventFormatError);
  expect(read).toThrow(names);
  expect(read).not.toThrow('hunter2');
  expect(read).toThrow(expect.objectContaining({ code: 'KAKAO_SHARE_EVENT_FORMAT' }) as Error);
});

test('whatever comes is an event or refused as none: nothing else is thrown', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array(), fc.object()), (json) => {
      try {
        parseShareEvent(json);
      } catch (error) {
        expect(error).toBeInstanceOf(ShareEventFormatError);
      }
    }),
  );
});
