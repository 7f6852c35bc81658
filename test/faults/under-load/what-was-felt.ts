import { eventually } from '../../support/eventually.js';
import type { Cluster, Member } from './cluster.js';

const METRICS_LIMIT_MS = 10_000;
const SPOOLED = /^kakao_share_webhooks_total\{.*place="spool".*\} (\d+)$/gm;
const SKEW = /^kakao_share_clock_skew_seconds (\S+)$/m;
const CUT_OFF = /ended in (\d+) bytes of a frame that was never finished/g;

/** How many webhooks the webs that run have put into their spools: each of them because the database did not take it in time. */
export async function webhooksSpooled({ members }: Cluster): Promise<number> {
  const pages = await Promise.all(members.filter(({ role }) => role === 'web').map(readMetrics));
  return sumOf(pages.join('\n'), SPOOLED);
}

/** How far the clock of a process is ahead of the database's, s. Waited for: it is compared now and then. */
export function clockSkewS(member: Member): Promise<number> {
  return eventually(async () => {
    const skew = SKEW.exec(await readMetrics(member))?.[1];
    if (skew === undefined) throw new Error(`A ${member.role} has not compared its clock yet.`);
    return Number(skew);
  });
}

/** How many bytes the processes say that they have cut off from segments that ended in half a frame. */
export function tornBytesCut(cluster: Cluster): number {
  return sumOf(cluster.logs().join('\n'), CUT_OFF);
}

/** How many processes say at this moment that they do not reach the queue. */
export async function processesWithoutQueue({ members }: Cluster): Promise<number> {
  const queues = await Promise.all(
    members.map(async ({ process: { url } }) => {
      const response = await fetch(`${url}/health/ready`);
      return ((await response.json()) as { parts: { queue: string } }).parts.queue;
    }),
  );
  return queues.filter((queue) => queue === 'unreachable').length;
}

/** `/metrics` of one process; asked again where a busy machine had no answer yet. */
export function readMetrics({ process: { url, adminToken } }: Member): Promise<string> {
  return eventually(async () => {
    const response = await fetch(`${url}/metrics`, {
      headers: { Authorization: `Bearer ${adminToken}` },
      signal: AbortSignal.timeout(METRICS_LIMIT_MS),
    });
    if (!response.ok) throw new Error(`/metrics is answered ${response.status}.`);
    return response.text();
  });
}

function sumOf(text: string, numbers: RegExp): number {
  return [...text.matchAll(numbers)].reduce((sum, [, number]) => sum + Number(number), 0);
}
