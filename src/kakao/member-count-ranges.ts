/**
 * How many people are in the room, as told to apps with paid usage. `1+` means 1 or more but less than 5, and so on.
 * Source: Kakao Talk Share webhook, parameter `CHAT_MEMBER_COUNT_RANGE`.
 */
export const MEMBER_COUNT_RANGES = [
  '1+',
  '5+',
  '10+',
  '30+',
  '50+',
  '100+',
  '500+',
  '1000+',
  'UNKNOWN',
] as const;

export type MemberCountRange = (typeof MEMBER_COUNT_RANGES)[number];
