import { defineEvent } from './event-definition.js';
import { app, points, unit } from './fields.js';
import { budgetCampaignId, budgetCampaignVersion, budgetLeft } from './budget-fields.js';

export const campaignBudgetExhausted = defineEvent({
  type: 'campaign.budget-exhausted',
  version: 1,
  isAboutUser: false,
  summary:
    'What is left of a campaign’s budget pays not even its smallest reward: shares end with the verdict "budget" from now on. About no user. Comes ' +
    'again only if points came back to the budget in between. Take the campaign off the page, or raise its budget.',
  data: {
    app,
    campaignId: budgetCampaignId,
    campaignVersion: budgetCampaignVersion,
    unit,
    budget: points('What the campaign may pay in all, in `unit`.'),
    left: budgetLeft,
  },
  example: {
    app: 'default',
    campaignId: '0192ef00-1111-7abc-8def-0123456789ab',
    campaignVersion: 3,
    unit: 'point',
    budget: 1_000_000,
    left: 0,
  },
});
