import { Type, type TInteger, type TString } from '@sinclair/typebox';

/** A UUID, lower case. */
export function uuid(description: string): TString {
  return Type.String({ format: 'uuid', description });
}

/** A moment, RFC 3339 in UTC with milliseconds. */
export function time(description: string): TString {
  return Type.String({ format: 'date-time', description });
}

/** A positive number of points. */
export function points(description: string): TInteger {
  return Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description });
}

export const app = Type.String({
  minLength: 1,
  description:
    'The Kakao app it happened in, by our name for it: "default" where there is only one.',
});

export const unit = Type.String({
  minLength: 1,
  description: 'What the amounts count, e.g. "point".',
});

export const deliveryId = uuid(
  'Our id of the webhook it began with, and of the share: support finds everything under it.',
);

/** Longer than any: its words are few and short. */
const MAX_VERDICT_LENGTH = 64;

export const verdict = Type.String({
  pattern: '^[a-z]+(-[a-z]+)*$',
  maxLength: MAX_VERDICT_LENGTH,
  description:
    'How the share ended, a word of docs/verdicts.md. Words can be added without a new version: what you do not know, treat as not paid.',
});

export const reasons = Type.Array(Type.String(), {
  description:
    'Why it ended so, in English, for people to read: do not compare these texts. Can be empty.',
});

export const campaignId = uuid('The campaign that decided about the share.');

export const campaignVersion = Type.Integer({
  minimum: 1,
  description: 'Which version of the campaign’s rules decided.',
});

export const verified = Type.Boolean({
  description:
    'Whether a valid share intent says whose share it is. False: only the share itself names the user.',
});

export const rewardTransferId = uuid(
  'The transfer that paid the reward: `transferId` of its reward.credited or reward.held.',
);

export const balanceAfter = Type.Integer({
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
  description:
    'What the user could spend of this unit right after it; below zero after a clawback of spent points. Of a user’s events ' +
    'the highest `sequence` has the latest; what is paid by a share changes it without telling it.',
});
