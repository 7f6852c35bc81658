import type { ShareEvent } from '../../src/events/domain-event.js';
import { givenEvent, givenEvents } from '../transports/given-events.js';
import { findFaults } from './find-faults.js';

const minji = givenEvents(3, { subject: 'minji' });
const jisoo = givenEvents(2, { subject: 'jisoo' });
const [nobody] = givenEvents(1) as [ShareEvent];
const [one, two, three] = minji as [ShareEvent, ShareEvent, ShareEvent];
const recorded = [...minji, ...jisoo, nobody];

test('users’ events that come side by side, and any of them again, are no fault', () => {
  expect(findFaults(recorded, recorded)).toEqual([]);
  expect(findFaults(recorded, [nobody, ...jisoo, one, two, one, two, three, ...minji])).toEqual([]);
});

test('an event that is lost is found, the last of its user too', () => {
  const arrived = recorded.filter(({ id }) => id !== three.id);
  expect(findFaults(recorded, arrived)).toEqual([`${three.id} was lost`]);
  expect(findFaults(recorded, recorded.slice(0, -1))).toEqual([`${nobody.id} was lost`]);
});

test('an event that nobody recorded is found', () => {
  const invented = givenEvent('minji', 4);
  expect(findFaults(recorded, [...recorded, invented])).toEqual([`${invented.id} was invented`]);
});

test('an event that is not as it was recorded is found, also where it came well before', () => {
  const altered = { ...one, time: '2026-11-21T01:02:03.457Z' };
  expect(findFaults(recorded, [...recorded, altered])).toEqual([`${one.id} was altered`]);
});

test('two events of a user that are swapped are found', () => {
  expect(findFaults(recorded, [one, three, two, ...jisoo, nobody])).toEqual([
    expect.stringContaining(`${three.id} of /kakao-share/default minji has number 3 where 2`),
    expect.stringContaining(`${two.id} of /kakao-share/default minji has number 2 where 4`),
  ]);
});

test('an event that comes again in time does not hide that it came too late first', () => {
  expect(findFaults(recorded, [two, one, two, three, ...jisoo, nobody])).not.toEqual([]);
});
