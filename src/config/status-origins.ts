import { SettingFault } from './setting-fault.js';

/** From where a page may ask how its share went: these origins, or in development whatever is on this machine. */
export type StatusOrigins = readonly string[] | 'localhost';

/** Reads `STATUS_ORIGINS`: comma-separated origins as browsers write them, e.g. `https://shop.example`. */
export function readStatusOrigins(text: string | undefined, production: boolean): StatusOrigins {
  if (text === undefined) return production ? [] : 'localhost';
  const origins = text.split(',').map((origin) => origin.trim());
  if (!origins.every(isOrigin))
    throw new SettingFault(
      'STATUS_ORIGINS must list origins as browsers write them, without a path: https://shop.example,https://m.shop.example',
    );
  return [...new Set(origins)];
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
