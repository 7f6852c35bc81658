import { audit } from './audit.js';
import { Cluster, type ClusterOptions } from './cluster.js';
import { findUnfelt, type Felt, type Price } from './find-faults.js';
import type { PlannedShare } from './planned-shares.js';
import { latencyAt } from './sending.js';
import { SteadyLoad } from './steady-load.js';

/** One way in which the world is bad. */
export interface Scenario extends Price {
  /** Ends the sentence "The promise holds under steady load while …". */
  readonly name: string;
  /** Part of every run, not only of the long one. */
  readonly short?: boolean;
  /** Why this machine cannot do it; undefined where it can. */
  readonly leftOut?: () => string | undefined;
  /** Makes ready what the cluster needs, and what is to be taken away in the end. */
  readonly cluster?: () => Promise<ClusterOptions & { readonly cleanUp?: () => Promise<void> }>;
  /** Shares that wait in the spool before the load begins. */
  readonly earlier?: readonly PlannedShare[];
  /** The fault, from its beginning to its end. The load runs. @returns what shows that it was felt, each of it above 0 */
  run(cluster: Cluster, load: SteadyLoad): Promise<Felt>;
}

/** How it went. */
export interface Outcome {
  readonly name: string;
  readonly faults: readonly string[];
  readonly acknowledged: number;
  readonly quarantined: number;
  readonly refused: number;
  readonly lost: number;
  readonly slowestMs: number;
  readonly p99Ms: number;
  readonly seconds: number;
}

/** The load is steady before the fault begins, and again when it is over. */
const BEFORE_AND_AFTER = 100;

export async function play(scenario: Scenario): Promise<Outcome> {
  const startedAtMs = performance.now();
  const { cleanUp, ...options } = (await scenario.cluster?.()) ?? {};
  try {
    const cluster = await Cluster.start(options);
    const { earlier = [] } = scenario;
    const load = new SteadyLoad(cluster.balancer, cluster.promises, earlier.length);
    try {
      load.start();
      const faults = await faultsOf(async () => {
        await load.untilAcknowledged(BEFORE_AND_AFTER);
        const felt = await scenario.run(cluster, load);
        await load.untilAcknowledged(BEFORE_AND_AFTER);
        return findUnfelt(felt);
      });
      await load.stop();
      faults.push(...(await faultsOf(() => audit(cluster, load, scenario, earlier))));
      if (faults.length > 0) await cluster.keepLogs(scenario.name);
      return outcomeOf(scenario, load, faults, performance.now() - startedAtMs);
    } finally {
      await load.stop();
      await cluster.close();
    }
  } finally {
    await cleanUp?.();
  }
}

/** What breaks off on the way is a fault as well; the audit tells all the same what became of the shares. */
async function faultsOf(steps: () => Promise<string[]>): Promise<string[]> {
  try {
    return await steps();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function outcomeOf(
  { name }: Scenario,
  load: SteadyLoad,
  faults: readonly string[],
  tookMs: number,
): Outcome {
  return {
    ...{ name, faults },
    acknowledged: load.count('acknowledged'),
    quarantined: load.sendings.filter(({ said }) => said === 'quarantined').length,
    refused: load.count('refused'),
    lost: load.count('lost'),
    slowestMs: Math.round(latencyAt(1, load.sendings)),
    p99Ms: Math.round(latencyAt(0.99, load.sendings)),
    seconds: Math.round(tookMs / 1_000),
  };
}
