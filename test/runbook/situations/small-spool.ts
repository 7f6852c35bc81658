import { eventually } from '../../support/eventually.js';
import type { ServiceProcess } from '../../support/service-process.js';
import { shareBy } from '../../support/test-service.js';
import type { Stage } from '../stage.js';
import { healthOf } from './service-health.js';

const MIB = 1024 * 1024;
/** Two dozen of these fill a MiB; Kakao's own are far smaller. */
const LONG_PARAMETER = 'x'.repeat(50_000);
/** Far more than fit into what it is widened to. */
const MOST_SHARES = 100;

/** A web whose spool may take no more than the least that can be set. */
export class SmallSpool {
  readonly userId = 'of the small spool';
  /** What was answered 200 while there was room. */
  readonly acknowledged: string[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly environment: Readonly<Record<string, string>>,
    private web: ServiceProcess,
  ) {}

  static async open(stage: Stage, given: Readonly<Record<string, string>>): Promise<SmallSpool> {
    const own = { SPOOL_DIR: await stage.folder(), SPOOL_MAX_BYTES: `${MIB}` };
    const environment = { ...given, ...own, ROLES: 'web', LOG_LEVEL: 'info' };
    return new SmallSpool(stage, environment, await stage.service(environment));
  }

  /** Without a database, as the runbook says: 503 where it is full, room again by a greater bound and a restart, until that is full too. */
  async fillAndWiden(): Promise<void> {
    await this.#untilFull();
    const fitted = this.acknowledged.length;
    await this.web.end('SIGTERM');
    const wider = { ...this.environment, SPOOL_MAX_BYTES: `${2 * MIB}` };
    this.web = await this.stage.service(wider, 'live');
    await this.#untilFull();
    expect(this.acknowledged.length).toBeGreaterThan(fitted);
  }

  /** Once the database has what is in it, it says so. */
  async untilItTakesWebhooks(): Promise<void> {
    await eventually(() => {
      expect(this.web.output()).toContain('The spool takes webhooks');
    });
  }

  async #untilFull(): Promise<void> {
    for (let sent = 0; sent < MOST_SHARES; sent++) {
      const resourceId = `small ${this.acknowledged.length}`;
      const share = shareBy(this.userId, {
        customParameters: { user_id: this.userId, text: LONG_PARAMETER },
      });
      const { status } = await this.web.share(share, resourceId);
      if (status === 200) this.acknowledged.push(resourceId);
      else {
        expect(status).toBe(503);
        break;
      }
    }
    await eventually(async () => {
      expect((await healthOf(this.web)).parts).toMatchObject({ spool: 'full' });
      expect(this.web.output()).toContain('The spool takes nothing (full)');
    });
  }
}
