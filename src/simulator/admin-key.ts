import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { SimulatorError } from './simulator-error.js';

export interface KeySources {
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * The admin key to send, from the first place that has one: `--key`, `--key-file`, `KAKAO_ADMIN_KEY`, the first of
 * `KAKAO_ADMIN_KEYS`, and what a development service has made up for itself. No error ever shows a key.
 */
export function findAdminKey({ key, keyFile, env, cwd }: KeySources): string {
  const fromFile =
    keyFile === undefined ? undefined : readText(resolve(cwd, keyFile), '--key-file');
  const fromEnv = [env.KAKAO_ADMIN_KEY, env.KAKAO_ADMIN_KEYS?.split(',')[0]].find(Boolean);
  const found = (
    key ??
    fromFile ??
    fromEnv ??
    developmentKey(resolve(cwd, env.DATA_DIR ?? '.data'))
  )?.trim();
  // What an Authorization header can carry after its scheme.
  if (found && /^[\x21-\x7e]+$/.test(found)) return found;
  throw noKey(found === undefined ? 'there is no admin key' : 'the admin key is empty or unusable');
}

function developmentKey(dataDir: string): string | undefined {
  const path = join(dataDir, 'development-secrets.json');
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const secrets: unknown = JSON.parse(text);
    if (secrets instanceof Object && 'kakaoAdminKey' in secrets)
      return String(secrets.kakaoAdminKey);
  } catch {
    // A half-written file is no better than one without the key.
  }
  throw noKey(`${path} holds no kakaoAdminKey`);
}

function readText(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw noKey(`${option} cannot be read: ${path}`);
  }
}

function noKey(message: string): SimulatorError {
  return new SimulatorError(
    'SIMULATOR_NO_ADMIN_KEY',
    message,
    'Set KAKAO_ADMIN_KEY, give --key-file, or start the service once with "npm start".',
  );
}
