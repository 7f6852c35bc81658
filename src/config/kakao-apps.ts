import { KakaoKeyRing, KeyRingError, type KakaoApps } from '../kakao/key-ring.js';
import type { EnvironmentReader } from './environment-reader.js';
import { SettingFault } from './setting-fault.js';

/** The app of `KAKAO_ADMIN_KEYS`, which needs no name where there is only one. */
export const DEFAULT_APP = 'default';

/**
 * The least that an admin key has in production. Kakao promises no form, and those that it gives out have 32 characters: what
 * has less than half of that is a word that somebody typed, or what was cut off of a key.
 */
export const MIN_ADMIN_KEY_CHARS = 16;

/** What one of the settings says: itself, or in a file that may say something else later. */
export type KeySource = { readonly text: string } | { readonly file: string };

/** Where the admin keys come from; absent: not set. */
export interface KakaoKeySources {
  readonly adminKeys: KeySource | undefined;
  readonly apps: KeySource | undefined;
  /** Keys that have fewer characters are not put in force. */
  readonly minKeyChars: number;
}

/** Where to look for other keys while the process runs; undefined where no file is named. */
export function readKeySources(
  given: EnvironmentReader,
  minKeyChars: number,
): KakaoKeySources | undefined {
  const sourceOf = (name: string): KeySource | undefined => {
    const file = given.text(`${name}_FILE`);
    const text = given.text(name);
    if (file !== undefined) return { file };
    return text === undefined ? undefined : { text };
  };
  const sources = { adminKeys: sourceOf('KAKAO_ADMIN_KEYS'), apps: sourceOf('KAKAO_APPS') };
  const hasFile = Object.values(sources).some((source) => source !== undefined && 'file' in source);
  return hasFile ? { ...sources, minKeyChars } : undefined;
}

/**
 * Reads `KAKAO_ADMIN_KEYS` (keys of the app `default`, comma-separated) and `KAKAO_APPS` (JSON: app to keys); none where neither
 * is set.
 * @throws {SettingFault} when a key ring could not be built of them, or a key has fewer characters than it must
 */
export function readKakaoApps(
  adminKeys: string | undefined,
  apps: string | undefined,
  minKeyChars: number,
): KakaoApps {
  if (adminKeys === undefined && apps === undefined) return {};
  const merged = mergeApps(adminKeys, apps);
  refuseUnusableKeys(merged);
  refuseShortKeys(merged, minKeyChars);
  return merged;
}

function mergeApps(adminKeys: string | undefined, apps: string | undefined): KakaoApps {
  const named = apps === undefined ? {} : parseApps(apps);
  if (adminKeys === undefined) return named;
  if (Object.hasOwn(named, DEFAULT_APP)) {
    throw new SettingFault(
      `KAKAO_ADMIN_KEYS holds the keys of the app "${DEFAULT_APP}", and KAKAO_APPS names it too: name its keys in one of them.`,
    );
  }
  return { [DEFAULT_APP]: adminKeys.split(',').map((key) => key.trim()), ...named };
}

function parseApps(json: string): Record<string, string[]> {
  const fault = new SettingFault(
    'KAKAO_APPS must be JSON: an object of app name to a list of admin keys.',
  );
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw fault;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw fault;
  return Object.fromEntries(
    Object.entries(parsed).map(([app, given]: [string, unknown]) => {
      const keys = Array.isArray(given) ? (given as unknown[]) : [given];
      if (!keys.every((key) => typeof key === 'string')) throw fault;
      return [app, keys];
    }),
  );
}

/** A ring that could not be built at the door is told here, with the other faults. */
function refuseUnusableKeys(apps: KakaoApps): void {
  try {
    new KakaoKeyRing(apps);
  } catch (error) {
    if (error instanceof KeyRingError)
      throw new SettingFault(`KAKAO_ADMIN_KEYS or KAKAO_APPS: ${error.message}`);
    throw error;
  }
}

/** By its place, as the ring tells of a key that it cannot use. */
function refuseShortKeys(apps: KakaoApps, minKeyChars: number): void {
  const place = Object.values(apps).findIndex((keys) =>
    keys.some((key) => key.length < minKeyChars),
  );
  if (place === -1) return;
  throw new SettingFault(
    `KAKAO_ADMIN_KEYS or KAKAO_APPS: App number ${place + 1} has an admin key of fewer than ${minKeyChars} characters, which is not a whole one.`,
  );
}
