import { createHash } from 'node:crypto';

import { CHAT_TYPES, CHAT_WITH_ONESELF } from '../kakao/chat-types.js';
import { MEMBER_COUNT_RANGES } from '../kakao/member-count-ranges.js';
import type { Random } from './random.js';
import type { Tap } from './tap.js';

/** Each user has as many rooms, one of each of Kakao's chat types: no tap can reach more. */
export const ROOMS_PER_USER = CHAT_TYPES.length;

export interface Room {
  readonly chatType: string;
  readonly hashChatId: string;
}

/** The different rooms that a tap reaches: from one up to `most` of the sharer's. A room keeps its hash and type. */
export function pickRooms(
  random: Random,
  tap: Tap,
  most: number,
  chatTypes: readonly string[],
): Room[] {
  const first = random.below(ROOMS_PER_USER);
  const count = 1 + random.below(most);
  return Array.from({ length: count }, (_, step) => {
    const place = (first + step) % ROOMS_PER_USER;
    return {
      chatType: chatTypes[place % chatTypes.length] ?? CHAT_WITH_ONESELF,
      hashChatId: createHash('sha256').update(`${tap.sharer}/${place}`).digest('hex'),
    };
  });
}

/** What Kakao adds for apps with paid usage, in keeping with the kind of room. */
export function paidFields(
  random: Random,
  room: Room,
): { isSingleChatroom: boolean | string; chatMemberCountRange: string } {
  const isAlone = room.chatType === CHAT_WITH_ONESELF || random.chance(0.05);
  const isPair = room.chatType === 'DirectChat' || room.chatType === 'OpenDirectChat';
  return {
    isSingleChatroom: random.chance(0.5) ? isAlone : String(isAlone),
    chatMemberCountRange: isAlone || isPair ? '1+' : random.pick(MEMBER_COUNT_RANGES),
  };
}
