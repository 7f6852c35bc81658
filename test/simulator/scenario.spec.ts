import { CHAT_TYPES } from '../../src/kakao/chat-types.js';
import { MAX_REPEATS } from '../../src/simulator/repeats.js';
import { simulateShares } from '../../src/simulator/scenario.js';
import type { Mix, ScenarioOptions } from '../../src/simulator/scenario.js';
import type { SimulatedShare } from '../../src/simulator/simulated-share.js';
import { userId } from '../../src/simulator/tap.js';

const NOTHING_SPECIAL: Mix = { get: 0, form: 0, paid: 0, repeats: 0, wrongKeys: 0, forged: 0 };
const URL_OF_DOOR = 'http://127.0.0.1:1/w';

function scenario(changes: Partial<ScenarioOptions> = {}): SimulatedShare[] {
  const basics = { seed: 's', url: URL_OF_DOOR, adminKey: 'key', count: 2000 };
  return [...simulateShares({ ...basics, ...changes })];
}

function shareOf(all: SimulatedShare[], is: (one: SimulatedShare) => boolean): number {
  return all.filter(is).length / all.length;
}

function grouped<K>(
  all: SimulatedShare[],
  keyOf: (one: SimulatedShare) => K,
): Map<K, SimulatedShare[]> {
  const groups = new Map<K, SimulatedShare[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

describe('a scenario', () => {
  it('gives the same requests for the same seed, and others for another', () => {
    expect(scenario()).toEqual(scenario());
    const ids = new Set(scenario().map((one) => one.resourceId));
    expect(scenario({ seed: 't' }).some((one) => ids.has(one.resourceId))).toBe(false);
  });

  it('does not change with the key, but for the key', () => {
    const text = (adminKey: string): string =>
      JSON.stringify(scenario({ adminKey, mix: { wrongKeys: 0.5 } })).replaceAll(adminKey, '*');
    expect(text('KEY-ONE')).toBe(text('KEY-NUMBER-TWO'));
  });

  it('is numbered from 1 and has exactly the requests asked for', () => {
    expect(scenario({ count: 7 }).map((one) => one.number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('never ends without a count', () => {
    const endless = simulateShares({ seed: 's', url: URL_OF_DOOR, adminKey: 'k' });
    for (let step = 0; step < 5000; step++) expect(endless.next().done).toBe(false);
  });

  it('keeps to its mix', () => {
    const mix = { get: 0.4, form: 0.5, paid: 0.3, wrongKeys: 0.1, forged: 0.2, repeats: 0 };
    const all = scenario({ mix, count: 5000 });

    const posts = all.filter((one) => one.request.method === 'POST');
    const form = 'application/x-www-form-urlencoded';
    expect(1 - posts.length / all.length).toBeCloseTo(0.4, 1);
    expect(shareOf(posts, (one) => one.request.headers['Content-Type'] === form)).toBeCloseTo(
      0.5,
      1,
    );
    expect(shareOf(all, (one) => one.share.chatMemberCountRange !== undefined)).toBeCloseTo(0.3, 1);
    expect(shareOf(all, (one) => one.expected === 'unauthorized')).toBeCloseTo(0.1, 1);
    expect(shareOf(all, (one) => one.tap.forged)).toBeCloseTo(0.2, 1);
    expect(new Set(all.map((one) => one.share.chatType))).toEqual(new Set(CHAT_TYPES));
  });

  it('expects every first send to be accepted when nothing is wrong', () => {
    const all = scenario({ mix: NOTHING_SPECIAL });

    expect(all.every((one) => one.expected === 'accepted' && one.sends === 1)).toBe(true);
    expect(new Set(all.map((one) => one.resourceId)).size).toBe(all.length);
    expect(all.every((one) => /^[0-9a-z]{24}$/.test(one.resourceId))).toBe(true);
  });

  it.each([1, 2, 3, 10, 500])(
    'repeats byte for byte, as often as promised, also at the end of %d requests',
    (count) => {
      const all = scenario({ count, mix: { repeats: 1 } });
      const groups = grouped(all, (one) => one.resourceId);

      expect(all).toHaveLength(count);
      for (const group of groups.values()) {
        const [first, ...repeats] = group;
        expect(first?.sends).toBe(group.length);
        expect(group.length).toBeLessThanOrEqual(1 + MAX_REPEATS);
        for (const repeat of repeats) {
          expect(repeat.expected).toBe('duplicate');
          expect(repeat.request).toEqual(first?.request);
        }
      }
    },
  );

  it('repeats the share of webhooks that was asked for', () => {
    const firsts = scenario({ count: 20_000, mix: { ...NOTHING_SPECIAL, repeats: 0.2 } }).filter(
      (one) => one.expected === 'accepted',
    );
    expect(shareOf(firsts, (one) => one.sends > 1)).toBeCloseTo(0.2, 1);
  });

  it('never sends the right key where it expects 401', () => {
    const refused = scenario({ mix: { wrongKeys: 1 } });

    expect(refused.every((one) => one.expected === 'unauthorized')).toBe(true);
    const keys = new Set(refused.map((one) => one.request.headers.Authorization));
    expect(keys).not.toContain('KakaoAK key');
    expect([...keys]).toEqual(
      expect.arrayContaining([undefined, 'KakaoAK', 'KakaoAK key0', 'Bearer key']),
    );
  });

  it('delivers one tap to several rooms: own resource ids, same custom parameters', () => {
    const all = scenario({ roomsPerTap: 5, mix: NOTHING_SPECIAL });
    const perTap = [...grouped(all, (one) => one.tap.number).values()];

    expect(new Set(perTap.map((rooms) => rooms.length))).toEqual(new Set([1, 2, 3, 4, 5]));
    for (const rooms of perTap) {
      expect(new Set(rooms.map((one) => one.share.hashChatId)).size).toBe(rooms.length);
      expect(new Set(rooms.map((one) => JSON.stringify(one.share.customParameters))).size).toBe(1);
    }
  });

  it('keeps the hash and the type of a room', () => {
    const rooms = grouped(scenario({ users: 3 }), (one) => one.share.hashChatId);

    expect(rooms.size).toBe(3 * CHAT_TYPES.length);
    for (const shares of rooms.values()) {
      expect(new Set(shares.map((one) => `${one.tap.sharer} ${one.share.chatType}`)).size).toBe(1);
    }
  });

  it('forges the user id only, of another user or of a stranger', () => {
    const forged = scenario({ users: 4, mix: { forged: 1 } });

    expect(forged.every((one) => one.tap.claimedUser !== one.tap.sharer)).toBe(true);
    const claimed = forged.map((one) => one.tap.claimedUser);
    expect(claimed.some((user) => user.startsWith('stranger-'))).toBe(true);
    expect(claimed).toContain(userId(0));
  });

  it('has 19-digit users whom a double cannot tell apart, sent in full', () => {
    expect(Number(userId(1))).toBe(Number(userId(3)));
    const bodies = scenario({ users: 2, mix: { ...NOTHING_SPECIAL } }).map(
      (one) => one.request.body,
    );
    expect(bodies.some((body) => body?.includes('"user_id":1000000000000000002,'))).toBe(true);
    expect(bodies.some((body) => body?.includes('"user_id":"1000000000000000002",'))).toBe(true);
  });

  it('takes arguments and chat types from the caller', () => {
    const all = scenario({
      chatTypes: ['MultiChat'],
      argumentsOf: (tap) => ({ user_id: tap.sharer, intent: `intent-${tap.number}` }),
    });
    expect(all.every((one) => one.share.chatType === 'MultiChat')).toBe(true);
    expect(all[0]?.share.customParameters).toMatchObject({ intent: 'intent-1' });
  });

  it.each([
    { mix: { get: 1.1 } },
    { mix: { repeats: NaN } },
    { roomsPerTap: 6 },
    { users: 0 },
    { count: 0 },
    { chatTypes: [] },
  ])('refuses %j', (changes) => {
    let refusal: unknown;
    try {
      scenario(changes);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: 'SIMULATOR_BAD_SCENARIO' });
  });
});
