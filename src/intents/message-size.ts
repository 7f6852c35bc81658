/** Template, arguments and extras together. Source: Kakao's SDKs for iOS and Flutter, which refuse more. */
const MAX_MESSAGE_BYTES = 10 * 1024;

/** Stays in the page: says where the button is, and what the picker shows. */
const STAYS = ['container', 'pickerSettings'];

/** By how much a message is too large for Kakao, in words; undefined when it fits. */
export function messageSizeFault(settings: Readonly<Record<string, unknown>>): string | undefined {
  const travels = Object.entries(settings)
    .filter(([name]) => !STAYS.includes(name))
    // The arguments travel as JSON within JSON, so their quotes are escaped.
    .map(([name, value]) => [name, name === 'serverCallbackArgs' ? JSON.stringify(value) : value]);
  const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(travels)));
  const excess = bytes - MAX_MESSAGE_BYTES;
  return excess > 0
    ? `share: the message has ${bytes} bytes, ${excess} more than the ${MAX_MESSAGE_BYTES} that Kakao takes`
    : undefined;
}
