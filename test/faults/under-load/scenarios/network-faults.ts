import type { TcpProxy } from '../../../support/tcp-proxy.js';
import { FAULT_MS } from '../durations.js';
import type { Scenario } from '../scenario.js';
import type { SteadyLoad } from '../steady-load.js';
import { webhooksSpooled } from '../what-was-felt.js';
import { redisOf, whyNoRedis, withoutQueue } from './on-redis.js';

const RESET_EVERY_MS = 500;
/** A tenth of a second less than Kakao waits for everything. */
const LATENCY_MS = 2_900;

const onFarRedis = {
  leftOut: whyNoRedis,
  cluster: () => Promise.resolve({ redis: {}, isRedisFar: true }),
};

export const NETWORK_FAULTS: readonly Scenario[] = [
  {
    name: 'the network to Postgres is cut: what is sent never arrives',
    async run(cluster, load) {
      const { begin, end } = swallowing(cluster.postgres.network);
      begin();
      await load.lasts(FAULT_MS);
      end();
      return { 'webhooks spooled': await webhooksSpooled(cluster) };
    },
  },
  {
    name: 'connections to Postgres are reset twice a second',
    async run({ postgres }, load) {
      return { 'connections reset': await resetAll(postgres.network, load) };
    },
  },
  {
    name: 'Postgres is 2.9 s away',
    async run(cluster, load) {
      const { begin, end } = farAway(cluster.postgres.network);
      begin();
      await load.lasts(FAULT_MS);
      end();
      return { 'webhooks spooled': await webhooksSpooled(cluster) };
    },
  },
  {
    name: 'the network to Redis is cut: what is sent never arrives',
    ...onFarRedis,
    run: (cluster, load) => withoutQueue(cluster, load, swallowing(redisOf(cluster).network)),
  },
  {
    name: 'connections to Redis are reset twice a second',
    ...onFarRedis,
    async run(cluster, load) {
      return { 'connections reset': await resetAll(redisOf(cluster).network, load) };
    },
  },
  {
    name: 'Redis is 2.9 s away',
    ...onFarRedis,
    run: (cluster, load) => withoutQueue(cluster, load, farAway(redisOf(cluster).network)),
  },
];

/** A fault of a network, from its beginning to its end. */
interface NetworkFault {
  readonly begin: () => void;
  readonly end: () => void;
}

function swallowing(network: TcpProxy): NetworkFault {
  return {
    begin: () => {
      network.hold();
    },
    end: () => {
      network.cut();
      network.release();
    },
  };
}

function farAway(network: TcpProxy): NetworkFault {
  return {
    begin: () => {
      network.delayAnswers(LATENCY_MS);
    },
    end: () => {
      network.delayAnswers(0);
    },
  };
}

/** @returns how many connections it has hit */
async function resetAll(network: TcpProxy, load: SteadyLoad): Promise<number> {
  let hit = 0;
  for (let passedMs = 0; passedMs < FAULT_MS; passedMs += RESET_EVERY_MS) {
    hit += network.cut();
    await load.lasts(RESET_EVERY_MS);
  }
  return hit;
}
