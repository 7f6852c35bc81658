import { Type } from '@sinclair/typebox';
import { defineEvent } from './event-definition.js';
import { time, uuid } from './fields.js';

/** As much as an operator reads; the rest stands in the endpoint's delivery log. */
const MAX_REASON_LENGTH = 1_000;

export const eventEndpointPaused = defineEvent({
  type: 'event-endpoint.paused',
  version: 1,
  isAboutUser: false,
  summary:
    'An endpoint of yours for outgoing webhooks failed for too long and is sent nothing any more. About no user. Events for it wait. Alert who runs ' +
    'the endpoint; once it answers again, resume it under /v1/event-endpoints.',
  data: {
    endpointId: uuid('The endpoint, as /v1/event-endpoints names it.'),
    app: Type.String({
      minLength: 1,
      description: 'The Kakao app whose events it is sent, by our name for it.',
    }),
    since: time('When it was paused.'),
    reason: Type.String({
      maxLength: MAX_REASON_LENGTH,
      description: 'Why it was paused, in English, for people to read.',
    }),
  },
  example: {
    endpointId: '0192f9c0-72a3-7384-9596-b1c2d3e4f506',
    app: 'default',
    since: '2026-11-05T09:30:00.000Z',
    reason: 'it has failed for 5 days: the last answer was 503',
  },
});
