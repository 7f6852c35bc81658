import { Controller, Get, Injectable, Module } from '@nestjs/common';
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
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy } from '../support/test-service.js';
import { APPS, hostDataSource, PLATFORMS, startHost } from './host.js';

const LIMIT_MS = 45_000;
const MANY_WRONG_KEYS = 20;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test.each(PLATFORMS)(
  'a host on %s is watched where it wants to be, hears of it by a handler, and can show it',
  async (platform) => {
    const queue = { postgres: { url: db.url } };
    const door = new DoorTally();
    const heard: ShareEvent<'alarm.raised'>[] = [];

    @Injectable()
    class Pager {
      @OnShareEvent('alarm.raised')
      ring(event: ShareEvent<'alarm.raised'>): void {
        heard.push(event);
      }
    }

    @Controller('alarms')
    class AlarmsController {
      constructor(private readonly board: AlarmBoard) {}

      @Get()
      list(): string[] {
        return this.board.current.map(({ alarm }) => alarm);
      }
    }

    @Module({
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue, observer: door }),
        SettlementModule.forRoot({ queue }),
        WatchModule.forRootAsync({
          useFactory: () => ({ queue, door, alarmsOff: ['database-unsafe'] }),
        }),
      ],
      providers: [Pager],
      controllers: [AlarmsController],
    })
    class HostModule {}

    const host = await startHost(platform, { imports: [HostModule] });
    for (let count = 0; count < MANY_WRONG_KEYS; count++)
      await host.share(shareBy('minji'), `wrong-${count}`, { adminKey: 'wrong' });
    await eventually(async () => {
      expect(await (await fetch(`${host.url}/alarms`)).json()).toEqual(['webhooks-refused']);
    }, LIMIT_MS);
    await eventually(() => {
      expect(heard.map(({ source, data }) => [source, data.alarm, data.severity])).toEqual([
        ['/kakao-share/*', 'webhooks-refused', 'warning'],
      ]);
    }, LIMIT_MS);
    await host.close();
    // It takes back what it said of itself, so that the next one begins anew.
    expect(await db.number('SELECT count(*) FROM kakao_share.alarm_reports')).toBe(0);
    await db.rows('DELETE FROM kakao_share.alarms');
  },
  120_000,
);
