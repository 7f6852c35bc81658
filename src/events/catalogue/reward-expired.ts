import { defineEvent } from './event-definition.js';
import { app, balanceAfter, points, unit, uuid } from './fields.js';

export const rewardExpired = defineEvent({
  type: 'reward.expired',
  version: 1,
  isAboutUser: true,
  summary:
    'Points expired that the user had not spent in time, whether a reward or an adjustment gave them. Comes per credit that expired, up to some ' +
    'time after it was due. Take the amount off what the user can spend.',
  data: {
    app,
    transferId: uuid('The transfer in the ledger that took them.'),
    amount: points('What expired, in `unit`: what was left of that credit.'),
    unit,
    balanceAfter,
    originTransferId: uuid(
      'The transfer that once made these points available: `transferId` of a reward.credited, reward.released or points.adjusted.',
    ),
  },
  example: {
    app: 'default',
    transferId: '01931a07-3e6f-7f40-9152-7d8e9fa0b1c2',
    amount: 35,
    unit: 'point',
    balanceAfter: 305,
    originTransferId: '0192f0c1-7d90-7b02-8c6f-2a94d1e7b3c8',
  },
});
