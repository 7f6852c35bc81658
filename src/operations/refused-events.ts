import { ArrayMaxSize, ArrayMinSize, IsUUID } from 'class-validator';
import type { Queryable } from '../database/database.js';
import { readRefused } from '../relay/refused-events.js';
import { MayBeAbsent } from './field-rules.js';
import { toPage, type Page, type PageQuery } from './page.js';
import { ReasonedRequest } from './reasoned-request.js';

/** In one transaction; ask again for more. */
export const MAX_REFUSED_AT_ONCE = 1_000;

/** Which of the refused events. */
export class RefusedRequest extends ReasonedRequest {
  /** Absent: any, oldest first, at most 1,000. */
  @MayBeAbsent()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_REFUSED_AT_ONCE)
  @IsUUID(undefined, { each: true })
  eventIds?: string[];
}

/** An event that a destination would not take. */
export interface RefusedEventView {
  readonly eventId: string;
  readonly reason: string;
  readonly refusedAt: string;
}

/** What a destination would not take, newest event first. */
export async function showRefused(
  queryable: Queryable,
  destination: string,
  { limit, cursor }: PageQuery,
): Promise<Page<RefusedEventView>> {
  const rows = await readRefused(queryable, destination, limit + 1, cursor);
  return toPage(rows, limit, ({ id, reason, refused_at }) => ({
    eventId: id,
    reason,
    refusedAt: refused_at.toISOString(),
  }));
}
