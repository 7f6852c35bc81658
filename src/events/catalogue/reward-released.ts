import { defineEvent } from './event-definition.js';
import { app, balanceAfter, deliveryId, points, rewardTransferId, unit, uuid } from './fields.js';

export const rewardReleased = defineEvent({
  type: 'reward.released',
  version: 1,
  isAboutUser: true,
  summary:
    'Points of a reward that was held became available: their time was over, or an operator released them. Comes once per reward.held, never ' +
    'beside reward.voided. Add the amount to what the user can spend, and tell the user.',
  data: {
    app,
    transferId: uuid('The transfer in the ledger that made them available.'),
    amount: points('What became available, in `unit`.'),
    unit,
    balanceAfter,
    deliveryId,
    campaignId: uuid('The campaign that paid the reward.'),
    rewardTransferId,
  },
  example: {
    app: 'default',
    transferId: '0192f4aa-0b3c-7c1d-8e2f-4a5b6c7d8e9f',
    amount: 100,
    unit: 'point',
    balanceAfter: 340,
    deliveryId: '0192f0c1-7c5e-7a3b-9d51-3f6f0e2b8a10',
    campaignId: '0192ef00-1111-7abc-8def-0123456789ab',
    rewardTransferId: '0192f0c1-7d90-7b02-8c6f-2a94d1e7b3c8',
  },
});
