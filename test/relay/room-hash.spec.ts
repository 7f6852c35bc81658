import { Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ShareEvent } from '../../src/events/domain-event.js';
import { OnShareEvent, SettlementModule, ShareEvents } from '../../src/index.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import type { EventTransport } from '../../src/relay/event-transport.js';
import { Relay } from '../../src/relay/relay.js';
import { DOMAIN_EVENTS_QUEUE } from '../../src/transports/bullmq-transport.js';
import { eraseUser } from '../../src/users/erase-user.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { problemsOf } from '../events/catalogue-check.js';
import { hostDataSource } from '../host/host.js';
import { givenUser } from '../points/given-reward.js';
import { givenStored, openSettlement } from '../settlement/open-settlement.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  untilTold,
} from '../support/test-service.js';
import { givenDestinations } from './given-destinations.js';
import { Recorder } from './recorder.js';

const ROOM = 'hash-of-a-room';
const STOP_LIMIT_MS = 5_000;

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
  await givenCampaign(db);
});
afterEach(async () => {
  await db.drop();
});

async function settleShare(): Promise<void> {
  const settlement = await openSettlement(db, { postgres: { url: db.url } });
  await settlement.settler.settle(await givenStored(db, [givenDelivery('one', { room: ROOM })]));
  await settlement.close();
}

async function tell(...transports: EventTransport[]): Promise<void> {
  const relay = new Relay(db.database, transports, new Logger('Relay'));
  relay.start();
  await untilTold(db);
  await relay.stop(STOP_LIMIT_MS);
}

test('the room is told with the recorded share alone, and only to a transport that asks for it', async () => {
  await givenDestinations(db.database, ['asks', 'does-not']);
  await settleShare();
  const asks = new Recorder('asks', true);
  const doesNot = new Recorder('does-not');
  await tell(asks, doesNot);

  expect(asks.told.map(({ type, data }) => [type, 'roomHash' in data])).toEqual([
    ['kakao.share.recorded', true],
    ['reward.credited', false],
  ]);
  expect(asks.told[0]?.data).toMatchObject({ roomHash: ROOM, verdict: 'rewarded' });
  expect(asks.told.flatMap(problemsOf)).toEqual([]);
  expect(doesNot.told).toHaveLength(2);
  expect(JSON.stringify(doesNot.told)).not.toContain(ROOM);
});

test('the room is not told any more once the person is erased: it never stood in the event', async () => {
  await givenDestinations(db.database, ['asks']);
  await settleShare();
  expect(
    await db.number(`SELECT count(*) FROM kakao_share.events e WHERE e::text LIKE $1`, [
      `%${ROOM}%`,
    ]),
  ).toBe(0);
  const { userRef } = await givenUser(db, 'minji');
  await eraseUser(db.database, { userRef, actor: 'someone', reason: 'asked for it' });
  const asks = new Recorder('asks', true);
  await tell(asks);

  expect(asks.told).toHaveLength(2);
  expect(JSON.stringify(asks.told)).not.toContain(ROOM);
  expect(asks.told.flatMap(problemsOf)).toEqual([]);
});

test('EVENT_ROOM_HASH names who is told; the list of events never shows it', async () => {
  const service = await startTestService(db, { environment: { EVENT_ROOM_HASH: 'bullmq' } });
  const queue = await new QueueStore({ postgres: { url: db.url } }).openQueue<ShareEvent>(
    DOMAIN_EVENTS_QUEUE,
  );
  try {
    await service.share(shareBy('minji', { hashChatId: ROOM }), 'one');
    await untilSettled(db);
    await untilTold(db);
    const told = (await queue.getWaiting()).map(({ data }) => data);
    expect(told.find(({ type }) => type === 'kakao.share.recorded')?.data).toMatchObject({
      roomHash: ROOM,
    });
    const { status, body } = await service.api<unknown>('/v1/events');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('kakao.share.recorded');
    expect(JSON.stringify(body)).not.toContain(ROOM);
  } finally {
    await queue.close();
    await service.stop();
  }
});

test('a host’s listeners and handlers are told where it says so', async () => {
  const rooms: (string | undefined)[] = [];
  @Injectable()
  class FraudWatch {
    constructor(shareEvents: ShareEvents) {
      shareEvents.on('kakao.share.recorded', ({ data }) => void rooms.push(data.roomHash));
    }

    @OnShareEvent('kakao.share.recorded')
    watch({ data }: ShareEvent<'kakao.share.recorded'>): void {
      rooms.push(data.roomHash);
    }
  }
  @Module({
    imports: [
      ...(hostDataSource(db.url) ?? []),
      SettlementModule.forRoot({
        queue: { postgres: { url: db.url } },
        eventRoomHash: ['in-process'],
      }),
    ],
    providers: [FraudWatch],
  })
  class HostModule {}
  const host = await NestFactory.createApplicationContext(HostModule, { logger: false });
  try {
    await eventually(async () => {
      expect(await db.number('SELECT count(*) FROM kakao_share.destinations')).toBe(2);
    });
    await settleShare();
    await eventually(() => {
      expect(rooms).toEqual([ROOM, ROOM]);
    });
  } finally {
    await host.close();
  }
});
