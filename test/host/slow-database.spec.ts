import { Module } from '@nestjs/common';
import {
  AlarmBoard,
  DoorTally,
  OnShareEvent,
  SettlementModule,
  WatchModule,
  WebhookModule,
  type ShareEvent,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy } from '../support/test-service.js';
import { toldOf } from '../watch/given-watch.js';
import { APPS, hostDataSource, startHost } from './host.js';

/** Rounds come every few seconds, on a machine that may be busy. */
const ROUNDS_MS = 60_000;
const WINDOW_MS = 5 * 60_000;
/** A webhook waits for three of them: beginning, storing, committing. */
const ANSWER_DELAY_MS = 600;
/** From here on one late answer in a hundred counts. */
const ENOUGH_ANSWERS = 100;

let db: TestDatabase;
let network: TcpProxy;

beforeAll(async () => {
  db = await createTestDatabase();
  network = await startTcpProxy(Number(new URL(db.url).port));
});
afterAll(async () => {
  await network.close();
  await db.drop();
});

test('a door without a spool whose database answers late raises answers-slow, in the log, on the board and as an event, for five minutes', async () => {
  const queue = { postgres: { url: db.url } };
  let skippedMs = 0;
  const door = new DoorTally(() => performance.now() + skippedMs);
  const heard: ShareEvent<'alarm.raised' | 'alarm.cleared'>[] = [];

  class Pager {
    @OnShareEvent('alarm.raised')
    ring(event: ShareEvent<'alarm.raised'>): void {
      heard.push(event);
    }

    @OnShareEvent('alarm.cleared')
    rest(event: ShareEvent<'alarm.cleared'>): void {
      heard.push(event);
    }
  }

  const url = new URL(db.url);
  url.port = `${network.port}`;

  @Module({
    imports: [
      ...(hostDataSource(url.href) ?? []),
      WebhookModule.forRoot({ apps: APPS, queue, observer: door }),
      SettlementModule.forRoot({ queue }),
      WatchModule.forRoot({ queue, door, alarmsOff: ['database-unsafe'] }),
    ],
    providers: [Pager],
  })
  class HostModule {}

  const host = await startHost('express', { imports: [HostModule] });
  const board = host.app.get(AlarmBoard, { strict: false });
  const alarms = (): string[] => board.current.map(({ alarm }) => alarm);
  try {
    for (let sent = 0; sent < ENOUGH_ANSWERS; sent++)
      await host.share(shareBy('minji'), `quick-${sent}`);
    network.delayAnswers(ANSWER_DELAY_MS);
    let sent = 0;
    await eventually(async () => {
      await host.share(shareBy('minji'), `slow-${sent++}`);
      expect(alarms()).toContain('answers-slow');
    }, ROUNDS_MS);
    network.delayAnswers(0);
    const said = host.errors.filter((line) => line.startsWith('Alarm answers-slow: '));
    expect(said).toHaveLength(1);
    const told = (): unknown[] =>
      heard
        .filter(({ data }) => data.alarm === 'answers-slow')
        .map(({ type, source }) => [type, source]);
    await eventually(() => {
      expect(told()).toEqual([['alarm.raised', '/kakao-share/*']]);
    }, ROUNDS_MS);

    skippedMs += WINDOW_MS;
    await eventually(() => {
      expect(alarms()).not.toContain('answers-slow');
      expect(told()).toHaveLength(2);
    }, ROUNDS_MS);
    expect(await toldOf(db, 'answers-slow')).toEqual(['alarm.raised *', 'alarm.cleared *']);
  } finally {
    network.delayAnswers(0);
    await host.close();
  }
}, 240_000);
