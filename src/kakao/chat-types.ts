/**
 * Where a share arrived, in Kakao's words.
 * Kakao may add values: an unknown one is kept and flagged, never refused.
 * Source: Kakao Talk Share webhook, parameter `CHAT_TYPE`.
 */
export const CHAT_TYPES = [
  'MemoChat',
  'DirectChat',
  'MultiChat',
  'OpenDirectChat',
  'OpenMultiChat',
] as const;

export type ChatType = (typeof CHAT_TYPES)[number];

/** "My Chatroom": the sender alone. */
export const CHAT_WITH_ONESELF: ChatType = 'MemoChat';
