import type { ShareEvent } from '../events/domain-event.js';

/**
 * Splits events so that a round can be under way all at once: it holds at most one event of a subject, and what a subject
 * has to hear first is in an earlier round. Whoever waits for one round before beginning the next keeps the order, and
 * nobody hears of an event when one before it did not arrive.
 */
export function inRounds(events: readonly ShareEvent[]): ShareEvent[][] {
  const rounds: ShareEvent[][] = [];
  const nextRound = new Map<string, number>();
  for (const event of events) {
    const round = event.subject === undefined ? 0 : (nextRound.get(event.subject) ?? 0);
    (rounds[round] ??= []).push(event);
    if (event.subject !== undefined) nextRound.set(event.subject, round + 1);
  }
  return rounds;
}
