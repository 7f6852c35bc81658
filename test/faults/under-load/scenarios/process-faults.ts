import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { Random } from '../../../../src/simulator/random.js';
import { EVERY_FAULT } from '../durations.js';
import type { Cluster, Member } from '../cluster.js';
import type { Scenario } from '../scenario.js';
import { clockSkewS } from '../what-was-felt.js';

const KILLS = EVERY_FAULT ? 8 : 3;
/** Between two kills, at random. */
const MAX_SHARES_BETWEEN = 60;
const TEN_MINUTES_MS = 600_000;
const SHIFT_CLOCK = pathToFileURL(path.resolve('test/faults/under-load/shift-clock.mjs')).href;

/** Asking the database for its time takes a while on a busy machine. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Ahead, as it should be, behind: no two of a role agree. */
const OFFSETS_MS = [TEN_MINUTES_MS, 0, -TEN_MINUTES_MS, 0, TEN_MINUTES_MS];

export const PROCESS_FAULTS: readonly Scenario[] = [
  {
    name: 'a web, a worker or the relay is killed at random, again and again',
    short: true,
    mayLose: true,
    async run(cluster, load) {
      const random = new Random(process.env.FAULT_SEED ?? 'kill -9');
      let killed = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        await load.untilAcknowledged(1 + random.below(MAX_SHARES_BETWEEN));
        const victim = nextVictim(cluster, kill, random);
        // One that had ended before by itself was not killed by us.
        if ((await cluster.end(victim, 'SIGKILL')).signal === 'SIGKILL') killed++;
        await cluster.fill(victim);
      }
      return { 'processes killed': killed };
    },
  },
  {
    name: 'a new version rolls out, one process after another',
    async run(cluster, load) {
      const old = EVERY_FAULT ? cluster.members : oneOfEach(cluster);
      for (const member of old) {
        await stopInOrder(cluster, member);
        await cluster.fill(member);
        await load.untilAcknowledged(20);
      }
      return { 'processes replaced': old.length };
    },
  },
  {
    name: 'all processes are told to stop at once, and started again',
    mayFindNobody: true,
    async run(cluster, load) {
      const before = load.count('lost');
      await Promise.all(cluster.members.map((member) => stopInOrder(cluster, member)));
      await Promise.all(cluster.members.map((member) => cluster.fill(member)));
      return { 'requests that found nobody': load.count('lost') - before };
    },
  },
  {
    name: 'the clocks of a web, a worker and the relay are ten minutes off',
    cluster: () =>
      Promise.resolve({
        settings: (place) => ({
          NODE_OPTIONS: `--import ${SHIFT_CLOCK}`,
          CLOCK_OFFSET_MS: `${OFFSETS_MS[place] ?? 0}`,
        }),
      }),
    async run(cluster, load) {
      await load.untilAcknowledged(500);
      return { 'processes whose clock is off': await countWrongClocks(cluster) };
    },
  },
];

/** @throws where one is not off by what it was set to */
async function countWrongClocks({ members }: Cluster): Promise<number> {
  for (const [place, member] of members.entries()) {
    const [skewS, setMs] = [await clockSkewS(member), OFFSETS_MS[place] ?? 0];
    if (Math.abs(skewS * 1_000 - setMs) > CLOCK_TOLERANCE_MS)
      throw new Error(
        `The clock of a ${member.role} is ${skewS} s off, and was set ${setMs} ms off.`,
      );
  }
  return OFFSETS_MS.filter((setMs) => setMs !== 0).length;
}

const EACH_ROLE = ['web', 'worker', 'relay'] as const;

function oneOfEach(cluster: Cluster): Member[] {
  return EACH_ROLE.map((role) => cluster.pick(role));
}

/** Each role once, then anybody. */
function nextVictim({ members }: Cluster, kill: number, random: Random): Member {
  const role = EACH_ROLE[kill];
  const candidates = members.filter((member) => role === undefined || member.role === role);
  const victim = candidates[random.below(candidates.length)];
  if (victim === undefined) throw new Error('There is nobody to kill.');
  return victim;
}

async function stopInOrder(cluster: Cluster, member: Member): Promise<void> {
  const { code, signal } = await cluster.end(member, 'SIGTERM');
  if (code !== 0) throw new Error(`A ${member.role} ended with ${code ?? signal} at SIGTERM.`);
}
