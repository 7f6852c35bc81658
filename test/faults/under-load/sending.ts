import type { Answer } from '../../../src/simulator/send.js';
import type { PlannedShare } from './planned-shares.js';

/** How a request ended for whoever sent it. Only a 2xx in time is an acknowledgement. */
export type Ending = 'acknowledged' | 'refused' | 'late' | 'lost';

/** One request of the load. */
export interface Sending {
  readonly share: PlannedShare;
  readonly ending: Ending;
  /** 0 without an answer. */
  readonly status: number;
  /** What the answer says: `accepted`, `duplicate`, `quarantined`. */
  readonly said: string | undefined;
  readonly deliveryId: string | undefined;
  readonly latencyMs: number;
  /** For how long of that the whole machine stood still. */
  readonly standstillMs: number;
  /** Why there was no answer. */
  readonly errorCode: string | undefined;
}

export function sendingOf(share: PlannedShare, answer: Answer, standstillMs: number): Sending {
  const { status, latencyMs, errorCode } = answer;
  const ending = endingOf(answer);
  const body = ending === 'acknowledged' ? read(answer.body) : {};
  return {
    ...{ share, ending, status, latencyMs, standstillMs, errorCode },
    said: body.status,
    deliveryId: body.deliveryId,
  };
}

/** How long it took until so large a part of all had an answer; 1 is the slowest. */
export function latencyAt(part: number, sendings: readonly Sending[]): number {
  const latencies = sendings
    .filter(({ ending }) => ending !== 'lost')
    .map(({ latencyMs }) => latencyMs)
    .sort((a, b) => a - b);
  return latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0;
}

function endingOf({ outcome, status }: Answer): Ending {
  if (outcome === 'timeout') return 'late';
  if (outcome === 'failed') return 'lost';
  return status >= 200 && status < 300 ? 'acknowledged' : 'refused';
}

function read(body: string): { status?: string; deliveryId?: string } {
  try {
    return JSON.parse(body) as { status?: string; deliveryId?: string };
  } catch {
    return {};
  }
}
