import { isDeepStrictEqual } from 'node:util';
import type { ShareEvent } from '../../src/events/domain-event.js';

/** More of them say nothing more. */
const MAX_TOLD = 20;

/**
 * What a destination was told wrongly: events that are lost, invented or altered, and users whose events did not arrive first in
 * the order of their sequence, without a gap. That one arrives again is no fault.
 * @param recorded as the database has them
 * @param arrived in the order of arrival
 */
export function findFaults(
  recorded: readonly ShareEvent[],
  arrived: readonly ShareEvent[],
): string[] {
  const known = new Map(recorded.map((event) => [event.id, event]));
  const first = new Map<string, ShareEvent>();
  const faults = new Set<string>();
  for (const event of arrived) {
    const original = known.get(event.id);
    if (original === undefined) faults.add(`${event.id} was invented`);
    else if (!isDeepStrictEqual(event, original)) faults.add(`${event.id} was altered`);
    if (!first.has(event.id)) first.set(event.id, event);
  }
  for (const { id } of recorded) if (!first.has(id)) faults.add(`${id} was lost`);
  for (const fault of orderFaults([...first.values()])) faults.add(fault);
  return [...faults].slice(0, MAX_TOLD);
}

function orderFaults(events: readonly ShareEvent[]): string[] {
  const last = new Map<string, number>();
  return events.flatMap(({ id, source, subject, sequence }) => {
    if (subject === undefined) return [];
    const user = `${source} ${subject}`;
    const expected = (last.get(user) ?? 0) + 1;
    last.set(user, Number(sequence));
    return Number(sequence) === expected
      ? []
      : [`${id} of ${user} has number ${Number(sequence)} where ${expected} was to come`];
  });
}
