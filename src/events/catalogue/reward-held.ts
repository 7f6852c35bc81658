import { defineEvent } from './event-definition.js';
import {
  app,
  campaignId,
  campaignVersion,
  deliveryId,
  points,
  time,
  unit,
  uuid,
  verified,
} from './fields.js';

export const rewardHeld = defineEvent({
  type: 'reward.held',
  version: 1,
  isAboutUser: true,
  summary:
    'A share earned the user points that are pending: they cannot be spent yet. Comes once per reward; a reward.released or reward.voided ' +
    'follows. Show them as on their way, and do not add them to what can be spent.',
  data: {
    deliveryId,
    app,
    transferId: uuid('The transfer in the ledger that put them aside for the user.'),
    amount: points('What is pending for the user, in `unit`.'),
    unit,
    campaignId,
    campaignVersion,
    verified,
    heldUntil: time('When they become available unless somebody decides otherwise before.'),
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
    heldUntil: '2026-11-03T05:00:00.000Z',
  },
});
