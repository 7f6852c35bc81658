import { createHash } from 'node:crypto';
import type { TestService } from '../support/test-service.js';

/** An answer of the management API with what identifies it as a problem document. */
export interface ManagementAnswer<Body> {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
  readonly body: Body;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly string[];
}

export interface DeliveryBody {
  readonly id: string;
  readonly resourceId: string;
  readonly app: string;
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly userId: string | null;
  readonly amount: number | null;
}

export interface PageBody<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Calls with any `Authorization`, or none. */
export async function call<Body = Problem>(
  service: TestService,
  path: string,
  authorization: string | undefined,
  init: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<ManagementAnswer<Body>> {
  const headers = {
    ...(authorization === undefined ? {} : { Authorization: authorization }),
    ...(init.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...init.headers,
  };
  const response = await fetch(`${service.url}${path}`, { ...init, headers });
  const text = await response.text();
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    text,
    body: JSON.parse(text) as Body,
  };
}

/** `API_TOKENS` for these callers; a caller's token is `token-of-<name>`. */
export function apiTokens(
  callers: Readonly<Record<string, { scopes: readonly string[]; apps?: readonly string[] }>>,
): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(callers).map(([name, rights]) => [
        name,
        { ...rights, sha256: createHash('sha256').update(`token-of-${name}`).digest('hex') },
      ]),
    ),
  );
}

export const bearer = (name: string): string => `Bearer token-of-${name}`;
