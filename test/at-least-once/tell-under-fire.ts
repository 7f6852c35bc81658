import type { Random } from '../../src/simulator/random.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import type { Arrivals } from './arrivals.js';
import type { OpenWay } from './ways/way.js';

/** For what comes next, on a machine that has much else to do. */
const STEP_LIMIT_MS = 90_000;
const END_LIMIT_MS = 300_000;
/** A relay's, as it is when nobody says otherwise. */
const LEASE_MS = 30_000;
/** Who more happens to when a relay was faster than we are. */
const LATECOMERS = Array.from({ length: 40 }, (_, index) => `latecomer-${index}`);
const EVENTS_OF_EACH = 10;
/** In a row that came too late: then it is no accident. */
const MAX_MISSES = 10;

export interface FirePlan {
  readonly kills: number;
  readonly restarts: number;
  /** How many events there are. */
  readonly eventCount: number;
  readonly random: Random;
}

/** What happened, for the report and for knowing that anything did. */
export interface FireOutcome {
  /** Relays that were killed while events waited. */
  readonly kills: number;
  /** How often the other side went away while events waited. */
  readonly restarts: number;
}

/** Lets a relay tell everything, while it is killed and its other side restarted at random moments. */
export async function tellUnderFire(
  way: OpenWay,
  db: TestDatabase,
  arrivals: Arrivals,
  plan: FirePlan,
): Promise<FireOutcome> {
  const outcome = { kills: 0, restarts: 0 };
  let relay = way.startRelay();
  const steps = shuffled(plan);
  // A third of the events, so that some are left for the last step however far a relay gets before it is hit.
  const atMost = Math.floor(plan.eventCount / 3 / steps.length);
  /** @returns whether it came while events waited: while this process stands still, a relay tells them all */
  const take = async (step: 'kill' | 'restart'): Promise<boolean> => {
    await untilFurther(db, arrivals, 1 + plan.random.below(atMost));
    if (step === 'kill') {
      await relay.kill();
      const isLate = (await countWaiting(db)) === 0;
      await letTimePass(db, new Date());
      relay = way.startRelay();
      return !isLate;
    }
    if ((await countWaiting(db)) === 0) return false;
    const wentAway = new Date();
    await way.restart(() => untilNoticed(db));
    await eventually(() => letTimePass(db, wentAway));
    return true;
  };
  try {
    for (const step of steps) {
      for (let misses = 0; !(await take(step)); misses++) {
        if (misses === MAX_MISSES) throw new Error(`No ${step} came while events waited`);
        await letMoreHappen(db);
      }
      outcome[`${step}s`]++;
    }
    await untilTold(db, END_LIMIT_MS);
    await arrivals.untilDistinct(await countEvents(db), STEP_LIMIT_MS);
    await relay.stop();
    await eventually(() => way.checkEmpty(), STEP_LIMIT_MS);
    return outcome;
  } catch (error) {
    throw new Error(`The last relay said: ${relay.output()}`, { cause: error });
  }
}

function shuffled({ kills, restarts, random }: FirePlan): ('kill' | 'restart')[] {
  const steps = Array.from({ length: kills + restarts }, (_, index) => ({
    step: index < kills ? ('kill' as const) : ('restart' as const),
    place: random.fraction(),
  }));
  return steps.sort((one, other) => one.place - other.place).map(({ step }) => step);
}

/** Waits until so many more have arrived, or were confirmed where a consumer falls behind. */
async function untilFurther(db: TestDatabase, arrivals: Arrivals, by: number): Promise<void> {
  const eventCount = await countEvents(db);
  const progress = async (): Promise<number> =>
    Math.max(arrivals.distinct, eventCount - (await countWaiting(db)));
  const enough = Math.min((await progress()) + by, eventCount);
  await eventually(async () => {
    if ((await progress()) < enough) throw new Error('The relay has not got further');
  }, STEP_LIMIT_MS);
}

async function countEvents(db: TestDatabase): Promise<number> {
  return db.number('SELECT count(*) FROM kakao_share.events');
}

async function letMoreHappen(db: TestDatabase): Promise<void> {
  for (let round = 0; round < EVENTS_OF_EACH; round++) await happen(db.database, LATECOMERS);
}

async function countWaiting(db: TestDatabase): Promise<number> {
  return db.number('SELECT count(*) FROM kakao_share.outbox');
}

async function untilNoticed(db: TestDatabase): Promise<void> {
  await eventually(async () => {
    if ((await countWaiting(db)) === 0) return;
    const failing = await db.number('SELECT count(failing_since) FROM kakao_share.relay_leases');
    if (failing === 0) throw new Error('No relay has noticed yet');
  }, STEP_LIMIT_MS);
}

/**
 * As if half a minute had passed: leases that were taken before then have run out, and what rests after a failure is tried
 * again. A relay that lives is fenced off from such a shard as one that stood still for so long; what it took since stays its own.
 */
async function letTimePass(db: TestDatabase, takenBefore: Date): Promise<void> {
  await db.rows(
    `UPDATE kakao_share.relay_leases SET retry_at = '-infinity',
       leased_until = CASE WHEN leased_until < $1 THEN '-infinity' ELSE leased_until END`,
    [new Date(takenBefore.getTime() + LEASE_MS)],
  );
  await db.rows(
    `SELECT pg_notify('kakao_share_outbox', 'kakao_share.' || name) FROM kakao_share.destinations`,
  );
}
