import { SettingFault } from './setting-fault.js';

/** Reads `KAKAO_PICKER_APPS`: the apps that Kakao lets set the picker, comma-separated, among those that are configured. */
export function readPickerApps(
  text: string | undefined,
  configured: readonly string[],
): readonly string[] {
  if (text === undefined) return [];
  const apps = [...new Set(text.split(',').map((app) => app.trim()))];
  // Without configured apps, as in a worker, or where a file may name more, there is nothing to compare with.
  if (configured.length > 0 && !apps.every((app) => configured.includes(app)))
    throw new SettingFault('KAKAO_PICKER_APPS names an app that is not configured.');
  return apps;
}
