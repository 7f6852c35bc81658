import { MASTER_KEY } from '../endpoints/given-endpoint.js';
import type { ApiAnswer, TestService } from '../support/test-service.js';
import { apiTokens, bearer, type Problem } from './management.js';

/** An endpoint as the API shows it. */
export interface EndpointBody {
  readonly id: string;
  readonly app: string;
  readonly url: string;
  readonly types: readonly string[] | null;
  readonly description: string | null;
  readonly includeRoomHash: boolean;
  readonly state: string;
  readonly since: string | null;
  readonly reason: string | null;
  readonly waiting: number;
  readonly refused: number;
  readonly lastDeliveredAt: string | null;
  readonly secrets: readonly { readonly expiresAt: string | null }[];
  readonly secret?: string;
}

/** One row of its delivery log. */
export interface AttemptBody {
  readonly eventId: string;
  readonly statusCode: number | null;
  readonly outcome: string;
  readonly error: string | null;
  readonly durationMs: number;
}

export const PATH = '/v1/event-endpoints';
export const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';
export const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;
const APPS = JSON.stringify({
  shop: 'admin-key-of-shop',
  game: 'admin-key-of-game',
  default: 'admin-key-of-default',
});
export const BECAUSE = { reason: 'a test' };

/** A service that calls endpoints on this machine. */
export const ENVIRONMENT = {
  KAKAO_ADMIN_KEYS: '',
  KAKAO_APPS: APPS,
  EVENT_TRANSPORTS: 'in-process,webhooks',
  EVENT_ENDPOINT_KEYS: MASTER_KEY,
  EVENT_ENDPOINT_NETWORKS: '127.0.0.0/8',
  API_TOKENS: apiTokens({
    everything: { scopes: ['read', 'operate'] },
    reader: { scopes: ['read'] },
    operator: { scopes: ['operate'] },
    banker: { scopes: ['money', 'intents'] },
    shop: { scopes: ['read', 'operate'], apps: ['shop'] },
  }),
};

/** Asks as a caller with this name. */
export async function ask<Body = EndpointBody & Problem>(
  service: TestService,
  method: string,
  path: string,
  body?: unknown,
  as = 'everything',
): Promise<ApiAnswer<Body>> {
  const response = await fetch(`${service.url}${PATH}${path}`, {
    method,
    headers: {
      Authorization: bearer(as),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
}

/** An endpoint, made over HTTP. */
export async function create(
  service: TestService,
  settings: { readonly url: string; readonly [field: string]: unknown },
): Promise<EndpointBody & { readonly secret: string }> {
  const answer = await ask(service, 'POST', '', { app: 'default', ...settings });
  const { status, body } = answer;
  if (status !== 201 || body.secret === undefined) throw new Error(JSON.stringify(answer));
  return { ...body, secret: body.secret };
}

export async function look(service: TestService, id: string): Promise<EndpointBody> {
  return (await ask(service, 'GET', `/${id}`)).body;
}
