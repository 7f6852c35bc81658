import type { Finding } from './alarm.js';

/** What was promised and what was heard, of one app. */
export interface SilenceFacts {
  readonly app: string;
  /** Whether any webhook came within the time of silence, or since the alarm was raised where it was. */
  readonly isHeard: boolean;
  readonly isAlarmed: boolean;
  /** Intents issued within that time, but for the last minutes: users take a while to share. */
  readonly issued: number;
  /** Of the latest intents before the last share: how many there are, and how many led to one. */
  readonly earlier: number;
  readonly earlierShared: number;
}

/** So unlikely that it does not happen by itself in years of half-hours. */
const CHANCE = 0.001;
/** Fewer say nothing about how many intents lead to a share here. */
const ENOUGH_EARLIER = 50;
/** Without such experience: so many intents, and not one share. */
const ENOUGH_ISSUED = 50;

/**
 * Kakao switches off a webhook that errs too often, and tells nobody. Silence is judged against what is usual here: where three in
 * ten intents lead to a share, twenty without any happen once in a thousand times. Once raised, only a webhook ends it,
 * as long as the app is in use: that few intents are issued at night, or that nobody shared for a week, is no good news.
 */
export function judgeSilence(apps: readonly SilenceFacts[], silenceMinutes: number): Finding[] {
  return apps.filter(isTooQuiet).map(({ app, issued }) => ({
    alarm: 'webhooks-missing',
    app,
    detail: `${issued} share intents were issued in the last ${silenceMinutes} minutes, and no webhook came: is it switched off in Kakao's console?`,
  }));
}

function isTooQuiet(facts: SilenceFacts): boolean {
  if (facts.isHeard) return false;
  if (facts.isAlarmed) return true;
  if (facts.earlier < ENOUGH_EARLIER) return facts.issued >= ENOUGH_ISSUED;
  return (1 - facts.earlierShared / facts.earlier) ** facts.issued < CHANCE;
}
