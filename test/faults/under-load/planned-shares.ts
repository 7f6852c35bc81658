import { INTENT_PARAMETER } from '../../../src/intents/intent-token.js';
import { buildShareRequest, type PreparedRequest } from '../../../src/simulator/share-request.js';

/** What each share earns that is paid. */
export const AMOUNT = 100;
/** So few that they meet in a batch, and that many shares of one wait for each other. */
const DEFAULT_USERS = 50;
/** The others name their user in the clear. */
const INTENT_EVERY = 5;

/** A promise made before the load begins; all shares under it together earn once. */
export interface GivenPromise {
  readonly userId: string;
  readonly token: string;
}

/** A share before it is sent: what it must earn is known by then. */
export interface PlannedShare {
  readonly number: number;
  readonly resourceId: string;
  readonly userId: string;
  /** The token of its intent. */
  readonly intent: string | undefined;
}

/** @param users among whom shares without an intent go round */
export function planShare(
  number: number,
  promises: readonly GivenPromise[],
  users = DEFAULT_USERS,
): PlannedShare {
  const resourceId = `share-${number}`;
  const promise =
    number % INTENT_EVERY === 0 ? promises[(number / INTENT_EVERY) % promises.length] : undefined;
  if (promise !== undefined)
    return { number, resourceId, userId: promise.userId, intent: promise.token };
  return { number, resourceId, userId: `user-${number % users}`, intent: undefined };
}

/** As Kakao would send it, by each method and encoding in turn. Each share goes to a room of its own, so each earns. */
export function requestFor(
  { number, resourceId, userId, intent }: PlannedShare,
  url: string,
  adminKey: string,
): PreparedRequest {
  const share = {
    chatType: 'DirectChat',
    hashChatId: `room-${number}`,
    customParameters: intent === undefined ? { user_id: userId } : { [INTENT_PARAMETER]: intent },
  };
  return buildShareRequest(share, {
    ...{ url, adminKey, resourceId },
    method: number % 3 === 0 ? 'GET' : 'POST',
    encoding: number % 3 === 1 ? 'json' : 'form',
  });
}

/** What a user has in the end, when these shares of all users were settled, and nothing else. */
export function earnings(shares: Iterable<PlannedShare>): Map<string, number> {
  const earned = new Map<string, number>();
  const usedIntents = new Set<string>();
  for (const { userId, intent } of shares) {
    if (intent !== undefined && usedIntents.has(intent)) continue;
    if (intent !== undefined) usedIntents.add(intent);
    earned.set(userId, (earned.get(userId) ?? 0) + AMOUNT);
  }
  return earned;
}
