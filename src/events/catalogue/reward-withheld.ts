import { Type } from '@sinclair/typebox';
import { defineEvent } from './event-definition.js';
import {
  app,
  campaignId,
  campaignVersion,
  deliveryId,
  reasons,
  verdict,
  verified,
} from './fields.js';

export const rewardWithheld = defineEvent({
  type: 'reward.withheld',
  version: 1,
  isAboutUser: true,
  summary:
    'A share of a known user paid nothing: a rule was against it, or the campaign only observes. Comes right after its ' +
    'kakao.share.recorded, or alone when a replay changed the verdict, or the user that it is about: the last one of a deliveryId counts. Explain it to the user by the verdict; fraud teams look at who has many of them.',
  data: {
    deliveryId,
    app,
    verdict,
    reasons,
    campaignId: Type.Optional(campaignId),
    campaignVersion: Type.Optional(campaignVersion),
    verified: Type.Optional(verified),
  },
  example: {
    deliveryId: '0192f0c1-a411-7e0c-9f6d-57b8c2d41e90',
    app: 'default',
    verdict: 'cap',
    reasons: ['the user has had 3 rewards of this campaign today, of at most 3'],
    campaignId: '0192ef00-1111-7abc-8def-0123456789ab',
    campaignVersion: 3,
    verified: true,
  },
});
