import { NotFoundException } from '@nestjs/common';
import type { Queryable } from '../database/database.js';
import type { Caller } from './caller.js';
import type { DeliveryRow } from './delivery-view.js';
import { findDelivery } from './find-deliveries.js';

/** A delivery of one of the caller's apps. */
export async function ownDelivery(
  database: Queryable,
  id: string,
  { apps }: Caller,
): Promise<DeliveryRow> {
  const row = await findDelivery(database, id);
  if (row === undefined || apps?.includes(row.app) === false)
    throw new NotFoundException('no such delivery');
  return row;
}
