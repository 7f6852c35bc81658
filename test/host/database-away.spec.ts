import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SettlementModule, WebhookModule } from '../../src/index.js';
import { KAKAO_LIMIT_MS } from '../../src/simulator/send.js';
import { withinAwake } from '../support/awake-clock.js';
import { freePort } from '../support/free-port.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy, untilStored } from '../support/test-service.js';
import { ConnectInBackground } from './connect-in-background.js';
import {
  APPS,
  hostDataSource,
  PLATFORMS,
  startHost,
  told,
  type Host,
  type Platform,
} from './host.js';

const ACCEPTED = { http: 200, said: 'accepted' };

describe.each(PLATFORMS)('a host on %s with a folder for its spool', (platform) => {
  let db: TestDatabase;
  let spoolDir: string;
  let proxy: TcpProxy;
  let isUp: boolean;

  beforeEach(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    spoolDir = await mkdtemp(path.join(tmpdir(), 'kakao-share-host-away-'));
    const [nobody, server] = [await freePort(), Number(new URL(db.url).port)];
    isUp = true;
    proxy = await startTcpProxy(() => (isUp ? server : nobody));
  });
  afterEach(async () => {
    await proxy.close();
    await rm(spoolDir, { recursive: true, force: true });
    await db.drop();
  });

  test('opens no door with its database away, as TypeOrmModule connects by itself', async () => {
    isUp = false;
    await expect(openHost(platform, {})).rejects.toThrow();
  });

  test('that connects in the background, as the README has it, opens its door with the database away, and commits once it is there', async () => {
    isUp = false;
    const host = await openHost(platform, { manualInitialization: true }, [ConnectInBackground]);
    try {
      await answersInTime(host, ['early', 'earlier']);
      isUp = true;
      await untilStored(db, ['early', 'earlier']);
      await answersInTime(host, ['after']);
      await untilStored(db, ['after']);
    } finally {
      await host.close();
    }
  });

  test.each([
    {
      what: 'goes away',
      fail: () => {
        isUp = false;
        proxy.cut();
      },
      mend: () => (isUp = true),
    },
    {
      what: 'freezes',
      fail: () => {
        proxy.hold();
      },
      mend: () => {
        proxy.release();
      },
    },
  ])(
    'whose database $what under it answers in time, and commits afterwards',
    async ({ fail, mend }) => {
      const host = await openHost(platform, {});
      try {
        await answersInTime(host, ['before']);
        await untilStored(db, ['before']);
        fail();
        await answersInTime(host, ['while away', 'still away']);
        expect(await db.number('SELECT count(*) FROM kakao_share.deliveries')).toBe(1);
        mend();
        await untilStored(db, ['while away', 'still away']);
        await answersInTime(host, ['after']);
        await untilStored(db, ['after']);
      } finally {
        await host.close();
      }
    },
  );

  async function openHost(
    on: Platform,
    options: object,
    providers: (typeof ConnectInBackground)[] = [],
  ): Promise<Host> {
    const url = new URL(db.url);
    url.port = String(proxy.port);
    const queue = { postgres: { url: db.url } };
    return startHost(on, {
      imports: [
        ...(hostDataSource(url.href, options) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue, spoolDir }),
        SettlementModule.forRoot({ queue }),
      ],
      providers,
    });
  }
});

async function answersInTime(host: Host, resourceIds: readonly string[]): Promise<void> {
  const answering = Promise.all(resourceIds.map((id) => host.share(shareBy(id), id)));
  const answers = await withinAwake(KAKAO_LIMIT_MS, answering);
  expect(answers.map(told)).toEqual(resourceIds.map(() => ACCEPTED));
}

test.each(['README.md', 'README.ko.md'])(
  '%s has the provider that is tested here',
  async (file) => {
    const code = await readFile('test/host/connect-in-background.ts', 'utf8');
    expect(await readFile(file, 'utf8')).toContain(`\`\`\`ts\n${code}\`\`\``);
  },
);
