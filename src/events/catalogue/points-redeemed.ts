import { defineEvent } from './event-definition.js';
import { app, balanceAfter, points, unit, uuid } from './fields.js';

export const pointsRedeemed = defineEvent({
  type: 'points.redeemed',
  version: 1,
  isAboutUser: true,
  summary:
    'The user spent points, through the caller who asked for the redemption. Comes once per redemption. Take the amount off what the user can ' +
    'spend; a points.redemption-reversed can follow.',
  data: {
    app,
    transferId: uuid(
      'The transfer in the ledger: the id of the redemption, which the caller was answered.',
    ),
    amount: points('What was spent, in `unit`.'),
    unit,
    balanceAfter,
  },
  example: {
    app: 'default',
    transferId: '0192f9b3-4f70-7051-8263-8e9fa0b1c2d3',
    amount: 30,
    unit: 'point',
    balanceAfter: 310,
  },
});
