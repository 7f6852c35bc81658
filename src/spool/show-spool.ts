import { isUtf8 } from 'node:buffer';
import type { Delivery } from '../deliveries/delivery.js';
import { refusedDeliveries, spooledDeliveries, type OnUnread } from './spooled-deliveries.js';

/** Says at most `limit` deliveries, one line of JSON each, and complains of what cannot be read. */
export async function showSpool(
  directory: string,
  { limit, refused }: { readonly limit: number; readonly refused: boolean },
  say: (line: string) => void,
  complain: (line: string) => void,
): Promise<void> {
  let said = 0;
  const batches = refused
    ? refusedBatches(directory, complain)
    : spooledDeliveries(directory, complain);
  for await (const batch of batches) {
    for (const delivery of batch) {
      if (said++ === limit) {
        complain(`There are more than --limit ${limit}.`);
        return;
      }
      say(JSON.stringify(viewOf(delivery)));
    }
  }
}

async function* refusedBatches(directory: string, onUnread: OnUnread): AsyncGenerator<Delivery[]> {
  for await (const { delivery } of refusedDeliveries(directory, onUnread)) yield [delivery];
}

/** Bytes as text where they are text. */
function viewOf({ query, body, ...rest }: Delivery): object {
  return { ...rest, query: query.toString('latin1'), ...bodyOf(body) };
}

function bodyOf(body: Buffer): object {
  return isUtf8(body) ? { body: body.toString('utf8') } : { bodyBase64: body.toString('base64') };
}
