import { defineEvent } from './event-definition.js';
import { app, deliveryId, points, rewardTransferId, unit, uuid } from './fields.js';

export const rewardVoided = defineEvent({
  type: 'reward.voided',
  version: 1,
  isAboutUser: true,
  summary:
    'An operator voided a reward while it was held: its points never become available, and went back to the campaign’s budget. Comes once ' +
    'per reward.held, never beside reward.released. Take it off what you show as pending; what the user can spend is as it was.',
  data: {
    app,
    transferId: uuid('The transfer in the ledger that gave them back to the budget.'),
    amount: points('What is not pending any more, in `unit`.'),
    unit,
    deliveryId,
    campaignId: uuid('The campaign whose budget got them back.'),
    rewardTransferId,
  },
  example: {
    app: 'default',
    transferId: '0192f4aa-1c4d-7d2e-9f30-5b6c7d8e9fa0',
    amount: 100,
    unit: 'point',
    deliveryId: '0192f0c1-7c5e-7a3b-9d51-3f6f0e2b8a10',
    campaignId: '0192ef00-1111-7abc-8def-0123456789ab',
    rewardTransferId: '0192f0c1-7d90-7b02-8c6f-2a94d1e7b3c8',
  },
});
