import { defineEvent } from './event-definition.js';
import {
  app,
  campaignId,
  campaignVersion,
  deliveryId,
  points,
  unit,
  uuid,
  verified,
} from './fields.js';

export const rewardCredited = defineEvent({
  type: 'reward.credited',
  version: 1,
  isAboutUser: true,
  summary:
    'A share earned the user points that can be spent at once. Comes once per reward, right after its kakao.share.recorded. Tell the user, ' +
    'or add the amount to a wallet of your own, once per transferId.',
  data: {
    deliveryId,
    app,
    transferId: uuid('The transfer in the ledger that paid it.'),
    amount: points('What the user was given, in `unit`.'),
    unit,
    campaignId,
    campaignVersion,
    verified,
  },
  example: {
    deliveryId: '0192f0c1-7c5e-7a3b-9d51-3f6f0e2b8a10',
    app: 'default',
    transferId: '0192f0c1-7d90-7b02-8c6f-2a94d1e7b3c8',
    amount: 100,
    unit: 'point',
    campaignId: '0192ef00-1111-7abc-8def-0123456789ab',
    campaignVersion: 3,
    verified: true,
  },
});
