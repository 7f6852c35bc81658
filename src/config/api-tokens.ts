import { SettingFault } from './setting-fault.js';

/** What a caller of the management API may do: issue intents, look, operate deliveries, move points. */
export const SCOPES = ['intents', 'read', 'operate', 'money'] as const;
export type Scope = (typeof SCOPES)[number];

/** A caller of the management API; only the digest of its token is known. */
export interface ApiToken {
  readonly name: string;
  /** SHA-256 of the token, 64 hex digits. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  /** The apps it may see; undefined: all. */
  readonly apps: readonly string[] | undefined;
}

/** Reads `API_TOKENS`: JSON of name to `{ "sha256": …, "scopes": […], "apps": […] }`. */
export function readApiTokens(json: string | undefined): ApiToken[] {
  if (json === undefined) return [];
  const fault = new SettingFault(
    `API_TOKENS must be JSON: name (not "admin") to { "sha256": 64 hex digits, "scopes": some of ${SCOPES.join(', ')}, "apps": optional list }.`,
  );
  try {
    const parsed: unknown = JSON.parse(json);
    if (!isObject(parsed)) throw fault;
    return Object.entries(parsed).map(([name, token]) => readToken(name, token, fault));
  } catch {
    throw fault;
  }
}

function readToken(name: string, token: unknown, fault: SettingFault): ApiToken {
  // The audit must not take one caller for another; `admin` is who holds ADMIN_TOKEN.
  if (!isObject(token) || name === '' || name === 'admin') throw fault;
  const { sha256, scopes, apps } = token;
  if (typeof sha256 !== 'string' || !/^[0-9a-fA-F]{64}$/.test(sha256)) throw fault;
  if (!isTextList(scopes) || !scopes.every(isScope)) throw fault;
  if (apps !== undefined && !isTextList(apps)) throw fault;
  return { name, sha256: sha256.toLowerCase(), scopes, apps };
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
