import type { Queryable } from '../database/database.js';
import { SELECT_DELIVERY, type DeliveryRow } from './delivery-view.js';

/** Which deliveries are wanted; what is undefined is not asked for. */
export interface DeliveryFilter {
  readonly apps?: readonly string[] | undefined;
  readonly resourceId?: string | undefined;
  readonly userId?: string | undefined;
  readonly verdict?: string | undefined;
  readonly campaignId?: string | undefined;
  /** Received from here, */
  readonly from?: Date | undefined;
  /** and before this. */
  readonly to?: Date | undefined;
  /** Older than this one. */
  readonly cursor?: string | undefined;
}

// By whose share it is, and by whom it names, as received or corrected: a forged one is found by all of them.
const OF_USER = `
  d.id IN (
    SELECT s.id FROM kakao_share.shares s JOIN kakao_share.users u ON u.id = s.user_ref WHERE u.user_id = ?
    UNION
    SELECT n.id FROM kakao_share.deliveries n WHERE n.user_id = ?
    UNION
    SELECT n.delivery_id FROM kakao_share.delivery_corrections n WHERE n.user_id = ?
  )`;

const OF_RESOURCE =
  'd.id IN (SELECT delivery_id FROM kakao_share.delivery_keys WHERE resource_id = ?)';
const IS_OPEN = 'd.id IN (SELECT delivery_id FROM kakao_share.open_deliveries) AND ?';

/** Finds deliveries, newest first. */
export async function findDeliveries(
  database: Queryable,
  { apps, resourceId, userId, verdict, campaignId, from, to, cursor }: DeliveryFilter,
  limit: number,
): Promise<DeliveryRow[]> {
  const conditions = [
    { sql: 'coalesce(k.app, d.app) = ANY(?)', value: apps },
    { sql: OF_RESOURCE, value: resourceId },
    { sql: OF_USER, value: userId },
    verdict === 'pending'
      ? { sql: IS_OPEN, value: true }
      : { sql: 'c.verdict = ?', value: verdict },
    { sql: 'c.campaign_id = ?', value: campaignId },
    { sql: 'd.received_at >= ?', value: from },
    { sql: 'd.received_at < ?', value: to },
    { sql: 'd.id < ?', value: cursor },
  ].filter(({ value }) => value !== undefined);
  const where = conditions
    .map(({ sql }, index) => sql.replaceAll('?', `$${index + 1}`))
    .join(' AND ');
  return database.query<DeliveryRow>(
    `${SELECT_DELIVERY} ${where === '' ? '' : `WHERE ${where}`} ORDER BY d.id DESC LIMIT ${limit}`,
    conditions.map(({ value }) => value),
  );
}

/** One delivery by its id. */
export async function findDelivery(
  database: Queryable,
  id: string,
): Promise<DeliveryRow | undefined> {
  const [row] = await database.query<DeliveryRow>(`${SELECT_DELIVERY} WHERE d.id = $1`, [id]);
  return row;
}
