import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SettingFault } from './setting-fault.js';

/** Generated where none were set, so that a fresh clone can be tried; never in production. */
export interface DevelopmentSecrets {
  readonly kakaoAdminKey: string;
  readonly adminToken: string;
  readonly intentSigningKey: string;
  readonly eventEndpointKey: string;
}

/** Reads the secrets kept in the data folder, or makes and keeps new ones, readable by their owner alone. */
export function keepDevelopmentSecrets(dataDir: string): DevelopmentSecrets {
  const file = path.join(dataDir, 'development-secrets.json');
  const kept = existsSync(file) ? readSecrets(file) : {};
  // An older version made fewer secrets: what it made stays as it is.
  const secrets = { ...generateSecrets(), ...kept };
  if (Object.keys(secrets).every((name) => name in kept)) return secrets;
  mkdirSync(dataDir, { recursive: true });
  writeSecrets(file, secrets);
  return secrets;
}

function generateSecrets(): DevelopmentSecrets {
  return {
    // Kakao's keys have 32 hex digits as well.
    kakaoAdminKey: randomBytes(16).toString('hex'),
    adminToken: randomBytes(24).toString('base64url'),
    intentSigningKey: randomBytes(32).toString('base64url'),
    eventEndpointKey: randomBytes(32).toString('base64url'),
  };
}

/** In one step: a crash half-way leaves the secrets that were there. */
function writeSecrets(file: string, secrets: DevelopmentSecrets): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

function readSecrets(file: string): Partial<DevelopmentSecrets> {
  const fault = new SettingFault(
    `${file} is not what was written there: delete it, and new secrets are made.`,
  );
  let secrets: Partial<Record<keyof DevelopmentSecrets, unknown>> | null;
  try {
    secrets = JSON.parse(readFileSync(file, 'utf8')) as typeof secrets;
  } catch {
    throw fault;
  }
  const { kakaoAdminKey, adminToken, intentSigningKey, eventEndpointKey } = secrets ?? {};
  if (typeof kakaoAdminKey !== 'string' || typeof adminToken !== 'string') throw fault;
  return {
    ...{ kakaoAdminKey, adminToken },
    ...addedLater({ intentSigningKey }, fault),
    ...addedLater({ eventEndpointKey }, fault),
  };
}

/** A secret that older versions did not make: absent, or as it was made. */
function addedLater<Name extends string>(
  secret: Readonly<Record<Name, unknown>>,
  fault: SettingFault,
): Partial<Record<Name, string>> {
  const entries = Object.entries(secret).filter(([, value]) => value !== undefined);
  if (!entries.every(([, value]) => typeof value === 'string')) throw fault;
  return Object.fromEntries(entries) as Partial<Record<Name, string>>;
}
