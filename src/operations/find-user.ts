import { BadRequestException } from '@nestjs/common';
import { IsOptional } from 'class-validator';
import type { Database } from '../database/database.js';
import { UnknownUserError } from '../users/unknown-user-error.js';
import type { Caller } from './caller.js';
import { IsText } from './is-text.js';
import { visibleApps } from './page.js';

export class UserQuery {
  /** Needed where the same user id stands in several apps. */
  @IsOptional()
  @IsText(64)
  app?: string;
}

/** A user as our tables refer to it. */
export interface FoundUser {
  readonly userRef: string;
  readonly app: string;
}

/** Finds a user within the caller's apps. @throws {UnknownUserError} and a bad request where several apps have the user */
export async function findUser(
  database: Database,
  userId: string,
  { app }: UserQuery,
  caller: Caller,
): Promise<FoundUser> {
  const apps = visibleApps(app, caller.apps) ?? null;
  // Postgres text holds no NUL and would refuse the query.
  if (userId.includes('\0')) throw new UnknownUserError();
  const users = await database.query<{ id: string; app: string }>(
    'SELECT id, app FROM kakao_share.users WHERE user_id = $1 AND ($2::text[] IS NULL OR app = ANY($2)) ORDER BY app LIMIT 2',
    [userId, apps],
  );
  const [user] = users;
  if (user === undefined) throw new UnknownUserError();
  if (users.length > 1)
    throw new BadRequestException('app: several apps have this user, name one with ?app=');
  return { userRef: user.id, app: user.app };
}
