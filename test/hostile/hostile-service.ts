import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  findInDatabase,
  findInTexts,
  type FoundSecret,
  type Secrets,
} from '../support/secret-search.js';
import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, serviceEnvironment, untilSettled } from '../support/test-service.js';
import { exchange, type ExchangeOptions, type RawAnswer } from './exchange.js';
import type { Sender } from './raw-request.js';

/** Everything that a run writes; beyond it nothing could be said of the beginning. */
const MAX_OUTPUT_CHARS = 100_000_000;
const SETTLE_LIMIT_MS = 120_000;
/** A service in its prime takes some 150 MB; nothing that is sent to it may make it three times that, not even for a moment. */
export const MAX_PEAK_RSS_BYTES = 500 * 1024 * 1024;

/** Tests what the system tells of a process, where it does. */
export function testOfMemory(title: string, run: () => void): void {
  if (existsSync('/proc/self/status')) {
    test(title, run);
    return;
  }
  process.stderr.write(`LEFT OUT: ${title}. This system does not tell the memory of a process.\n`);
  test.skip(title, run);
}

/** A service in a process of its own that is sent what nobody should send, and everything that it says. */
export class HostileService {
  readonly #answers: string[] = [];
  readonly #run = randomBytes(4).toString('hex');
  #sent = 0;

  private constructor(
    readonly db: TestDatabase,
    readonly service: ServiceProcess,
    private readonly secrets: Secrets,
  ) {}

  static async start(): Promise<HostileService> {
    const db = await createTestDatabase();
    await givenCampaign(db);
    const secret = (): string => randomBytes(24).toString('hex');
    const secrets = {
      ...{ KAKAO_ADMIN_KEY: secret(), OLD_KAKAO_ADMIN_KEY: secret(), ADMIN_TOKEN: secret() },
      ...{ GONE_KAKAO_ADMIN_KEY: secret(), API_TOKEN: secret() },
      ...{ INTENT_SIGNING_KEY: secret(), EVENT_ENDPOINT_KEY: secret() },
    };
    const sha256 = createHash('sha256').update(secrets.API_TOKEN).digest('hex');
    const service = await startServiceProcess(
      {
        ...serviceEnvironment(db),
        LOG_LEVEL: 'trace',
        KAKAO_ADMIN_KEYS: `${secrets.KAKAO_ADMIN_KEY},${secrets.OLD_KAKAO_ADMIN_KEY}`,
        ADMIN_TOKEN: secrets.ADMIN_TOKEN,
        API_TOKENS: JSON.stringify({ reader: { sha256, scopes: ['read'] } }),
        INTENT_SIGNING_KEYS: secrets.INTENT_SIGNING_KEY,
        EVENT_ENDPOINT_KEYS: secrets.EVENT_ENDPOINT_KEY,
        EVENT_TRANSPORTS: 'in-process,bullmq,webhooks',
      },
      'ready',
      { maxOutputChars: MAX_OUTPUT_CHARS },
    );
    return new HostileService(db, service, secrets);
  }

  /** Somebody who holds the keys, with an id that nobody had before. */
  newSender(): Sender {
    this.#sent += 1;
    const secret = (name: string): string => this.secrets[name] ?? '';
    return {
      adminKey: secret('KAKAO_ADMIN_KEY'),
      oldAdminKey: secret('OLD_KAKAO_ADMIN_KEY'),
      goneAdminKey: secret('GONE_KAKAO_ADMIN_KEY'),
      adminToken: secret('ADMIN_TOKEN'),
      readerToken: secret('API_TOKEN'),
      id: `hostile-${this.#run}-${this.#sent}`,
    };
  }

  async send(
    parts: string | Buffer | readonly (string | Buffer)[],
    options?: ExchangeOptions,
  ): Promise<RawAnswer> {
    const answer = await exchange(this.service.url, parts, options);
    this.#answers.push(answer.text);
    return answer;
  }

  /** How many rows there are of what a request can leave behind. */
  rowsLeft(): Promise<number> {
    return this.db.number(
      `SELECT (SELECT count(*) FROM kakao_share.deliveries) + (SELECT count(*) FROM kakao_share.differing_repeats)
            + (SELECT count(*) FROM kakao_share.campaigns) + (SELECT count(*) FROM kakao_share.share_intents)
            + (SELECT count(*) FROM kakao_share.audit) + (SELECT count(*) FROM kakao_share.event_endpoints)`,
    );
  }

  /** Waits until the delivery that an answer names is in the database: a slow moment puts it into the spool first. */
  async untilStored({ text }: RawAnswer): Promise<void> {
    for (const [, deliveryId] of text.matchAll(/"deliveryId":"([^"]+)"/g)) {
      await eventually(async () => {
        const sql = 'SELECT count(*) FROM kakao_share.deliveries WHERE id = $1';
        if ((await this.db.number(sql, [deliveryId])) === 0)
          throw new Error(`${deliveryId ?? ''} is not stored yet`);
      });
    }
  }

  untilSettled(): Promise<void> {
    return untilSettled(this.db, SETTLE_LIMIT_MS);
  }

  async isServing(): Promise<boolean> {
    const response = await fetch(`${this.service.url}/health/ready`);
    return response.status === 200;
  }

  /** The most memory that the process has ever held; only where the system tells. */
  peakRssBytes(): number {
    const status = readFileSync(`/proc/${this.service.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** Where keys and tokens of this run can be read: in logs, answers, metrics or tables. */
  async findSecrets(): Promise<FoundSecret[]> {
    const metrics = await fetch(`${this.service.url}/metrics`, {
      headers: { Authorization: `Bearer ${this.secrets.ADMIN_TOKEN ?? ''}` },
    });
    if (!metrics.ok) throw new Error('The metrics were not told.');
    const texts = {
      'the log': this.service.output(),
      'an answer': this.#answers.join('\n'),
      'the metrics': await metrics.text(),
    };
    return [...findInTexts(this.secrets, texts), ...(await findInDatabase(this.secrets, this.db))];
  }

  async stop(): Promise<void> {
    await killServiceProcesses();
    await this.db.drop();
  }
}
