import { setImmediate as letOthersRun } from 'node:timers/promises';
import { readCampaignVersions } from '../campaigns/campaign-store.js';
import type { CampaignVersion } from '../campaigns/campaign.js';
import { chooseCampaign } from '../campaigns/choose-campaign.js';
import { RewardHistory } from '../campaigns/reward-history.js';
import { decideReward } from '../campaigns/reward-policy.js';
import type { Database, Transaction } from '../database/database.js';
import { readBudgetsAt } from './budgets-at.js';
import {
  BatchSituation,
  campaignsOf,
  readPast,
  toDecidable,
  type BudgetState,
} from './read-situation.js';
import { SimulationTooSlowError } from './simulation-errors.js';
import { SimulationReport, type Simulation } from './simulation-report.js';
import { findShares, readStoredShares, type StoredShare } from './stored-shares.js';

/** Some seconds of work, and what a person can still make sense of. */
const MAX_SIMULATED_SHARES = 10_000;
/** Custom parameters can be long: they are read and dropped again page by page. */
const PAGE_SIZE = 500;
/** The door answers in the same process: it is let to its work as often. */
const SLICE_MS = 10;
/** Far more than any period takes, but one in which a single user shared by the thousand: each looks back at all before it. */
const DECIDE_LIMIT_MS = 10_000;
const LIMITS = { statementTimeoutMs: 15_000 };

/** A share, and the campaign that would have decided about it. */
interface Candidate extends StoredShare {
  readonly campaign: CampaignVersion | undefined;
}

interface Material {
  readonly candidates: readonly Candidate[];
  readonly found: number;
  readonly truncated: boolean;
  readonly situation: BatchSituation;
}

/** A change to try: the campaign as it would be, and over what. */
export interface Trial {
  readonly changed: CampaignVersion;
  /** The shares of the campaign's app received from here, */
  readonly from: Date;
  /** and before this. */
  readonly to: Date;
}

/**
 * Tells what a campaign would have decided, had it always been as it is given here, and what is different from what was decided.
 * Starts from what had been earned when the period began and folds the decision in the order of receipt; knows no kill switch.
 * Writes nothing: the transaction is read-only, and over before the first decision.
 */
export async function simulateCampaign(database: Database, trial: Trial): Promise<Simulation> {
  const { candidates, found, truncated, situation } = await database.transaction(
    LIMITS,
    async (tx) => {
      await tx.query('SET TRANSACTION READ ONLY');
      return readMaterial(tx, trial);
    },
  );
  const report = new SimulationReport(trial.changed.campaignId);
  const deadline = performance.now() + DECIDE_LIMIT_MS;
  let sliceEnd = 0;
  for (const { facts, campaign, ...share } of candidates) {
    if (performance.now() > deadline) throw new SimulationTooSlowError();
    if (performance.now() > sliceEnd) {
      await letOthersRun();
      sliceEnd = performance.now() + SLICE_MS;
    }
    const decision = decideReward(facts, campaign, situation);
    if (decision.earned !== undefined) situation.apply(decision.earned);
    report.add({ ...share, receivedAt: facts.receivedAt }, decision);
  }
  return report.of({ shares: found, truncated, erased: found - candidates.length });
}

async function readMaterial(tx: Transaction, { changed, from, to }: Trial): Promise<Material> {
  const { app, campaignId } = changed;
  const known = await readCampaignVersions(tx, {
    ...{ apps: [app], earliest: from, latest: to },
    named: [],
  });
  const versions = [...known.filter((version) => version.campaignId !== campaignId), changed];
  const ids = await findShares(tx, { app, from, to }, MAX_SIMULATED_SHARES + 1);
  const taken = ids.slice(0, MAX_SIMULATED_SHARES);
  const candidates: Candidate[] = [];
  for (let start = 0; start < taken.length; start += PAGE_SIZE) {
    const page = await readStoredShares(tx, app, taken.slice(start, start + PAGE_SIZE));
    for (const share of page) {
      const campaign = chooseCampaign(share.facts, versions);
      candidates.push({ ...share, facts: { ...share.facts, custom: [] }, campaign });
    }
  }
  return {
    candidates,
    found: taken.length,
    truncated: ids.length > taken.length,
    situation: await readSituationAt(tx, candidates, from),
  };
}

/** What had been earned and spent by shares received before the period. */
async function readSituationAt(
  tx: Transaction,
  candidates: readonly Candidate[],
  from: Date,
): Promise<BatchSituation> {
  const decidable = candidates.flatMap(toDecidable);
  const past = await readPast(tx, decidable);
  const budgets: Map<string, BudgetState> = await readBudgetsAt(tx, campaignsOf(decidable), from);
  const earlier = past.filter(({ receivedAt }) => receivedAt < from);
  return new BatchSituation(new RewardHistory(earlier), budgets, new Set());
}
