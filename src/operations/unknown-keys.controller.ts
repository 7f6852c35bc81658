import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Logger,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import { Database } from '../database/database.js';
import { Dispatcher } from '../deliveries/dispatcher.js';
import type { KakaoKeyRing } from '../kakao/key-ring.js';
import { forgetUnknownKey } from '../keys/forget-unknown-key.js';
import { readUnknownKeys } from '../keys/read-unknown-keys.js';
import { UnknownFingerprintError } from '../keys/unknown-key-errors.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { replayUnknownKey, type ReplayCounts } from '../webhook/replay-unknown-key.js';
import type { Caller } from './caller.js';
import { KEY_RING, USER_PARAMETER_NAME } from './key-ring-token.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import type { Page } from './page.js';
import { ReasonedRequest } from './reasoned-request.js';
import { refuseOfSomeApps } from './refuse-of-some-apps.js';
import { timeOf } from './time-of.js';

/** A key that no app had when it was presented. */
interface UnknownKeyView {
  readonly fingerprint: string;
  /** About. */
  readonly hits: number;
  /** Requests that can be replayed. */
  readonly kept: number;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly replayedAt: string | null;
  /** Whose key it is by now, in the process that answers; null: nobody's. */
  readonly app: string | null;
}

/** `/v1/unknown-keys`: what came in Kakao's shape with a key that no app has. It is of no app, so a caller of some may not touch it. */
@Controller('v1/unknown-keys')
@UseGuards(ManagementGuard)
@RequireScope('operate')
export class UnknownKeysController {
  readonly #dispatcher: Dispatcher;

  constructor(
    private readonly database: Database,
    queue: SettlementQueue,
    @Inject(KEY_RING) private readonly ring: KakaoKeyRing,
    @Inject(USER_PARAMETER_NAME) private readonly userParameter: string,
  ) {
    this.#dispatcher = new Dispatcher(queue, new Logger('Dispatcher'));
  }

  @Get()
  async list(@CurrentCaller() caller: Caller): Promise<Page<UnknownKeyView>> {
    refuseOfSomeApps(caller);
    const keys = await readUnknownKeys(this.database, this.ring);
    const items = keys.map(({ fingerprint, hits, kept, app, ...times }) => ({
      ...{ fingerprint, hits, kept },
      firstSeenAt: times.firstSeenAt.toISOString(),
      lastSeenAt: times.lastSeenAt.toISOString(),
      replayedAt: timeOf(times.replayedAt),
      app,
    }));
    return { items, nextCursor: null };
  }

  /** Takes in what was kept, once an app has the key. */
  @Post(':fingerprint/replay')
  @HttpCode(200)
  async replay(
    @Param('fingerprint') fingerprint: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<ReplayCounts> {
    const { ring, userParameter } = this;
    const dispatch = (ids: readonly string[]): void => {
      this.#dispatcher.dispatch(ids);
    };
    const work = { fingerprint: this.known(fingerprint, caller), actor: caller.name, reason };
    return replayUnknownKey(this.database, { ring, userParameter, dispatch }, work);
  }

  /** Forgets the key and what came with it. */
  @Delete(':fingerprint')
  @HttpCode(204)
  async forget(
    @Param('fingerprint') fingerprint: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    const work = { fingerprint: this.known(fingerprint, caller), actor: caller.name, reason };
    await forgetUnknownKey(this.database, work);
  }

  private known(fingerprint: string, caller: Caller): string {
    refuseOfSomeApps(caller);
    if (!/^[0-9a-f]{8}$/.test(fingerprint)) throw new UnknownFingerprintError();
    return fingerprint;
  }
}
