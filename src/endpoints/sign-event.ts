import { Webhook } from 'standardwebhooks';

/** The headers by which a receiver knows who sent a body, and when. Source: Standard Webhooks 1.0. */
export function signatureHeaders(
  secrets: readonly string[],
  { id, body, sentAt }: { readonly id: string; readonly body: string; readonly sentAt: Date },
): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    // One for each secret that counts: while it is rotated, receivers hold the old one or the new one.
    'webhook-signature': secrets
      .map((secret) => new Webhook(secret).sign(id, sentAt, body))
      .join(' '),
  };
}
