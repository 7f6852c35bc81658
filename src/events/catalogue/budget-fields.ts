import { Type } from '@sinclair/typebox';
import { uuid } from './fields.js';

export const budgetCampaignId = uuid('The campaign whose budget it is.');

export const budgetCampaignVersion = Type.Integer({
  minimum: 1,
  description: 'The version of the campaign’s rules that paid the reward.',
});

export const budgetLeft = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'What the campaign may still pay after this reward, in `unit`.',
});
