import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { KakaoKeyRing } from '../kakao/key-ring.js';
import { readKeyUses } from '../keys/read-key-uses.js';
import type { Caller } from './caller.js';
import { KEY_RING } from './key-ring-token.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import type { Page } from './page.js';
import { timeOf } from './time-of.js';

/** An admin key, by its fingerprint. */
interface KeyView {
  readonly app: string;
  readonly fingerprint: string;
  /** In the process that answers. */
  readonly inForce: boolean;
  /** A few seconds behind at most; null: never. */
  readonly firstUsedAt: string | null;
  readonly lastUsedAt: string | null;
}

/** `/v1/keys`: which admin keys are in force, and when each was used, so that one sees when an old one may go. */
@Controller('v1/keys')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class KeysController {
  constructor(
    private readonly database: Database,
    @Inject(KEY_RING) private readonly ring: KakaoKeyRing,
  ) {}

  @Get()
  async list(@CurrentCaller() caller: Caller): Promise<Page<KeyView>> {
    const keys = await readKeyUses(this.database, this.ring, caller.apps);
    const items = keys.map(({ firstUsedAt, lastUsedAt, ...key }) => ({
      ...key,
      firstUsedAt: timeOf(firstUsedAt),
      lastUsedAt: timeOf(lastUsedAt),
    }));
    return { items, nextCursor: null };
  }
}
