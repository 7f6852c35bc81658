/** How a share can end. The table in docs/verdicts.md says what each means, and what to tell the user. */
export const SHARE_VERDICTS = [
  'rewarded',
  'held',
  'no-user',
  'no-campaign',
  'stopped',
  'outside-window',
  'intent-missing',
  'intent-invalid',
  'intent-expired',
  'intent-foreign',
  'intent-used',
  'self-share',
  'chat-type',
  'room-size',
  'room-used-today',
  'cap',
  'cool-down',
  'budget',
  'test',
  'observe',
] as const;

export type ShareVerdict = (typeof SHARE_VERDICTS)[number];

/** Why a share earns nothing. */
export interface Refusal {
  readonly verdict: Exclude<ShareVerdict, 'rewarded' | 'held' | 'test' | 'observe'>;
  readonly reason: string;
}
