import { Logger } from '@nestjs/common';
import { connect } from 'amqplib';
import { resumeDestination, pauseDestination } from '../../src/relay/destinations.js';
import { Random } from '../../src/simulator/random.js';
import { happen } from '../events/happen.js';
import { givenDestinations } from '../relay/given-destinations.js';
import { startPrivateRabbitmq, type PrivateRabbitmq } from '../support/private-rabbitmq.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { describeWhereInstalled } from '../support/where-installed.js';
import { Arrivals } from './arrivals.js';
import { findFaults } from './find-faults.js';
import { killRelays, startServiceRelay, type RelayProcess } from './relay-process.js';
import { readRecorded, settle } from './settled-shares.js';
import { consumeRabbitmq, type RabbitmqConsumer } from './ways/rabbitmq.js';

const SHARES = Number(process.env.DELIVERY_SHARES ?? 300);
/** Each relay has an exchange of its own, all bound to one queue, so that a message tells who published it. */
const EXCHANGES = ['relay-1', 'relay-2', 'relay-3'];
const LATECOMERS = Array.from({ length: 40 }, (_, index) => `latecomer-${index}`);
const START_LIMIT_MS = 120_000;
const LIMIT_MS = 600_000;
const TELL_LIMIT_MS = 300_000;

describeWhereInstalled('rabbitmq-server', 'the transport rabbitmq, three relays at once', () => {
  let broker: PrivateRabbitmq;
  let db: TestDatabase;
  let consumer: RabbitmqConsumer | undefined;
  const arrivals = new Arrivals();
  const publishedBy = new Map<string, number>();

  beforeAll(async () => {
    Logger.overrideLogger(false);
    broker = await startPrivateRabbitmq();
    db = await createTestDatabase();
  }, LIMIT_MS);
  afterAll(async () => {
    await killRelays();
    await consumer?.close();
    await db.drop();
    await broker.stop();
  });

  test(
    'no event is published twice, none is missed, and each user’s are in order',
    async () => {
      await givenDestinations(db.database, ['rabbitmq']);
      await settle(db, SHARES, new Random('three relays'));
      // Until all three are there: otherwise the first would be done before the last begins.
      await pauseDestination(db.database, 'rabbitmq', 'three relays are being started');
      const relays = EXCHANGES.map((exchange) => startRelay(exchange));
      await eventually(async () => {
        await checkExchanges(broker.url);
      }, START_LIMIT_MS);
      consumer = await consumeRabbitmq(broker.url, EXCHANGES, (event, exchange) => {
        arrivals.add(event);
        publishedBy.set(exchange, (publishedBy.get(exchange) ?? 0) + 1);
      });
      await resumeDestination(db.database, 'rabbitmq');
      await untilTold(db, TELL_LIMIT_MS);
      // One that stood still while the others told everything has its turn with what happens now.
      await eventually(async () => {
        await untilTold(db, TELL_LIMIT_MS);
        if (publishedBy.size === EXCHANGES.length) return;
        await happen(db.database, LATECOMERS);
        throw new Error(`Only ${[...publishedBy.keys()].join(', ')} published`);
      });

      const recorded = await readRecorded(db);
      await arrivals.untilDistinct(recorded.length, TELL_LIMIT_MS);
      await Promise.all(relays.map((relay) => relay.stop()));
      await eventually(() => consumer?.checkEmpty());
      expect(findFaults(recorded, arrivals.events)).toEqual([]);
      // One that hears of no confirmation within its time publishes again, and says so.
      const hasDoubted = relays.some((relay) => relay.output().includes('Events to rabbitmq wait'));
      const again = arrivals.events.length - recorded.length;
      expect({ again, hasDoubted }).toEqual({ again: hasDoubted ? again : 0, hasDoubted });
      expect([...publishedBy.keys()].sort()).toEqual(EXCHANGES);
      process.stderr.write(
        `[delivery] three relays: ${recorded.length} events, by relay ${[...publishedBy.values()].join(', ')}\n`,
      );
    },
    LIMIT_MS,
  );

  function startRelay(exchange: string): RelayProcess {
    return startServiceRelay(db, {
      EVENT_TRANSPORTS: 'rabbitmq',
      ...{ RABBITMQ_URL: broker.url, RABBITMQ_EXCHANGE: exchange },
    });
  }
});

/** A relay that has connected has declared its exchange. @throws while one has not */
async function checkExchanges(url: string): Promise<void> {
  const model = await connect(url);
  model.on('error', () => undefined);
  try {
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    for (const exchange of EXCHANGES) await channel.checkExchange(exchange);
  } finally {
    await model.close();
  }
}
