import { Logger } from '@nestjs/common';
import { Random } from '../../src/simulator/random.js';
import type { TestDatabase } from '../support/test-database.js';
import { findProgram } from '../support/where-installed.js';
import { Arrivals } from './arrivals.js';
import { findFaults } from './find-faults.js';
import { killRelays } from './relay-process.js';
import { readRecorded, settleShares, type SettledShares } from './settled-shares.js';
import { tellUnderFire } from './tell-under-fire.js';
import { bullmqOnPostgres, bullmqOnRedis } from './ways/bullmq.js';
import { inProcess } from './ways/in-process.js';
import { kafka } from './ways/kafka.js';
import { nats } from './ways/nats.js';
import { rabbitmq } from './ways/rabbitmq.js';
import type { OpenWay, Way } from './ways/way.js';
import { createWebhooks } from './ways/webhooks.js';

/** `npm run test:delivery` settles 10,000, and takes more away. */
const SHARES = Number(process.env.DELIVERY_SHARES ?? 300);
const IS_SHORT = SHARES < 1_000;
/** The same seed kills after the same numbers of events; processes are as random as ever. */
const SEED = process.env.DELIVERY_SEED ?? `${Date.now()}`;
const KILLS = IS_SHORT ? 2 : Math.max(6, Math.round(SHARES / 500));
const RESTARTS = IS_SHORT ? 1 : 2;
const SETTLE_LIMIT_MS = 300_000;
const WAY_LIMIT_MS = 900_000;

/** Brokers are killed in the suites of their transports, too. */
const WAYS: readonly Way[] = IS_SHORT
  ? [inProcess, bullmqOnPostgres, createWebhooks()]
  : [inProcess, bullmqOnPostgres, bullmqOnRedis, rabbitmq, nats, kafka, createWebhooks()];

const say = (line: string): void => void process.stderr.write(`[delivery] ${line}\n`);

describe(`${SHARES} settled shares, the relay killed at random, the other side restarted`, () => {
  const destinations = new Map<Way, string>();
  let shares: SettledShares;
  let db: TestDatabase | undefined;
  let open: OpenWay | undefined;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    shares = await settleShares(SHARES, SEED, async (database) => {
      for (const way of WAYS) destinations.set(way, await way.prepare(database));
    });
    say(`${SHARES} shares, ${shares.eventCount} events, DELIVERY_SEED=${SEED}`);
  }, SETTLE_LIMIT_MS);
  afterEach(async () => {
    await killRelays();
    await open?.close();
    await db?.drop();
    [open, db] = [undefined, undefined];
  });
  afterAll(() => shares.stop());

  for (const way of WAYS) {
    const { title, program, restarts } = way;
    const isLeftOut = program !== undefined && findProgram(program) === undefined;
    if (isLeftOut) say(`LEFT OUT: the transport of ${title} under fire. Install ${program}.`);

    (isLeftOut ? test.skip : test)(
      `${title}: every event arrives, none is invented, each user’s in order`,
      async () => {
        const arrivals = new Arrivals();
        db = await shares.copyFor(destinations.get(way) ?? '');
        open = await way.open({ db, arrivals, shares });
        const beganAt = performance.now();
        const random = new Random(`${SEED} ${title}`);
        const { eventCount } = shares;
        const outcome = await tellUnderFire(open, db, arrivals, {
          ...{ kills: KILLS, restarts: RESTARTS, eventCount, random },
        });
        const seconds = Math.round((performance.now() - beganAt) / 1000);
        say(
          `${title}: ${arrivals.events.length} arrived, ${arrivals.events.length - arrivals.distinct} of them again; ` +
            `${outcome.kills} kills while events waited; ${outcome.restarts} times ${restarts}; ${seconds} s`,
        );
        expect(findFaults(await readRecorded(db), arrivals.events)).toEqual([]);
        expect(await db.rows('SELECT * FROM kakao_share.refused_events')).toEqual([]);
        // While events waited: otherwise this would show nothing.
        expect(outcome).toMatchObject({ kills: KILLS, restarts: RESTARTS });
      },
      WAY_LIMIT_MS,
    );
  }
});
