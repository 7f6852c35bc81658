import { alarm, alarmApp } from './alarm-fields.js';
import { defineEvent } from './event-definition.js';
import { time } from './fields.js';

export const alarmCleared = defineEvent({
  type: 'alarm.cleared',
  version: 1,
  isAboutUser: false,
  summary:
    'What an alarm.raised told of is over; `time` says when that was seen. About no user. Tell whoever was alerted.',
  data: { alarm, app: alarmApp, since: time('When it was first seen, as in its alarm.raised.') },
  example: { alarm: 'webhooks-missing', app: 'default', since: '2026-11-05T09:30:00.000Z' },
});
