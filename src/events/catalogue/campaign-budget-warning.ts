import { Type } from '@sinclair/typebox';
import { defineEvent } from './event-definition.js';
import { app, points, unit } from './fields.js';
import { budgetCampaignId, budgetCampaignVersion, budgetLeft } from './budget-fields.js';

export const campaignBudgetWarning = defineEvent({
  type: 'campaign.budget-warning',
  version: 1,
  isAboutUser: false,
  summary:
    'A reward took a campaign’s budget past one of its warning levels. About no user. Comes once per level, and again only if points came back to ' +
    'the budget in between. Tell who runs the campaign, who can raise the budget.',
  data: {
    app,
    campaignId: budgetCampaignId,
    campaignVersion: budgetCampaignVersion,
    unit,
    budget: points('What the campaign may pay in all, in `unit`.'),
    left: budgetLeft,
    percent: Type.Number({
      exclusiveMinimum: 0,
      maximum: 100,
      description: 'The level that was passed: this much of the budget is paid, in percent.',
    }),
  },
  example: {
    app: 'default',
    campaignId: '0192ef00-1111-7abc-8def-0123456789ab',
    campaignVersion: 3,
    unit: 'point',
    budget: 1_000_000,
    left: 199_900,
    percent: 80,
  },
});
