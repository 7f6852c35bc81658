/** The functions of Kakao's JavaScript SDK that send a share, as members of `Kakao.Share`. */
export const SHARE_FUNCTIONS = [
  'sendDefault',
  'sendCustom',
  'sendScrap',
  'createDefaultButton',
  'createCustomButton',
  'createScrapButton',
] as const;

export type ShareFunction = (typeof SHARE_FUNCTIONS)[number];

/** What a page wants to share: the SDK's own settings, without what we put in. */
export interface ShareRequest {
  readonly function: ShareFunction;
  /** As the SDK takes it, without `serverCallbackArgs` and `pickerSettings`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Custom parameters beside ours; they come back with the webhook, changed by whoever wanted to. */
  readonly callbackArgs?: Readonly<Record<string, string>>;
  /** Which rooms can be picked, and how many. Needs Kakao's permission for the app. */
  readonly pickerSettings?: Readonly<Record<string, unknown>>;
}

/** Ready to be used: `Kakao.Share[parameters.function](parameters.settings)`. */
export interface ShareParameters {
  readonly function: ShareFunction;
  readonly settings: Readonly<Record<string, unknown>>;
}
