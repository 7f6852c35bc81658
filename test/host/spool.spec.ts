import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { SettlementModule, WebhookModule } from '../../src/index.js';
import { KAKAO_LIMIT_MS } from '../../src/simulator/send.js';
import { withinAwake } from '../support/awake-clock.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy } from '../support/test-service.js';
import { APPS, hostDataSource, PLATFORMS, startHost, told } from './host.js';

const ACCEPTED = { http: 200, said: 'accepted' };

describe.each(PLATFORMS)('a host on %s that names a folder for its spool', (platform) => {
  let db: TestDatabase;
  let spoolDir: string;

  beforeEach(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    spoolDir = await mkdtemp(path.join(tmpdir(), 'kakao-share-host-spool-'));
  });
  afterEach(async () => {
    await rm(spoolDir, { recursive: true, force: true });
    await db.drop();
  });

  test('accepts while its data source is not initialised, and while it is closed; all is settled when it is back', async () => {
    const queue = { postgres: { url: db.url } };
    const host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url, { manualInitialization: true }) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue, spoolDir }),
        SettlementModule.forRoot({ queue }),
      ],
    });
    try {
      const dataSource = host.app.get<DataSource>(getDataSourceToken());
      expect(dataSource.isInitialized).toBe(false);
      expect(told(await host.share(shareBy('minji'), 'early'))).toEqual(ACCEPTED);
      await dataSource.initialize();
      await untilRewarded(1);
      await dataSource.destroy();
      expect(told(await host.share(shareBy('jisoo'), 'closed'))).toEqual(ACCEPTED);
      await dataSource.initialize();
      await untilRewarded(2);
    } finally {
      await host.close();
    }
  }, 120_000);

  test('whose pool has no connection to give, and no limit of its own, answers in time', async () => {
    const host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url, { poolSize: 1 }) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue: { postgres: { url: db.url } }, spoolDir }),
      ],
    });
    const runner = host.app.get<DataSource>(getDataSourceToken()).createQueryRunner();
    await runner.connect();
    try {
      const answering = Promise.all(['a', 'b', 'c'].map((id) => host.share(shareBy(id), id)));
      const answers = await withinAwake(KAKAO_LIMIT_MS, answering);
      expect(answers.map(told)).toEqual([ACCEPTED, ACCEPTED, ACCEPTED]);
      // The replay has a connection of its own.
      await eventually(async () => {
        expect(await db.number('SELECT count(*) FROM kakao_share.deliveries')).toBe(3);
      }, 30_000);
    } finally {
      await runner.release();
      await host.close();
    }
  }, 120_000);

  async function untilRewarded(count: number): Promise<void> {
    await eventually(async () => {
      expect(
        await db.number(`SELECT count(*) FROM kakao_share.decisions WHERE verdict = 'rewarded'`),
      ).toBe(count);
    }, 40_000);
  }
});
