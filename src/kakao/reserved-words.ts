/**
 * The parameters that Kakao itself puts beside the custom ones. The first three are documented as reserved,
 * the other two are sent to apps with paid usage; a custom parameter may take none of these names.
 */
export const RESERVED_WORDS = [
  'CHAT_TYPE',
  'HASH_CHAT_ID',
  'TEMPLATE_ID',
  'IS_SINGLE_CHATROOM',
  'CHAT_MEMBER_COUNT_RANGE',
] as const;

export type ReservedWord = (typeof RESERVED_WORDS)[number];

export function isReservedWord(name: string): name is ReservedWord {
  return (RESERVED_WORDS as readonly string[]).includes(name);
}
