import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SettingFault } from './setting-fault.js';

/** Generated where none were set, so that a fresh clone can be tried; never in production. */
export interface DevelopmentSecrets {
  readonly kakaoAdminKey: string;
  readonly adminToken: string;
}

/** Reads the secrets kept in the data folder, or makes and keeps new ones, readable by their owner alone. */
export function keepDevelopmentSecrets(dataDir: string): DevelopmentSecrets {
  const file = path.join(dataDir, 'development-secrets.json');
  if (existsSync(file)) return readSecrets(file);
  mkdirSync(dataDir, { recursive: true });
  // Kakao's keys have 32 hex digits as well.
  const secrets = {
    kakaoAdminKey: randomBytes(16).toString('hex'),
    adminToken: randomBytes(24).toString('base64url'),
  };
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return secrets;
}

function readSecrets(file: string): DevelopmentSecrets {
  try {
    const secrets = JSON.parse(readFileSync(file, 'utf8')) as Partial<DevelopmentSecrets>;
    const { kakaoAdminKey, adminToken } = secrets;
    if (typeof kakaoAdminKey === 'string' && typeof adminToken === 'string')
      return { kakaoAdminKey, adminToken };
  } catch {
    // Told below, with the remedy.
  }
  throw new SettingFault(
    `${file} is not what was written there: delete it, and new secrets are made.`,
  );
}
