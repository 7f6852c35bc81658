import { BadRequestException } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';

export const DEFAULT_LIMIT = 50;
/** A person reads no more at once, and a program follows the cursor. */
export const MAX_LIMIT = 200;

/** Which part of a list is wanted. */
export class PageQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit: number = DEFAULT_LIMIT;

  /** The `nextCursor` of the page before. */
  @IsOptional()
  @IsUUID()
  cursor?: string;
}

/** A list, newest first. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** Makes a page of rows that were read one beyond the limit. */
export function toPage<Row extends { id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(show),
    nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  };
}

/** The apps to look at: those that were asked for, within those that the caller may see; undefined: all. */
export function visibleApps(
  asked: string | undefined,
  allowed: readonly string[] | undefined,
): readonly string[] | undefined {
  if (asked === undefined) return allowed;
  if (allowed !== undefined && !allowed.includes(asked))
    throw new BadRequestException('app: not one of yours');
  return [asked];
}
