import { finding, type Finding } from './alarm.js';
import { LATE_MS, WINDOW_MINUTES, type DoorFacts } from './door-tally.js';

/** Kakao gives up after 3 s: what took this long was a matter of luck. */
const TOO_LATE_MS = 2_500;
/** One in a hundred; of few answers one or two may be a matter of luck. */
const LATE_SHARE = 0.01;
const SOME_LATE = 3;
/** More than a person who tries out a key, or an address, by hand. */
const MANY_REFUSED = 20;

/** What is wrong at this process's door. */
export function judgeDoor(facts: DoorFacts): Finding[] {
  return [...judgeLost(facts), ...judgeSlow(facts), ...judgeRefused(facts)];
}

function judgeLost({ lost, turnedAway }: DoorFacts): Finding[] {
  const answered = [
    ...(lost > 0 ? [`${lost} webhooks with a right key were answered 5xx`] : []),
    ...(turnedAway > 0 ? [`${turnedAway} webhooks with a right key were answered 4xx`] : []),
  ];
  if (answered.length === 0) return [];
  return [
    finding(
      'webhooks-lost',
      `${answered.join(', and ')} in ${WINDOW_MINUTES} minutes: Kakao sends them once`,
    ),
  ];
}

function judgeSlow({ genuine, late, slowestMs }: DoorFacts): Finding[] {
  const isOftenLate = late >= SOME_LATE && late >= genuine * LATE_SHARE;
  if (slowestMs < TOO_LATE_MS && !isOftenLate) return [];
  return [
    finding(
      'answers-slow',
      `${late} of ${genuine} answers took ${LATE_MS} ms or longer in ${WINDOW_MINUTES} minutes, the slowest ${Math.round(slowestMs)} ms`,
    ),
  ];
}

function judgeRefused({ unauthorized, foreign, genuine }: DoorFacts): Finding[] {
  const answered = [
    ...(unauthorized >= MANY_REFUSED ? [`${unauthorized} webhooks were answered 401`] : []),
    ...(foreign >= MANY_REFUSED
      ? [`${foreign} webhooks from addresses that KAKAO_NETWORKS does not name were answered 403`]
      : []),
  ];
  if (answered.length === 0) return [];
  return [
    finding(
      'webhooks-refused',
      `${answered.join(', and ')} in ${WINDOW_MINUTES} minutes, ${genuine} came with a right key`,
    ),
  ];
}
