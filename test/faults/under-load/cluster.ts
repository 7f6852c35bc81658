import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  killServiceProcesses,
  startServiceProcess,
  type Exit,
  type ServiceProcess,
} from '../../support/service-process.js';
import { Pulse } from '../../support/pulse.js';
import { givenCampaign, serviceEnvironment } from '../../support/test-service.js';
import { givenIntent, SIGNING_KEY } from '../../settlement/given-intent.js';
import {
  startPrivatePostgres,
  type PrivatePostgres,
  type PrivatePostgresOptions,
} from '../private-postgres.js';
import { startPrivateRedis, type PrivateRedis } from '../private-redis.js';
import { Balancer } from './balancer.js';
import type { GivenPromise } from './planned-shares.js';

const ROLES = ['web', 'web', 'worker', 'worker', 'relay'] as const;
export type ClusterRole = (typeof ROLES)[number];
/** Enough for half a minute in which each is used for the first time. */
const PROMISES = 100;
const DRAIN_MS = 1_000;
/** Two pools, a queue, probes and a listener for each process. */
const MAX_CONNECTIONS = 150;

/** One place in the cluster; who stands there changes. */
export interface Member {
  readonly role: ClusterRole;
  readonly settings: Readonly<Record<string, string>>;
  process: ServiceProcess;
}

export interface ClusterOptions {
  readonly postgres?: PrivatePostgresOptions;
  /** Another Postgres than an embedded one. */
  readonly startPostgres?: (options: PrivatePostgresOptions) => Promise<PrivatePostgres>;
  /** The queue is on a Redis of the cluster's own, with these settings. */
  readonly redis?: Readonly<Record<string, string>>;
  /** Processes reach that Redis through its network, which can be bad. */
  readonly isRedisFar?: boolean;
  /** Beyond those that all have, by place: web, web, worker, worker, relay. */
  readonly settings?: (place: number) => Readonly<Record<string, string>>;
  /** Where webs spool; by default one folder for both. */
  readonly spoolFolder?: string;
  /** What happens before the first process starts, e.g. that the database goes away. */
  readonly prepare?: (cluster: Cluster) => Promise<void>;
  /** Whether processes are waited for until they are ready, or only until they live. */
  readonly until?: 'ready' | 'live';
}

/** Two webs behind a balancer, two workers and a relay, each a process of the built service, on servers of their own. */
export class Cluster {
  readonly members: Member[] = [];
  readonly promises: GivenPromise[] = [];
  /** Of a caller of the management API. */
  readonly apiToken: string;
  readonly balancer: Balancer;
  /** All processes that there were. */
  readonly #everStarted: ServiceProcess[] = [];

  private constructor(
    readonly postgres: PrivatePostgres,
    readonly redis: PrivateRedis | undefined,
    readonly spoolFolder: string,
    readonly environment: Readonly<Record<string, string>>,
    private readonly folder: string,
    private readonly pulse: Pulse,
    { apiToken }: { readonly apiToken: string },
  ) {
    this.apiToken = apiToken;
    this.balancer = new Balancer(environment.KAKAO_ADMIN_KEYS ?? '', pulse);
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const folder = await mkdtemp(path.join(tmpdir(), 'kakao-share-cluster-'));
    const open = options.startPostgres ?? startPrivatePostgres;
    const postgres = await open({
      ...options.postgres,
      settings: { max_connections: `${MAX_CONNECTIONS}`, ...options.postgres?.settings },
    });
    const redis = options.redis && (await startPrivateRedis(options.redis));
    const spoolFolder = options.spoolFolder ?? path.join(folder, 'spool');
    const apiToken = randomBytes(24).toString('hex');
    const environment = {
      ...serviceEnvironment(postgres.db),
      ...{ API_TOKENS: callerWith(apiToken), EVENT_ENDPOINT_KEYS: newSigningKey() },
      ...{ EVENT_TRANSPORTS: 'in-process', INTENT_SIGNING_KEYS: SIGNING_KEY },
      ...{ SPOOL_DIR: spoolFolder, DRAIN_MS: `${DRAIN_MS}`, LOG_LEVEL: 'debug' },
      ...(redis && { REDIS_URL: options.isRedisFar === true ? redis.networkUrl : redis.url }),
    };
    const pulse = await Pulse.start();
    const cluster = new Cluster(postgres, redis, spoolFolder, environment, folder, pulse, {
      apiToken,
    });
    try {
      await cluster.#populate(options);
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get db(): PrivatePostgres['db'] {
    return this.postgres.db;
  }

  /** @throws where no place has this role */
  pick(role: ClusterRole): Member {
    const member = this.members.find((one) => one.role === role);
    if (member === undefined) throw new Error(`There is no ${role}.`);
    return member;
  }

  /** Ends the process at a place; nobody stands there until `fill`. */
  async end(member: Member, signal: 'SIGTERM' | 'SIGKILL'): Promise<Exit> {
    const { url } = member.process;
    const exit = await member.process.end(signal);
    this.balancer.remove(url);
    return exit;
  }

  async fill(member: Member, until: 'ready' | 'live' = 'ready'): Promise<void> {
    member.process = await this.#startProcess(member, until);
  }

  /** Asks the management API of a web. */
  api: ServiceProcess['api'] = (route, init) => this.pick('web').process.api(route, init);

  /** All that was written to the logs, by process. */
  logs(): string[] {
    return this.#everStarted.map((process) => process.output());
  }

  /** For whoever looks for what went wrong: into the folder `FAULT_LOGS`, where it is set. */
  async keepLogs(name: string): Promise<void> {
    const folder = process.env.FAULT_LOGS;
    if (folder === undefined) return;
    for (const [index, log] of this.logs().entries()) {
      await writeFile(path.join(folder, `${name.replaceAll(/\W+/g, '-')}-${index}.log`), log);
    }
  }

  async close(): Promise<void> {
    await this.balancer.close();
    await this.pulse.stop();
    await killServiceProcesses();
    await this.redis?.stop();
    await this.postgres.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #populate({ settings, prepare, until }: ClusterOptions): Promise<void> {
    const campaignId = await givenCampaign(this.db, {
      intent: { pays: 'once', atMost: null, lifetimeMinutes: 24 * 60, maxOpenPerUser: 20 },
      unverifiedCaps: { perUserPerDay: 100_000, perUser: null },
    });
    for (let number = 0; number < PROMISES; number++) {
      const userId = `promised-${number}`;
      this.promises.push({ userId, token: await givenIntent(this.db, { campaignId, userId }) });
    }
    await prepare?.(this);
    const starting = ROLES.map(async (role, place): Promise<Member> => {
      const empty = { role, settings: settings?.(place) ?? {} };
      return { ...empty, process: await this.#startProcess(empty, until) };
    });
    this.members.push(...(await Promise.all(starting)));
  }

  async #startProcess(
    { role, settings }: Pick<Member, 'role' | 'settings'>,
    until: 'ready' | 'live' = 'ready',
  ): Promise<ServiceProcess> {
    const environment = { ...this.environment, ...settings, ROLES: role };
    const process = await startServiceProcess(environment, until);
    this.#everStarted.push(process);
    if (role === 'web') this.balancer.add(process.url);
    return process;
  }
}

function newSigningKey(): string {
  return randomBytes(24).toString('base64url');
}

/** `API_TOKENS` of one who may look at everything. */
function callerWith(token: string): string {
  const sha256 = createHash('sha256').update(token).digest('hex');
  return JSON.stringify({ auditor: { sha256, scopes: ['read', 'operate'] } });
}
