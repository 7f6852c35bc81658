import { Type } from '@sinclair/typebox';

/** Longer than any: its words are few and short. */
const MAX_ALARM_LENGTH = 64;

export const alarm = Type.String({
  pattern: '^[a-z]+(-[a-z]+)*$',
  maxLength: MAX_ALARM_LENGTH,
  description:
    'What is watched, a word of docs/monitoring.md. Words can be added without a new version.',
});

export const alarmApp = Type.String({
  minLength: 1,
  description: 'The Kakao app it is about, by our name for it; "*" is the service as a whole.',
});
