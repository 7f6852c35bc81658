import { Type } from '@sinclair/typebox';
import { defineEvent } from './event-definition.js';
import { app, balanceAfter, points, unit, uuid } from './fields.js';

export const pointsAdjusted = defineEvent({
  type: 'points.adjusted',
  version: 1,
  isAboutUser: true,
  summary:
    'An operator gave the user points, or took some, by hand. Comes once per adjustment; who did it and why stands in the audit. Change what the ' +
    'user can spend by the amount, in the direction told.',
  data: {
    app,
    transferId: uuid('The transfer in the ledger.'),
    amount: points('How much, in `unit`: always positive.'),
    unit,
    balanceAfter,
    direction: Type.Union(
      [
        Type.Literal('credit', { description: 'Given to the user.' }),
        Type.Literal('debit', { description: 'Taken from the user.' }),
      ],
      { description: 'Whether the user has more or less than before.' },
    ),
  },
  example: {
    app: 'default',
    transferId: '0192f9b5-6192-7273-8485-a0b1c2d3e4f5',
    amount: 50,
    unit: 'point',
    balanceAfter: 390,
    direction: 'credit',
  },
});
