import { defineEvent } from './event-definition.js';
import { app, balanceAfter, points, unit, uuid } from './fields.js';

export const pointsRedemptionReversed = defineEvent({
  type: 'points.redemption-reversed',
  version: 1,
  isAboutUser: true,
  summary:
    'A redemption was taken back, whole: the user has the points again, to be spent until the same time as before. Comes once per redemption ' +
    'at most. Add the amount to what the user can spend, and cancel what the points were spent on.',
  data: {
    app,
    transferId: uuid('The transfer in the ledger that gave them back.'),
    amount: points('What the user has again, in `unit`: all that the redemption took.'),
    unit,
    balanceAfter,
    redemptionTransferId: uuid('The redemption: `transferId` of its points.redeemed.'),
  },
  example: {
    app: 'default',
    transferId: '0192f9b4-5081-7162-9374-9fa0b1c2d3e4',
    amount: 30,
    unit: 'point',
    balanceAfter: 340,
    redemptionTransferId: '0192f9b3-4f70-7051-8263-8e9fa0b1c2d3',
  },
});
