import type { Database } from '../database/database.js';
import { TimedRead } from '../lifecycle/timed-read.js';
import type { SettlementQueue } from '../queue/settlement-queue.js';
import { readDeliveryFacts } from '../watch/read-facts.js';
import { readDestinationLoads } from './destination-loads.js';
import type { GaugeReading, GaugeSource } from './gauge-source.js';
import { readKeys } from './key-readings.js';
import { readLeftOver } from './left-over.js';

/**
 * A scraper waits some seconds in all, and asks everything at once. Several scrapers, or an impatient one, cost the database no more
 * than one.
 */
const TIMES = { limitMs: 1_000, freshMs: 5_000 };

/** What database and queue tell: the same from every process. */
export function clusterGauges(database: Database, queue: SettlementQueue): readonly GaugeSource[] {
  return [
    source('deliveries', () => readDeliveries(database)),
    source('verdicts', () => readLeftOver(database)),
    source('destinations', () => readDestinationLoads(database)),
    source('keys', () => readKeys(database)),
    source('queue', () => readQueue(queue)),
  ];
}

function source(part: string, read: () => Promise<readonly GaugeReading[]>): GaugeSource {
  const timed = new TimedRead(`reading ${part}`, read, TIMES);
  return { part, read: () => timed.value() };
}

async function readDeliveries(database: Database): Promise<GaugeReading[]> {
  const { open, oldestOpenS, unknownValues } = await readDeliveryFacts(database, new Date());
  return [
    {
      name: 'kakao_share_open_deliveries',
      help: 'Deliveries without a verdict, counted up to 100000.',
      value: open,
    },
    {
      name: 'kakao_share_oldest_open_delivery_seconds',
      help: 'How long the oldest of them has been open; 0 where there is none.',
      value: oldestOpenS,
    },
    {
      name: 'kakao_share_unknown_values',
      help: 'Shares of the last day with a value that is not known here, by field, counted up to 10000.',
      label: 'field',
      value: unknownValues,
    },
  ];
}

async function readQueue(queue: SettlementQueue): Promise<GaugeReading[]> {
  const { waiting } = await queue.backlog();
  return [
    {
      name: 'kakao_share_queue_waiting_jobs',
      help: 'Settlement jobs that wait for a worker.',
      value: waiting,
    },
  ];
}
