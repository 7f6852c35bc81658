import { open } from 'node:fs/promises';
import type { KeySource } from '../config/kakao-apps.js';
import { SettingFault } from '../config/setting-fault.js';

/** A thousand apps with five keys each stay far below. */
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Reads what a setting says now.
 * @throws {SettingFault} without the content, when the file cannot be read, is too large, or is empty: while a file is being
 * written it may be
 */
export async function readKeySource(
  setting: string,
  source: KeySource | undefined,
): Promise<string | undefined> {
  if (source === undefined) return undefined;
  if ('text' in source) return source.text;
  const text = (await readWhole(`${setting}_FILE`, source.file)).toString('utf8').trim();
  if (text === '') throw new SettingFault(`${setting}_FILE names an empty file.`);
  return text;
}

async function readWhole(setting: string, file: string): Promise<Buffer> {
  const unreadable = new SettingFault(`${setting} names a file that cannot be read.`);
  const handle = await open(file).catch(() => {
    throw unreadable;
  });
  try {
    // A pipe or a device would be waited for.
    const stats = await handle.stat();
    if (!stats.isFile()) throw unreadable;
    if (stats.size > MAX_FILE_BYTES)
      throw new SettingFault(`${setting} names a file of more than ${MAX_FILE_BYTES} bytes.`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
