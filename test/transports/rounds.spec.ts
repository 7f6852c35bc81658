import fc from 'fast-check';
import type { ShareEvent } from '../../src/events/domain-event.js';
import { inRounds } from '../../src/transports/rounds.js';
import { givenEvent } from './given-events.js';

const EVENTS = fc
  .array(fc.option(fc.constantFrom('minji', 'jisoo', 'hana', ''), { nil: undefined }), {
    maxLength: 60,
  })
  .map((subjects) => subjects.map((subject, index) => givenEvent(subject, index)));

const subjectsOf = (events: readonly ShareEvent[]): string[] =>
  events.flatMap(({ subject }) => (subject === undefined ? [] : [subject]));

test('a round holds at most one event of a subject, and none is empty', () => {
  fc.assert(
    fc.property(EVENTS, (events) => {
      for (const round of inRounds(events)) {
        expect(round).not.toHaveLength(0);
        expect(new Set(subjectsOf(round)).size).toBe(subjectsOf(round).length);
      }
    }),
  );
});

test('every event is in one round, and a subject’s are in the order given', () => {
  fc.assert(
    fc.property(EVENTS, (events) => {
      const told = inRounds(events).flat();
      expect(told).toHaveLength(events.length);
      expect(new Set(told)).toEqual(new Set(events));
      for (const subject of new Set(subjectsOf(events))) {
        const ofSubject = (event: ShareEvent): boolean => event.subject === subject;
        expect(told.filter(ofSubject)).toEqual(events.filter(ofSubject));
      }
    }),
  );
});

test('there are no more rounds than the subject with most events needs', () => {
  fc.assert(
    fc.property(EVENTS, (events) => {
      const counts = new Map<string, number>();
      for (const subject of subjectsOf(events)) counts.set(subject, (counts.get(subject) ?? 0) + 1);
      const needed = Math.max(0, ...counts.values());
      expect(inRounds(events)).toHaveLength(events.length === 0 ? 0 : Math.max(1, needed));
    }),
  );
});
