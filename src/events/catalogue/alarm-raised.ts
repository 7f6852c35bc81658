import { Type } from '@sinclair/typebox';
import { alarm, alarmApp } from './alarm-fields.js';
import { defineEvent } from './event-definition.js';
import { time } from './fields.js';

/** As much as an operator reads. */
const MAX_DETAIL_LENGTH = 1_000;

export const alarmRaised = defineEvent({
  type: 'alarm.raised',
  version: 1,
  isAboutUser: false,
  summary:
    'Something is wrong with the service itself. About no user. Comes once for the whole cluster, however many processes see it, and not again ' +
    'before it was cleared. Alert who runs the service; docs/monitoring.md says what to do.',
  data: {
    alarm,
    app: alarmApp,
    severity: Type.Union([Type.Literal('critical'), Type.Literal('warning')], {
      description: 'Critical: webhooks or points are in danger now. Warning: look at it today.',
    }),
    since: time('When it was first seen.'),
    detail: Type.String({
      maxLength: MAX_DETAIL_LENGTH,
      description: 'What was seen, in English, for people to read: do not compare it.',
    }),
  },
  example: {
    alarm: 'webhooks-missing',
    app: 'default',
    severity: 'critical',
    since: '2026-11-05T09:30:00.000Z',
    detail:
      '64 share intents were issued in the last 30 minutes, and no webhook came: is it switched off in Kakao’s console?',
  },
});
