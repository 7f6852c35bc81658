import { Type } from '@sinclair/typebox';
import { defineEvent } from './event-definition.js';
import { app, balanceAfter, deliveryId, points, rewardTransferId, unit, uuid } from './fields.js';

export const rewardClawedBack = defineEvent({
  type: 'reward.clawed-back',
  version: 1,
  isAboutUser: true,
  summary:
    'Points of a reward were taken back from the user, after an operator’s decision, to the campaign’s budget. Where the user had too few it can ' +
    'come in several parts as points come in. Take the amount off what the user can spend, once per transferId.',
  data: {
    app,
    transferId: uuid('The transfer in the ledger that took this part.'),
    amount: points('What was taken by this part, in `unit`.'),
    unit,
    balanceAfter,
    deliveryId,
    campaignId: uuid('The campaign whose budget got them back.'),
    rewardTransferId,
    outstanding: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'What of the decision is still to be taken, in `unit`; 0 with the last part.',
    }),
  },
  example: {
    app: 'default',
    transferId: '0192f9b3-2d5e-7e3f-8041-6c7d8e9fa0b1',
    amount: 60,
    unit: 'point',
    balanceAfter: 0,
    deliveryId: '0192f0c1-7c5e-7a3b-9d51-3f6f0e2b8a10',
    campaignId: '0192ef00-1111-7abc-8def-0123456789ab',
    rewardTransferId: '0192f0c1-7d90-7b02-8c6f-2a94d1e7b3c8',
    outstanding: 40,
  },
});
