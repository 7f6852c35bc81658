import { newId } from '../../src/database/new-id.js';
import { dataSchemaUri } from '../../src/events/catalogue/catalogue.js';
import { rewardCredited } from '../../src/events/catalogue/reward-credited.js';
import type { ShareEvent } from '../../src/events/domain-event.js';

/** Events of a user, numbered from `first`, or events of nobody. */
export function givenEvents(
  count: number,
  { subject, first = 1 }: { subject?: string; first?: number } = {},
): ShareEvent[] {
  return Array.from({ length: count }, (_, index) => givenEvent(subject, first + index));
}

export function givenEvent(subject: string | undefined, sequence: number, bytes = 0): ShareEvent {
  return {
    specversion: '1.0',
    id: newId(),
    source: '/kakao-share/default',
    type: 'reward.credited',
    ...(subject === undefined ? {} : { subject, sequence: sequence.toString().padStart(16, '0') }),
    time: '2026-11-21T01:02:03.456Z',
    datacontenttype: 'application/json',
    dataschema: dataSchemaUri('reward.credited', 1),
    data: { ...rewardCredited.example, unit: 'point'.padEnd(bytes, 's') },
  };
}

/** What each arrived first, in the order of arrival. */
export function firstOccurrences(arrived: readonly ShareEvent[]): ShareEvent[] {
  return [...new Map([...arrived].reverse().map((event) => [event.id, event])).values()].reverse();
}

/** The numbers in which a user's events arrived first. */
export function sequencesOf(arrived: readonly ShareEvent[], subject: string): number[] {
  return firstOccurrences(arrived)
    .filter((event) => event.subject === subject)
    .map(({ sequence }) => Number(sequence));
}

/** For calls that are given all the time they need. */
export const NOT_ABORTED = new AbortController().signal;
