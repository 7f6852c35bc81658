import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeFrame } from '../../../../src/spool/frame.js';
import { givenDelivery } from '../../../deliveries/given-delivery.js';
import { eventually } from '../../../support/eventually.js';
import { mountSmallDisk, whyNoSmallDisk, type SmallDisk } from '../../small-disk.js';
import { EVERY_FAULT, FAULT_MS } from '../durations.js';
import { planShare } from '../planned-shares.js';
import type { Scenario } from '../scenario.js';
import { spoolShares } from '../spool-shares.js';
import { tornBytesCut } from '../what-was-felt.js';

const DISK_BYTES = 4 * 1024 * 1024;
const REFUSALS = 50;
/** What piles up at 1,000 per second in a minute and a half without a database. */
const SPOOLED = EVERY_FAULT ? 100_000 : 2_000;
/** So many that none of them has a long history. */
const SPOOLED_USERS = 2_000;
const REPLAY_LIMIT_MS = 600_000;

export const SPOOL_FAULTS: readonly Scenario[] = [fullDisk(), tornSpool(), longReplay()];

function fullDisk(): Scenario {
  let disk: SmallDisk;
  return {
    name: 'Postgres is stopped and the disk of the spool is full',
    mayRefuse: true,
    leftOut: whyNoSmallDisk,
    cluster: async () => {
      disk = await mountSmallDisk(DISK_BYTES);
      return {
        spoolFolder: path.join(disk.folder, 'spool'),
        cleanUp: () => disk.unmount(),
      };
    },
    async run({ postgres }, load) {
      await postgres.shutDown();
      await load.untilAcknowledged(100);
      await disk.fill();
      await load.until('refused', REFUSALS);
      await postgres.startAgain();
      // With the disk as full as it was.
      await load.untilAcknowledged(200);
      await disk.empty();
      const refused = load.sendings.filter(({ status }) => status === 503);
      return { 'webhooks refused with 503': refused.length };
    },
  };
}

function tornSpool(): Scenario {
  let folder: string;
  return {
    name: 'a web that lives off its spool is killed in the middle of a write',
    mayLose: true,
    cluster: async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'kakao-share-torn-'));
      return {
        // One web has a disk of its own, so that nobody mends its spool but its successor.
        settings: (place) => (place === 0 ? { SPOOL_DIR: folder } : {}),
        cleanUp: () => rm(folder, { recursive: true, force: true }),
      };
    },
    async run(cluster, load) {
      const web = cluster.pick('web');
      await cluster.postgres.shutDown();
      await load.lasts(FAULT_MS);
      await cluster.end(web, 'SIGKILL');
      await tear(folder);
      await cluster.fill(web, 'live');
      await cluster.postgres.startAgain();
      await eventually(() => {
        if (tornBytesCut(cluster) === 0) throw new Error('Nobody has cut off the torn frames yet.');
      });
      return { 'torn bytes cut off': tornBytesCut(cluster) };
    },
  };
}

/** Half a frame at the end of each segment, as a crash within a write leaves it. */
async function tear(folder: string): Promise<void> {
  const files = (await readdir(folder, { recursive: true })).filter((file) =>
    file.endsWith('.spool'),
  );
  if (files.length === 0) throw new Error('The web has spooled nothing.');
  const frame = encodeFrame(givenDelivery('never acknowledged'));
  for (const file of files) {
    await appendFile(path.join(folder, file), frame.subarray(0, frame.length / 2));
  }
}

function longReplay(): Scenario {
  const earlier = Array.from({ length: SPOOLED }, (_, number) =>
    planShare(number, [], SPOOLED_USERS),
  );
  return {
    name: `${SPOOLED.toLocaleString('en')} spooled deliveries are replayed`,
    p99LimitMs: 500,
    earlier,
    cluster: () =>
      Promise.resolve({
        prepare: ({ spoolFolder }) => spoolShares(spoolFolder, earlier),
        // With a spool in use a web says that it is degraded.
        until: 'live',
      }),
    async run({ db }) {
      const replayed = await eventually(async () => {
        const stored = await db.number(
          `SELECT count(*) FROM kakao_share.delivery_keys k
           JOIN kakao_share.deliveries d ON d.id = k.delivery_id WHERE d.key_fingerprint = 'test'`,
        );
        if (stored < SPOOLED) throw new Error(`${stored} of ${SPOOLED} are replayed.`);
        return stored;
      }, REPLAY_LIMIT_MS);
      return { 'deliveries replayed': replayed };
    },
  };
}
