import { readBudgetsAt } from '../../src/settlement/budgets-at.js';
import { SimulationTooSlowError } from '../../src/settlement/simulation-errors.js';
import { givenVersion } from '../campaigns/given-share.js';

const failing = (code: string): Parameters<typeof readBudgetsAt>[0] => ({
  query: () => Promise.reject(Object.assign(new Error('refused'), { code })),
});

test('where too much has moved since to be added up in time, a later period is asked for', async () => {
  const read = readBudgetsAt(failing('57014'), [givenVersion({ budget: 100 })], new Date());
  await expect(read).rejects.toThrow(SimulationTooSlowError);
  await expect(read).rejects.toThrow('choose a later `from`');
});

test('what else the database refuses is no matter of the period', async () => {
  const read = readBudgetsAt(failing('08006'), [givenVersion({ budget: 100 })], new Date());
  await expect(read).rejects.toThrow('refused');
});
