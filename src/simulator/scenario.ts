import { CHAT_TYPES } from '../kakao/chat-types.js';
import { Random } from './random.js';
import { withRepeats } from './repeats.js';
import { paidFields, pickRooms, ROOMS_PER_USER } from './room.js';
import type { Room } from './room.js';
import { buildShareRequest, withHeader } from './share-request.js';
import type { CustomValue, Share } from './share.js';
import type { FirstSend, SimulatedShare } from './simulated-share.js';
import { SimulatorError } from './simulator-error.js';
import { defaultArguments, taps } from './tap.js';
import type { Tap } from './tap.js';
import { wrongAuthorization } from './wrong-authorization.js';

/** What happens how often: each a share from 0 (never) to 1 (always) of the webhooks, repeats not counted. */
export interface Mix {
  /** By GET instead of POST. */
  readonly get: number;
  /** Of the POSTs: as a form instead of JSON. */
  readonly form: number;
  /** With the fields for apps with paid usage. */
  readonly paid: number;
  /** Sent again, byte for byte, one to three times. */
  readonly repeats: number;
  /** With an `Authorization` that must be refused; never repeated. */
  readonly wrongKeys: number;
  /** Of the taps: with the user id of somebody else. */
  readonly forged: number;
}

/** A bit of everything. */
export const DEFAULT_MIX: Mix = {
  get: 0.2,
  form: 0.1,
  paid: 0.3,
  repeats: 0.05,
  wrongKeys: 0.02,
  forged: 0.05,
};

export interface ScenarioOptions {
  readonly seed: string;
  readonly url: string;
  readonly adminKey: string;
  /** How many requests in all, repeats included. Without it the sequence never ends. */
  readonly count?: number | undefined;
  /** How many people share. Default 100. */
  readonly users?: number;
  /** A tap reaches from 1 up to this many rooms. Default 3, at most {@link ROOMS_PER_USER}. */
  readonly roomsPerTap?: number;
  /** The only chat types to use. Default all of Kakao's. */
  readonly chatTypes?: readonly string[];
  readonly mix?: Partial<Mix>;
  /** `serverCallbackArgs` of a tap, e.g. with an intent issued before. Default {@link defaultArguments}. */
  readonly argumentsOf?: (tap: Tap) => Readonly<Record<string, CustomValue>>;
}

/**
 * What Kakao would send while a crowd is sharing. The same options give the same requests, byte for byte.
 * @throws SimulatorError `SIMULATOR_BAD_SCENARIO`
 */
export function simulateShares(options: ScenarioOptions): Generator<SimulatedShare, void> {
  const { seed, count = Infinity, users = 100, roomsPerTap = 3, chatTypes = CHAT_TYPES } = options;
  const mix = { ...DEFAULT_MIX, ...options.mix };
  for (const [name, share] of Object.entries(mix)) requireWithin(name, share, 0, 1);
  requireWithin('count', count, 1, Infinity);
  requireWithin('users', users, 1, Number.MAX_SAFE_INTEGER);
  requireWithin('roomsPerTap', roomsPerTap, 1, ROOMS_PER_USER);
  requireWithin('number of chatTypes', chatTypes.length, 1, ROOMS_PER_USER);
  const random = new Random(seed);
  const resolved = { ...options, users, roomsPerTap, chatTypes, mix };
  return withRepeats(firstSends(random, resolved), random, mix.repeats, count);
}

type ResolvedOptions = Required<
  Pick<ScenarioOptions, 'url' | 'adminKey' | 'users' | 'roomsPerTap' | 'chatTypes'>
> &
  Pick<ScenarioOptions, 'argumentsOf'> & { readonly mix: Mix };

function* firstSends(random: Random, options: ResolvedOptions): Generator<FirstSend, void> {
  const { mix, roomsPerTap, chatTypes, users, argumentsOf = defaultArguments } = options;
  for (const tap of taps(random, { users, forged: mix.forged })) {
    const customParameters = argumentsOf(tap);
    // The template belongs to the tap: every room gets the same message.
    const templateId = random.pick([undefined, '', '10000', '9007199254740993']);
    for (const room of pickRooms(random, tap, roomsPerTap, chatTypes)) {
      const share = shareInto(room, random, mix, { templateId, customParameters });
      yield firstSend(random, options, tap, share);
    }
  }
}

function shareInto(
  room: Room,
  random: Random,
  mix: Mix,
  message: Pick<Share, 'templateId' | 'customParameters'>,
): Share {
  return { ...room, ...message, ...(random.chance(mix.paid) ? paidFields(random, room) : {}) };
}

function firstSend(random: Random, options: ResolvedOptions, tap: Tap, share: Share): FirstSend {
  const { url, adminKey, mix } = options;
  // 24 letters and digits is how they look; Kakao does not promise it.
  const resourceId = random.text(24, '0123456789abcdefghijklmnopqrstuvwxyz');
  const request = buildShareRequest(share, {
    url,
    adminKey,
    resourceId,
    method: random.chance(mix.get) ? 'GET' : 'POST',
    encoding: random.chance(mix.form) ? 'form' : 'json',
    unescapedPlus: random.chance(0.5),
  });
  if (!random.chance(mix.wrongKeys)) {
    return { request, resourceId, tap, share, expected: 'accepted' };
  }
  const refused = withHeader(request, 'Authorization', wrongAuthorization(random, adminKey));
  return { request: refused, resourceId, tap, share, expected: 'unauthorized' };
}

function requireWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new SimulatorError(
    'SIMULATOR_BAD_SCENARIO',
    `${name} is ${value}`,
    `Give ${name} from ${least} to ${most}.`,
  );
}
