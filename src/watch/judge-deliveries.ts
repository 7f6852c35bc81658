import { finding, type Finding } from './alarm.js';

/** How deliveries fare, in the whole cluster. */
export interface DeliveryFacts {
  readonly open: number;
  /** How long the oldest of them has been open. */
  readonly oldestOpenS: number;
  /** Of the last hour. */
  readonly received: number;
  readonly quarantined: number;
  /** Of the last day, by field. */
  readonly unknownValues: Readonly<Record<string, number>>;
}

/** Whatever the traffic: so many have to be looked at. */
const MANY_QUARANTINED = 20;
/** With little traffic: a few of them, if they are half of all. */
const SOME_QUARANTINED = 3;

export function judgeDeliveries(facts: DeliveryFacts, unsettledS: number): Finding[] {
  return [
    ...judgeOpen(facts, unsettledS),
    ...judgeQuarantine(facts),
    ...judgeUnknownValues(facts.unknownValues),
  ];
}

function judgeOpen({ open, oldestOpenS }: DeliveryFacts, unsettledS: number): Finding[] {
  if (oldestOpenS < unsettledS) return [];
  return [
    finding(
      'settlement-behind',
      `the oldest of ${open} unsettled deliveries has waited for ${Math.floor(oldestOpenS)} s`,
    ),
  ];
}

function judgeQuarantine({ quarantined, received }: DeliveryFacts): Finding[] {
  const isHalf = quarantined >= SOME_QUARANTINED && quarantined * 2 >= received;
  if (quarantined < MANY_QUARANTINED && !isHalf) return [];
  return [
    finding(
      'quarantine-growing',
      `${quarantined} of the last hour's deliveries could not be understood`,
    ),
  ];
}

function judgeUnknownValues(unknownValues: DeliveryFacts['unknownValues']): Finding[] {
  const told = Object.entries(unknownValues).map(([field, count]) => `${field} (${count})`);
  if (told.length === 0) return [];
  return [
    finding(
      'unknown-values',
      `shares of the last day carry values that are not known here: ${told.sort().join(', ')}`,
    ),
  ];
}
