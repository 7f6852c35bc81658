import { KAKAO_LIMIT_MS } from '../../../src/simulator/send.js';
import { earnings, type PlannedShare } from './planned-shares.js';
import { latencyAt, type Sending } from './sending.js';

/** A door gives its disk a second at most. Where nobody's disk writes for longer there is no durable place, and it says so. */
const DISK_LIMIT_MS = 1_000;

/** More of one kind say nothing more. */
const MAX_TOLD = 5;

/** What a fault may cost whoever sends: nothing, unless it is said. */
export interface Price {
  /** 503 is honest where no durable place was left. */
  readonly mayRefuse?: boolean;
  /** A process that is killed takes requests under way with it. */
  readonly mayLose?: boolean;
  /** Where every web is stopped in good order nobody listens for a while; a request that was taken is answered all the same. */
  readonly mayFindNobody?: boolean;
  /** How long 99 of 100 answers may take; by default only Kakao's 3 s count. */
  readonly p99LimitMs?: number;
}

/** What shows that a fault was felt, by what is counted: a fault that nobody noticed proves nothing. */
export type Felt = Readonly<Record<string, number>>;

/** What the database has in the end. */
export interface Stored {
  readonly resourceIds: ReadonlySet<string>;
  /** Of deliveries in quarantine, which have given up their resource id. */
  readonly quarantinedIds: ReadonlySet<string>;
  readonly balances: ReadonlyMap<string, number>;
}

/**
 * What is wrong with how requests ended, and with what became of them.
 * @param earlier shares that were taken in before the load began
 */
export function findFaults(
  sendings: readonly Sending[],
  stored: Stored,
  price: Price = {},
  earlier: readonly PlannedShare[] = [],
): string[] {
  const sent = new Map(
    [...earlier, ...sendings.map(({ share }) => share)].map((share) => [share.resourceId, share]),
  );
  return [
    ...told(sendings.filter((sending) => isMissing(sending, stored)).map(missing)),
    ...told(
      earlier
        .filter(({ resourceId }) => !stored.resourceIds.has(resourceId))
        .map(({ resourceId }) => `${resourceId} was taken in before and is not stored`),
    ),
    ...told(
      [...stored.resourceIds]
        .filter((resourceId) => !sent.has(resourceId))
        .map((resourceId) => `${resourceId} is stored and was never sent`),
    ),
    ...told(wrongBalances(sent, stored)),
    ...told(sendings.filter(({ said }) => said === 'quarantined').map(putAside)),
    ...told(sendings.filter(isSlow).map(slow)),
    ...told(sendings.filter((sending) => isUnfair(sending, price)).map(unfair)),
    ...slowAltogether(sendings, price),
  ];
}

/** Of whatever was to be felt there has to be some. */
export function findUnfelt(felt: Felt): string[] {
  const facts = Object.entries(felt);
  if (facts.length === 0) return ['nothing was counted that shows the fault'];
  return facts
    .filter(([, count]) => !(count > 0))
    .map(([what, count]) => `nobody felt the fault: ${count} ${what}`);
}

function told(faults: readonly string[]): string[] {
  const more = faults.length - MAX_TOLD;
  return more > 0 ? [...faults.slice(0, MAX_TOLD), `and ${more} more of that kind`] : [...faults];
}

function isMissing({ ending, said, deliveryId, share }: Sending, stored: Stored): boolean {
  if (ending !== 'acknowledged') return false;
  if (said === 'quarantined') return !stored.quarantinedIds.has(deliveryId ?? '');
  return !stored.resourceIds.has(share.resourceId);
}

function missing({ share, said }: Sending): string {
  return `${share.resourceId} was acknowledged (${said ?? 'without a word'}) and is not stored`;
}

/** Every share of the load is a good one, and every web has a spool: nothing is a reason to put one aside. */
function putAside({ share }: Sending): string {
  return `${share.resourceId} is a good share and was put into quarantine`;
}

function wrongBalances(sent: ReadonlyMap<string, PlannedShare>, stored: Stored): string[] {
  const settled = [...stored.resourceIds].flatMap((resourceId) => sent.get(resourceId) ?? []);
  const earned = earnings(settled);
  const users = new Set([...earned.keys(), ...stored.balances.keys()]);
  return [...users].flatMap((user) => {
    const [has, expected] = [stored.balances.get(user) ?? 0, earned.get(user) ?? 0];
    return has === expected ? [] : [`${user} has ${has} points and has earned ${expected}`];
  });
}

/** A machine that stands still answers nobody, whatever runs on it. */
function isSlow({ ending, latencyMs, standstillMs }: Sending): boolean {
  return ending === 'late' || latencyMs - standstillMs >= KAKAO_LIMIT_MS;
}

function slow({ share, latencyMs, standstillMs }: Sending): string {
  const stood = standstillMs > 0 ? `, ${Math.round(standstillMs)} of them at a standstill` : '';
  return `${share.resourceId} waited ${Math.round(latencyMs)} ms for its answer${stood}`;
}

function isUnfair(sending: Sending, { mayRefuse, mayLose, mayFindNobody }: Price): boolean {
  const { ending, status, standstillMs } = sending;
  const isExcused = mayRefuse === true || standstillMs >= DISK_LIMIT_MS;
  if (ending === 'refused') return !(isExcused && status === 503);
  if (ending !== 'lost') return false;
  return (foundNobody(sending) ? mayFindNobody : mayLose) !== true;
}

/** No web was there, or its machine said that nobody listens: nothing was handed over. */
function foundNobody({ errorCode }: Sending): boolean {
  return errorCode === undefined || errorCode === 'ECONNREFUSED';
}

function unfair({ share, status, errorCode }: Sending): string {
  return `${share.resourceId} got ${status === 0 ? `no answer (${errorCode ?? 'no web'})` : status}`;
}

function slowAltogether(sendings: readonly Sending[], { p99LimitMs = Infinity }: Price): string[] {
  const p99Ms = latencyAt(0.99, sendings);
  if (p99Ms < p99LimitMs) return [];
  return [
    `one in a hundred answers took ${Math.round(p99Ms)} ms or longer, and ${p99LimitMs} ms is allowed`,
  ];
}
