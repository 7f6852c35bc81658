import { SHARE_SOURCE, type Delivery } from '../deliveries/delivery.js';
import type { Problem } from '../kakao/parameter.js';
import { readResourceId } from '../kakao/resource-id.js';
import { claimedIntentId, INTENT_PARAMETER } from '../intents/intent-token.js';
import { readShareWebhook, type ShareWebhook } from '../kakao/share-webhook.js';
import type { Arrival } from './doorstep.js';

const BODY_LOST: Problem = {
  field: 'body',
  problem: 'was read by a parser of the application that kept no bytes of it',
};

/** A GET says everything in its query. */
/** What came, whenever that was by whatever clock. */
type Received = Omit<Arrival, 'arrivedAtMs'>;

function isBodyLost({ method, body }: Received): boolean {
  return body === undefined && method !== 'GET';
}

/** Turns an arrival into a delivery, with everything listed that could not be understood. */
export function readDelivery(arrival: Received, userParameter: string, id: string): Delivery {
  const { app, fingerprint, receivedAt, method, headers, query } = arrival;
  const body = arrival.body ?? Buffer.alloc(0);
  const resourceId = readResourceId(arrival.resourceIds);
  const raw = {
    method,
    query,
    body,
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
  };
  const reading = isBodyLost(arrival) ? [BODY_LOST] : readShareWebhook(raw, userParameter);
  return {
    id,
    source: SHARE_SOURCE,
    app,
    resourceId: typeof resourceId === 'string' ? resourceId : undefined,
    receivedAt,
    keyFingerprint: fingerprint,
    userParameter,
    userId: Array.isArray(reading) ? undefined : reading.userId,
    intentId: Array.isArray(reading) ? undefined : readClaimedIntent(reading),
    method,
    headers,
    query,
    body,
    problems: [
      ...(typeof resourceId === 'string' ? [] : [resourceId]),
      ...(Array.isArray(reading) ? reading : []),
    ],
  };
}

function readClaimedIntent({ custom }: ShareWebhook): string | undefined {
  const value = custom.find(({ name }) => name === INTENT_PARAMETER)?.value;
  return value !== undefined && 'text' in value ? claimedIntentId(value.text) : undefined;
}
