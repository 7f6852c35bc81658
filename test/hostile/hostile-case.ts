import type { RawRequest, Sender } from './raw-request.js';

/** What the database says of a delivery once it is settled. */
export interface StoredFacts {
  readonly verdict: string;
  /** As `field: problem`; none unless it is in quarantine. */
  readonly problems: readonly string[];
  /** As the door understood it; null: nobody is named. */
  readonly userId: string | null;
}

/** One request that nobody should send, what it is answered, and what is left of it. */
export interface HostileCase {
  readonly title: string;
  readonly request: (sender: Sender) => RawRequest | Buffer;
  readonly status: number;
  /** What stands in the answer. */
  readonly said?: RegExp;
  /** So large that the connection is closed while it is still coming, and the answer can be lost on its way. */
  readonly isCutOff?: boolean;
  readonly stored: 'nothing' | ((sender: Sender) => StoredFacts);
}

type Request = HostileCase['request'];

/** Turned away: nothing of it is kept. */
export function refused(
  title: string,
  status: number,
  request: Request,
  said?: RegExp,
): HostileCase {
  return { title, status, request, stored: 'nothing', ...(said && { said }) };
}

/** Turned away before all of it has come. */
export function cutOff(title: string, status: number, request: Request): HostileCase {
  return { ...refused(title, status, request), isCutOff: true };
}

/** Understood, however odd it looks: its user is paid, unless another verdict is named. */
export function understood(
  title: string,
  request: Request,
  { verdict = 'rewarded', user = (id: string): string | null => id } = {},
): HostileCase {
  const stored = ({ id }: Sender): StoredFacts => ({ verdict, problems: [], userId: user(id) });
  return { title, request, status: 200, said: /"status":"accepted"/, stored };
}

/** Kept, since Kakao's key stands for it, but not understood. `whose` names the user where that much was clear. */
export function quarantined(
  title: string,
  problems: readonly string[],
  request: Request,
  whose: (id: string) => string | null = () => null,
): HostileCase {
  const stored = ({ id }: Sender): StoredFacts => ({
    verdict: 'quarantined',
    problems,
    userId: whose(id),
  });
  return { title, request, status: 200, said: /"status":"quarantined"/, stored };
}
