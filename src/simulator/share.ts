/** JSON text that is sent as it stands: the only way to send a 19-digit number without rounding it. */
export class RawJson {
  constructor(readonly text: string) {}
}

/** Marks JSON text to be sent as it stands, e.g. `rawJson('9007199254740993')`. The text is not checked. */
export function rawJson(text: string): RawJson {
  return new RawJson(text);
}

/** Native SDKs send strings only; the JavaScript SDK can send any JSON. */
export type CustomValue = string | RawJson;

/** One share that has arrived in one room, as Kakao tells it. */
export interface Share {
  /** One of Kakao's chat types, or a value that Kakao may add one day. */
  readonly chatType: string;
  readonly hashChatId: string;
  /** Digits are sent as a JSON number exactly as written; `''` and `null` as they are; undefined leaves it out. */
  readonly templateId?: number | string | null | undefined;
  /** Sent to apps with paid usage only; Kakao does not tell whether as a boolean or as text. */
  readonly isSingleChatroom?: boolean | string | undefined;
  /** Sent to apps with paid usage only. */
  readonly chatMemberCountRange?: string | undefined;
  /** `serverCallbackArgs`. Reserved words are let through: a forger may try them, and JSON then holds the key twice. */
  readonly customParameters: Readonly<Record<string, CustomValue>>;
}

export type ParameterValue = string | number | boolean | null | RawJson;

/** The parameters in the order of Kakao's samples: its own first, then the custom ones beside them. */
export function shareParameters(share: Share): [name: string, value: ParameterValue][] {
  const parameters: [string, ParameterValue | undefined][] = [
    ['CHAT_TYPE', share.chatType],
    ['HASH_CHAT_ID', share.hashChatId],
    ['TEMPLATE_ID', templateIdValue(share.templateId)],
    ['IS_SINGLE_CHATROOM', share.isSingleChatroom],
    ['CHAT_MEMBER_COUNT_RANGE', share.chatMemberCountRange],
    ...Object.entries(share.customParameters),
  ];
  return parameters.filter((entry): entry is [string, ParameterValue] => entry[1] !== undefined);
}

function templateIdValue(templateId: Share['templateId']): ParameterValue | undefined {
  const isDigits = typeof templateId === 'string' && /^(0|[1-9]\d*)$/.test(templateId);
  return isDigits ? rawJson(templateId) : templateId;
}
