import { EVERY_FAULT, FAULT_MS, LONG_FAULT_MS } from '../durations.js';
import { ConnectionHog } from '../connection-hog.js';
import { countSessions, endSessions } from '../end-sessions.js';
import { startReplicatedPostgres, whyNoStandby } from '../replicated-postgres.js';
import type { Cluster } from '../cluster.js';
import type { Felt } from '../find-faults.js';
import type { Scenario } from '../scenario.js';
import { webhooksSpooled } from '../what-was-felt.js';
import { mountSmallDisk, whyNoSmallDisk, type SmallDisk } from '../../small-disk.js';

const RESTARTS = EVERY_FAULT ? 4 : 2;
/** A new cluster with its first log of 16 MB, our tables, and a little more. */
const DISK_BYTES = 160 * 1024 * 1024;
const EVERY_SECOND_MS = 1_000;

export const DATABASE_FAULTS: readonly Scenario[] = [
  {
    name: 'Postgres is stopped for a while',
    async run(cluster, load) {
      await cluster.postgres.shutDown();
      await load.lasts(LONG_FAULT_MS);
      await cluster.postgres.startAgain();
      return spooledIn(cluster);
    },
  },
  {
    name: 'Postgres crashes and comes back, again and again',
    async run({ postgres }, load) {
      let cut = 0;
      for (let restart = 0; restart < RESTARTS; restart++) {
        cut += await countSessions(postgres.directUrl());
        await postgres.kill();
        await postgres.startAgain();
        await load.untilAcknowledged(50);
      }
      return { 'sessions cut': cut };
    },
  },
  {
    name: 'Postgres is restarted in good order, again and again',
    async run({ postgres }, load) {
      let cut = 0;
      for (let restart = 0; restart < RESTARTS; restart++) {
        cut += await countSessions(postgres.directUrl());
        await postgres.shutDown();
        await postgres.startAgain();
        await load.untilAcknowledged(50);
      }
      return { 'sessions cut': cut };
    },
  },
  {
    name: 'Postgres’ backends are killed every second',
    async run({ postgres }, load) {
      let ended = 0;
      for (let passedMs = 0; passedMs < FAULT_MS; passedMs += EVERY_SECOND_MS) {
        ended += await endSessions(postgres.directUrl());
        await load.lasts(EVERY_SECOND_MS);
      }
      return { 'sessions ended': ended };
    },
  },
  {
    name: 'Postgres is frozen',
    async run(cluster, load) {
      await cluster.postgres.freeze();
      await load.lasts(FAULT_MS);
      await cluster.postgres.thaw();
      return spooledIn(cluster);
    },
  },
  {
    name: 'Postgres is out of connections',
    cluster: () => Promise.resolve({ postgres: { settings: { max_connections: '100' } } }),
    async run(cluster, load) {
      const hog = new ConnectionHog(cluster.postgres.directUrl());
      try {
        await hog.start();
        await load.lasts(FAULT_MS);
      } finally {
        await hog.stop();
      }
      return spooledIn(cluster);
    },
  },
  smallDiskScenario(),
  {
    name: 'Postgres fails over to a standby',
    leftOut: whyNoStandby,
    cluster: () => Promise.resolve({ startPostgres: startReplicatedPostgres }),
    async run(cluster, load) {
      await cluster.postgres.kill();
      await load.lasts(FAULT_MS);
      // Where it starts again is the standby, promoted.
      await cluster.postgres.startAgain();
      return spooledIn(cluster);
    },
  },
  {
    name: 'Postgres is down when every process starts',
    cluster: () =>
      Promise.resolve({ until: 'live', prepare: ({ postgres }) => postgres.shutDown() }),
    async run(cluster, load) {
      await load.lasts(FAULT_MS);
      await cluster.postgres.startAgain();
      return spooledIn(cluster);
    },
  },
];

async function spooledIn(cluster: Cluster): Promise<Felt> {
  return { 'webhooks spooled': await webhooksSpooled(cluster) };
}

function smallDiskScenario(): Scenario {
  let disk: SmallDisk;
  return {
    name: 'Postgres is out of disk',
    leftOut: whyNoSmallDisk,
    cluster: async () => {
      disk = await mountSmallDisk(DISK_BYTES);
      return {
        postgres: {
          folder: disk.folder,
          settings: { max_wal_size: '32MB', min_wal_size: '32MB', wal_recycle: 'off' },
        },
        cleanUp: () => disk.unmount(),
      };
    },
    async run(cluster, load) {
      await disk.fill();
      await load.lasts(FAULT_MS);
      // Counted while the server still runs, or has given up by itself: it is the disk that was felt, and no restart.
      const felt = await spooledIn(cluster);
      await disk.empty();
      // Without room for its log the server gives up; somebody starts it again.
      await cluster.postgres.shutDown();
      await cluster.postgres.startAgain();
      return felt;
    },
  };
}
