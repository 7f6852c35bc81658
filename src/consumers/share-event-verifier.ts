import type { Webhook } from 'standardwebhooks';
import type { ShareEvent } from '../events/domain-event.js';
import { decodeUtf8, parseShareEvent } from './parse-share-event.js';
import {
  MissingSignatureError,
  openWebhook,
  SignatureSecretError,
  StaleSignatureError,
  WrongSignatureError,
  type ShareEventSignatureError,
} from './share-event-signature.js';

/** Headers as node gives them (`headers` or `headersDistinct`), or as fetch does. */
export type WebhookHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
type SignatureHeaders = Record<(typeof HEADERS)[number], string>;
/** How far the clocks of both sides may differ: what the specification's library allows. */
const TOLERANCE_S = 5 * 60;
/** A rotation needs two. Each costs an HMAC over every forged body. */
const MAX_SECRETS = 10;

/**
 * Verifies outgoing webhooks by the Standard Webhooks specification, with the specification's own library.
 *
 * ```ts
 * const verifier = new ShareEventVerifier(process.env.KAKAO_SHARE_WEBHOOK_SECRET);
 * app.post('/kakao-share', express.raw({ type: '*\/*' }), (request, response) => {
 *   const event = verifier.verify(request.body, request.headers);
 * ```
 */
export class ShareEventVerifier {
  readonly #webhooks: readonly Webhook[];

  /**
   * @param secrets the endpoint's secret (`whsec_…`), or several: while you rotate, the new and the old one
   * @throws {SignatureSecretError}
   */
  constructor(secrets: string | readonly string[]) {
    // Without types, a setting that is not there comes as undefined.
    const given: unknown = secrets;
    const all = Array.isArray(given) ? (given as readonly string[]) : [String(given)];
    if (all.length === 0 || all.length > MAX_SECRETS) {
      throw new SignatureSecretError(`Give 1 to ${MAX_SECRETS} secrets: the endpoint's own.`);
    }
    this.#webhooks = all.map(openWebhook);
  }

  /**
   * The event, if it comes from whoever knows a secret, within five minutes of being signed.
   * @param rawBody the bytes as they came: a body that a framework parsed and you wrote again has another signature
   * @throws {ShareEventSignatureError} `MissingSignatureError`, `StaleSignatureError` or `WrongSignatureError`: do not answer 2xx
   * @throws {ShareEventFormatError} signed, but no event
   */
  verify(rawBody: string | Uint8Array, headers: WebhookHeaders): ShareEvent {
    const body = typeof rawBody === 'string' ? rawBody : decodeUtf8(rawBody);
    const signed = readHeaders(headers);
    if (!this.#webhooks.some((webhook) => fits(webhook, body, signed))) throw whyNot(signed);
    return parseShareEvent(body);
  }
}

function readHeaders(headers: WebhookHeaders): SignatureHeaders {
  const [id, timestamp, signature] = HEADERS.map((name) => readHeader(headers, name));
  if (id === undefined || timestamp === undefined || signature === undefined) {
    throw new MissingSignatureError(
      `A webhook of kakao-share has the headers ${HEADERS.join(', ')}, each once. Refuse this request; if it is ours, let your ` +
        'proxy pass them.',
    );
  }
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signature,
  };
}

function readHeader(headers: WebhookHeaders, name: string): string | undefined {
  if (isFetchHeaders(headers)) return headers.get(name) ?? undefined;
  const given = Object.entries(headers).filter(([key]) => key.toLowerCase() === name);
  const values = given.flatMap(([, value]) => value ?? []);
  return values.length === 1 && values[0] !== '' ? values[0] : undefined;
}

function isFetchHeaders(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}

function fits(webhook: Webhook, body: string, headers: SignatureHeaders): boolean {
  try {
    webhook.verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/** The library has refused; its messages are not to be relied on. */
function whyNot(headers: SignatureHeaders): ShareEventSignatureError {
  const ageS = Date.now() / 1000 - Number(headers['webhook-timestamp']);
  if (Number.isNaN(ageS) || Math.abs(ageS) > TOLERANCE_S) {
    return new StaleSignatureError(
      `This webhook was not signed within ${TOLERANCE_S / 60} minutes of now. Refuse it: every attempt of ours is signed anew. If ` +
        'all are refused, set the clock of this machine.',
    );
  }
  return new WrongSignatureError(
    'No signature fits. Refuse this request. If it is ours: use the secret of this endpoint (after a rotation the new one ' +
      'beside the old one), and verify the bytes of the body as they came, before any parser.',
  );
}
