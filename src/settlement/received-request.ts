import type { CorrectedFields } from '../kakao/correct-parameters.js';
import type { Problem } from '../kakao/parameter.js';
import { readShareWebhook, type ShareWebhook } from '../kakao/share-webhook.js';

/** What stands in `deliveries` of the request itself. */
export interface ReceivedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly query: Buffer | null;
  readonly body: Buffer | null;
  readonly user_parameter: string;
}

/** Reads a stored request as the door did, with what people put right since. */
export function readReceived(
  { method, headers, query, body, user_parameter }: ReceivedRequest,
  corrected: CorrectedFields = {},
): ShareWebhook | Problem[] {
  if (query === null || body === null) return [{ field: 'request', problem: 'was erased' }];
  const raw = {
    method,
    query,
    body,
    contentType: headers?.['content-type'],
    contentEncoding: headers?.['content-encoding'],
  };
  return readShareWebhook(raw, user_parameter, corrected);
}
