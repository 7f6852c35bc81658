import { finding, type Finding } from './alarm.js';
import { LATE_MS, WINDOW_MINUTES, type DoorFacts } from './door-tally.js';

/** Kakao gives up after 3 s: what took this long was a matter of luck. */
const TOO_LATE_MS = 2_500;
/** One in a hundred, once there are enough to say so. */
const LATE_SHARE = 0.01;
const ENOUGH_ANSWERS = 100;
/** More than a person who tries out a key by hand. */
const MANY_UNAUTHORIZED = 20;

/** What is wrong at this process's door. */
export function judgeDoor(facts: DoorFacts): Finding[] {
  return [...judgeLost(facts), ...judgeSlow(facts), ...judgeRefused(facts)];
}

function judgeLost({ lost }: DoorFacts): Finding[] {
  if (lost === 0) return [];
  return [
    finding(
      'webhooks-lost',
      `${lost} webhooks with a right key were answered 5xx in ${WINDOW_MINUTES} minutes: Kakao sends them once`,
    ),
  ];
}

function judgeSlow({ genuine, late, slowestMs }: DoorFacts): Finding[] {
  const isOftenLate = genuine >= ENOUGH_ANSWERS && late >= genuine * LATE_SHARE;
  if (slowestMs < TOO_LATE_MS && !isOftenLate) return [];
  return [
    finding(
      'answers-slow',
      `${late} of ${genuine} answers took ${LATE_MS} ms or longer in ${WINDOW_MINUTES} minutes, the slowest ${Math.round(slowestMs)} ms`,
    ),
  ];
}

function judgeRefused({ unauthorized, genuine }: DoorFacts): Finding[] {
  if (unauthorized < MANY_UNAUTHORIZED) return [];
  return [
    finding(
      'webhooks-refused',
      `${unauthorized} webhooks were answered 401 in ${WINDOW_MINUTES} minutes, ${genuine} came with a right key`,
    ),
  ];
}
