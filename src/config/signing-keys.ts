import { SettingFault } from './setting-fault.js';

/** A key that can be guessed signs nothing: 32 characters of base64url are 192 bits. */
const MIN_KEY_CHARS = 32;

/** Why keys cannot sign, without showing them; undefined when they can. */
export function signingKeysFault(keys: readonly string[]): string | undefined {
  if (keys.length === 0) return 'names no signing key';
  if (keys.some((key) => key.length < MIN_KEY_CHARS))
    return `holds a signing key of less than ${MIN_KEY_CHARS} characters`;
  return new Set(keys).size === keys.length ? undefined : 'names a signing key twice';
}

/** Reads a setting of keys, comma-separated, the newest first; none where it is not set. */
export function readSigningKeys(setting: string, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const keys = text.split(',').map((key) => key.trim());
  const fault = signingKeysFault(keys);
  if (fault !== undefined) throw new SettingFault(`${setting} ${fault}.`);
  return keys;
}
