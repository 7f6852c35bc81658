import type { Static } from '@sinclair/typebox';
import { alarmCleared } from './alarm-cleared.js';
import { alarmRaised } from './alarm-raised.js';
import { campaignBudgetExhausted } from './campaign-budget-exhausted.js';
import { campaignBudgetWarning } from './campaign-budget-warning.js';
import { eventEndpointPaused } from './event-endpoint-paused.js';
import { kakaoShareFailed } from './kakao-share-failed.js';
import { kakaoShareQuarantined } from './kakao-share-quarantined.js';
import { kakaoShareRecorded } from './kakao-share-recorded.js';
import { pointsAdjusted } from './points-adjusted.js';
import { pointsRedeemed } from './points-redeemed.js';
import { pointsRedemptionReversed } from './points-redemption-reversed.js';
import { rewardClawedBack } from './reward-clawed-back.js';
import { rewardCredited } from './reward-credited.js';
import { rewardExpired } from './reward-expired.js';
import { rewardHeld } from './reward-held.js';
import { rewardReleased } from './reward-released.js';
import { rewardVoided } from './reward-voided.js';
import { rewardWithheld } from './reward-withheld.js';

/** Everything that others can be told, in the order in which it is explained to them. */
export const CATALOGUE = [
  kakaoShareRecorded,
  kakaoShareQuarantined,
  kakaoShareFailed,
  rewardCredited,
  rewardHeld,
  rewardWithheld,
  rewardReleased,
  rewardVoided,
  rewardClawedBack,
  rewardExpired,
  pointsRedeemed,
  pointsRedemptionReversed,
  pointsAdjusted,
  campaignBudgetWarning,
  campaignBudgetExhausted,
  eventEndpointPaused,
  alarmRaised,
  alarmCleared,
] as const;

type Definition = (typeof CATALOGUE)[number];

/** What can happen, in the past tense: the `type` of an event. */
export type DomainEventType = Definition['type'];

/**
 * What an event of this type tells, e.g. `EventData<'reward.credited'>`. Each field is explained in `asyncapi.json`, which the
 * package brings along.
 */
export type EventData<Name extends DomainEventType = DomainEventType> = Unchanging<
  Static<Extract<Definition, { readonly type: Name }>['data']>
>;

/** What happened does not change: neither fields nor lists. */
type Unchanging<Data> = {
  readonly [Field in keyof Data]: Data[Field] extends (infer Item)[]
    ? readonly Item[]
    : Data[Field];
};

const VERSIONS = new Map<DomainEventType, number>(
  CATALOGUE.map(({ type, version }) => [type, version]),
);

/** The version that events of this type are written in now. */
export function currentVersion(type: DomainEventType): number {
  const version = VERSIONS.get(type);
  if (version === undefined) throw new Error(`The catalogue has no event ${type}.`);
  return version;
}

/** Names the schema of an event's data, by type and version. A name, not an address: docs/decisions/0015-versions-of-events.md. */
export function dataSchemaUri(type: string, version: number): string {
  return `tag:nestjs-kakao-share,2026:events/${type}/v${version}`;
}
