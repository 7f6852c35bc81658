import type { Delivery } from '../../src/deliveries/delivery.js';
import { decodePayload } from '../../src/spool/frame.js';
import { readSegment } from '../../src/spool/read-segment.js';
import { listFolders } from '../../src/spool/spool-files.js';
import type { TestDatabase } from './test-database.js';

const FRAMES_AT_ONCE = 5_000;

/** How many webhooks a spool keeps that the database does not know yet. */
export async function countSpooled(
  db: Pick<TestDatabase, 'number'>,
  spoolFolder: string,
): Promise<number> {
  const kept = await readSpooled(spoolFolder);
  if (kept.length === 0) return 0;
  return db.number(
    `SELECT count(*) FROM unnest($1::uuid[], $2::text[], $3::text[]) AS kept (id, app, resource)
     WHERE NOT EXISTS (SELECT FROM kakao_share.deliveries d WHERE d.id = kept.id)
       AND NOT EXISTS (SELECT FROM kakao_share.delivery_keys k WHERE k.app = kept.app AND k.resource_id = kept.resource)`,
    [
      kept.map(({ id }) => id),
      kept.map(({ app }) => app),
      kept.map(({ resourceId }) => resourceId ?? null),
    ],
  );
}

/** What a spool keeps; also, for some seconds, of what the database knows already. */
export async function readSpooled(spoolFolder: string): Promise<Delivery[]> {
  const kept: Delivery[] = [];
  for (const { segments } of await listFolders(spoolFolder))
    for (const { path } of segments) kept.push(...(await readAll(path)));
  return kept;
}

async function readAll(segment: string): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  for (let fromByte = 0; ;) {
    const { frames, tail } = await readSegment(segment, fromByte, FRAMES_AT_ONCE);
    deliveries.push(...frames.map(({ payload }) => decodePayload(payload)));
    fromByte = frames.at(-1)?.endsAt ?? fromByte;
    if (tail !== 'more') return deliveries;
  }
}
