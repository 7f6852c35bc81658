import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServiceProcess, type ServiceProcess } from '../support/service-process.js';
import {
  createTestDatabase,
  openTestDatabase,
  type TestDatabase,
} from '../support/test-database.js';
import { Shell, type ShellOptions } from './shell.js';

/** What a situation needs, all of which goes when it is over, last first, however it ended. */
export class Stage {
  readonly #ends: (() => Promise<void>)[] = [];

  later(end: () => Promise<void>): void {
    this.#ends.unshift(end);
  }

  async database(): Promise<TestDatabase> {
    const db = await createTestDatabase();
    this.later(() => db.drop());
    return db;
  }

  /** One that is there already. */
  async reading(url: string): Promise<TestDatabase> {
    const db = await openTestDatabase(url, 2);
    this.later(() => db.drop());
    return db;
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'kakao-share-stage-'));
    this.later(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  async service(
    environment: Readonly<Record<string, string>>,
    until: 'ready' | 'live' = 'ready',
  ): Promise<ServiceProcess> {
    const service = await startServiceProcess(environment, until);
    this.later(async () => {
      await service.end('SIGKILL');
    });
    return service;
  }

  async terminal(options: ShellOptions): Promise<Shell> {
    const shell = await Shell.open(options);
    this.later(() => shell.close());
    return shell;
  }

  /** A terminal in which is set where this service and its database are. */
  operator(
    service: ServiceProcess,
    db: { readonly url: string },
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Shell> {
    const known = { WEB: service.url, TOKEN: service.adminToken, DATABASE_URL: db.url };
    return this.terminal({ environment: { ...known, ...environment } });
  }

  async clear(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'Something did not go away.');
  }
}
