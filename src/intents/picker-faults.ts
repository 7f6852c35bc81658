/** What is known of `pickerSettings`. Source: Kakao's pages for JavaScript (`type`, `limit`) and Flutter (`showSendToMe`). */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) => typeof value === 'string' && value !== '',
  limit: (value) => Number.isSafeInteger(value) && (value as number) > 0,
  showSendToMe: (value) => typeof value === 'boolean',
};

/** What is wrong with the picker's settings. Without Kakao's permission the share itself would fail, in the user's hands. */
export function pickerFaults(
  pickerSettings: Readonly<Record<string, unknown>>,
  isPermitted: boolean,
): string[] {
  if (!isPermitted)
    return [
      "share.pickerSettings: the app is not known to have Kakao's permission (KAKAO_PICKER_APPS)",
    ];
  const isKnown = Object.entries(pickerSettings).every(
    ([name, value]) => Object.hasOwn(FIELDS, name) && FIELDS[name]?.(value) === true,
  );
  return isKnown
    ? []
    : [
        'share.pickerSettings: may have type (text), limit (positive integer), showSendToMe (boolean)',
      ];
}
