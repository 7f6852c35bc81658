import { randomBytes } from 'node:crypto';
import { Sender } from '../../../src/simulator/send.js';
import { buildShareRequest } from '../../../src/simulator/share-request.js';
import { shareBy } from '../../support/test-service.js';
import type { ServiceProcess } from '../../support/service-process.js';

export function newAdminKey(): string {
  return randomBytes(16).toString('hex');
}

/** How the door answers minji's share that comes with this key. */
export async function statusWith(
  { webhookUrl }: ServiceProcess,
  adminKey: string,
  resourceId: string,
): Promise<number | undefined> {
  const how = { url: webhookUrl, adminKey, resourceId, method: 'POST', encoding: 'json' } as const;
  const sender = new Sender();
  try {
    return (await sender.send(buildShareRequest(shareBy('minji'), how))).status;
  } finally {
    sender.close();
  }
}
