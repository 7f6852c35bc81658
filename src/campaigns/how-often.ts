import { isSameDay } from './calendar-day.js';
import type { CampaignVersion } from './campaign.js';
import type { PastReward } from './reward-history.js';
import type { ShareFacts } from './share-facts.js';
import type { Refusal } from './verdicts.js';

/**
 * Refuses a share that would be one reward too many.
 *
 * A verified share is judged against verified rewards alone, so that whoever forges a user id cannot use up what is the
 * user's. An unverified one has caps of its own, and looks at all rewards where room and cool-down are concerned.
 *
 * @param past the user's rewards in the campaign, in any order
 */
export function refuseTooOften(
  share: ShareFacts,
  campaign: CampaignVersion,
  past: readonly PastReward[],
): Refusal | undefined {
  const isVerified = share.intent.status === 'valid';
  const seen = isVerified ? past.filter(({ intentId }) => intentId !== undefined) : past;
  const capped = isVerified ? seen : past.filter(({ intentId }) => intentId === undefined);
  return (
    refuseUsedIntent(share, campaign, seen) ??
    refuseUsedRoom(share, campaign, seen) ??
    refuseOverCap(share, campaign, capped) ??
    refuseTooSoon(share, campaign, seen)
  );
}

function refuseUsedIntent(
  { intent, room }: ShareFacts,
  { rules }: CampaignVersion,
  seen: readonly PastReward[],
): Refusal | undefined {
  if (intent.status !== 'valid') return undefined;
  const ofIntent = seen.filter(({ intentId }) => intentId === intent.id);
  const used = (reason: string): Refusal => ({ verdict: 'intent-used', reason });
  const { pays, atMost } = rules.intent;
  if (pays === 'once-per-room') {
    return ofIntent.some((reward) => reward.room === room)
      ? used('this intent was already rewarded for this room')
      : undefined;
  }
  const most = pays === 'once' ? 1 : (atMost ?? 1);
  return ofIntent.length < most
    ? undefined
    : used(`this intent was already rewarded ${times(ofIntent.length)}, and pays ${times(most)}`);
}

/** What nobody vouches for is paid once per room and day at the very most. */
function refuseUsedRoom(
  { intent, room, receivedAt }: ShareFacts,
  { rules }: CampaignVersion,
  seen: readonly PastReward[],
): Refusal | undefined {
  const most = intent.status === 'valid' ? rules.caps.perUserAndRoomPerDay : 1;
  if (most === null) return undefined;
  const sameRoom = onSameDay(
    receivedAt,
    seen.filter((reward) => reward.room === room),
    rules.timeZone,
  );
  if (sameRoom.length < most) return undefined;
  return {
    verdict: 'room-used-today',
    reason: `this user was already rewarded ${times(sameRoom.length)} for this room on that day`,
  };
}

function refuseOverCap(
  { intent, receivedAt }: ShareFacts,
  { rules }: CampaignVersion,
  capped: readonly PastReward[],
): Refusal | undefined {
  const caps = intent.status === 'valid' ? rules.caps : (rules.unverifiedCaps ?? rules.caps);
  const kind = intent.status === 'valid' ? '' : 'unverified ';
  if (caps.perUserPerDay !== null) {
    const today = onSameDay(receivedAt, capped, rules.timeZone).length;
    if (today >= caps.perUserPerDay) {
      return {
        verdict: 'cap',
        reason: `the user has had ${today} ${kind}rewards on that day, of at most ${caps.perUserPerDay}`,
      };
    }
  }
  if (caps.perUser === null || capped.length < caps.perUser) return undefined;
  return {
    verdict: 'cap',
    reason: `the user has had ${capped.length} ${kind}rewards in this campaign, of at most ${caps.perUser}`,
  };
}

/** In whichever order shares are settled: no two rewards lie closer together. Rooms that one tap reached are one share here. */
function refuseTooSoon(
  { intent, receivedAt }: ShareFacts,
  { rules }: CampaignVersion,
  seen: readonly PastReward[],
): Refusal | undefined {
  const coolDownMs = rules.coolDownSeconds * 1_000;
  const sameIntent = intent.status === 'valid' ? intent.id : undefined;
  const isNear = seen.some(
    (reward) =>
      (sameIntent === undefined || reward.intentId !== sameIntent) &&
      Math.abs(receivedAt.getTime() - reward.receivedAt.getTime()) < coolDownMs,
  );
  if (!isNear) return undefined;
  return {
    verdict: 'cool-down',
    reason: `another reward of this user lies less than ${rules.coolDownSeconds} s away`,
  };
}

function onSameDay(
  receivedAt: Date,
  rewards: readonly PastReward[],
  timeZone: string,
): PastReward[] {
  return rewards.filter((reward) => isSameDay(receivedAt, reward.receivedAt, timeZone));
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
