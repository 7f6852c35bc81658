import type { Database } from '../database/database.js';
import { readDestinations, type DestinationStanding } from '../relay/destination-standing.js';
import type { GaugeReading } from './gauge-source.js';

const LIMITS = { statementTimeoutMs: 1_000 };
/** Endpoints are other people's, and may be many: they are told together. `/v1/event-endpoints` has each. */
const ENDPOINTS = 'endpoints';

/** What waits for each transport and handler, and for all endpoints together. */
export async function readDestinationLoads(database: Database): Promise<GaugeReading[]> {
  const kinds = ['transport', 'handler', 'endpoint'] as const;
  const all = await database.transaction(LIMITS, (tx) => readDestinations(tx, { kinds }));
  const labelled = all.map((standing) => ({
    ...standing,
    label: standing.kind === 'endpoint' ? ENDPOINTS : standing.name,
  }));
  const label = 'destination';
  return [
    {
      ...{ name: 'kakao_share_destination_waiting_events', label },
      help: 'Events that wait for a destination, each counted up to 10000.',
      value: combine(labelled, ({ waiting }) => waiting, sum),
    },
    {
      ...{ name: 'kakao_share_destination_lag_seconds', label },
      help: 'How long ago the first of them was recorded; 0 where none waits.',
      value: combine(labelled, lagOf, Math.max),
    },
    {
      ...{ name: 'kakao_share_destination_refused_events', label },
      help: 'Events that a destination would not take, each counted up to 10000.',
      value: combine(labelled, ({ refused }) => refused, sum),
    },
    {
      ...{ name: 'kakao_share_destination_up', label },
      help: '1 while it takes events; 0 while it fails, is away, paused, or served by no relay.',
      value: combine(labelled, ({ state }) => (state === 'ok' ? 1 : 0), Math.min),
    },
  ];
}

const sum = (one: number, other: number): number => one + other;

function lagOf({ waiting_since: since }: DestinationStanding): number {
  return since === null ? 0 : Math.max(0, (Date.now() - since.getTime()) / 1_000);
}

function combine<Labelled extends { readonly label: string }>(
  destinations: readonly Labelled[],
  valueOf: (destination: Labelled) => number,
  join: (one: number, other: number) => number,
): Record<string, number> {
  const values: Record<string, number> = {};
  for (const destination of destinations) {
    const value = valueOf(destination);
    const earlier = values[destination.label];
    values[destination.label] = earlier === undefined ? value : join(earlier, value);
  }
  return values;
}
