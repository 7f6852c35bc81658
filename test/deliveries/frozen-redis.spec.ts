import { Logger } from '@nestjs/common';
import { Dispatcher } from '../../src/deliveries/dispatcher.js';
import { DeadlineError } from '../../src/lifecycle/within.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import { openSettlementWorker, SettlementQueue } from '../../src/queue/settlement-queue.js';
import { BullmqTransport } from '../../src/transports/bullmq-transport.js';
import { startPrivateRedis, type PrivateRedis } from '../faults/private-redis.js';
import { withinAwake } from '../support/awake-clock.js';
import { eventually } from '../support/eventually.js';

const describeOnRedis = process.env.KAKAO_SHARE_TEST_REDIS === undefined ? describe.skip : describe;

/** All that a process may take to stop. */
const STOP_LIMIT_MS = 10_000;
/** Well beyond the five seconds that a job is given. */
const ADD_LIMIT_MS = 30_000;

describeOnRedis('a Redis that freezes with us connected to it', () => {
  let redis: PrivateRedis;
  let store: QueueStore;
  let socketsBefore: number;

  beforeEach(async () => {
    Logger.overrideLogger(false);
    redis = await startPrivateRedis();
    store = new QueueStore({ redis: { url: redis.url } });
    socketsBefore = openSockets();
  });
  afterEach(() => redis.stop());

  test('takes no job in time, and adding one says so', async () => {
    const queue = await openQueue();
    redis.freeze();
    const adding = withinAwake(ADD_LIMIT_MS, queue.add([['a delivery']]));
    await expect(adding).rejects.toBeInstanceOf(DeadlineError);
    await queue.close();
  });

  test('holds up neither draining nor closing what adds jobs, and keeps no socket of ours', async () => {
    const queue = await openQueue();
    const dispatcher = new Dispatcher(queue, new Logger());
    redis.freeze();
    dispatcher.dispatch(['a delivery']);
    // Shorter than an add may take: it is given up while it is under way.
    await withinAwake(STOP_LIMIT_MS, dispatcher.drain(10));
    await withinAwake(STOP_LIMIT_MS, queue.close());
    await untilNoSocketIsLeft();
  });

  test('does not hold up a transport that closes, and keeps no socket of its', async () => {
    const transport = new BullmqTransport(store);
    await transport.connect();
    redis.freeze();
    await withinAwake(STOP_LIMIT_MS, transport.close());
    await untilNoSocketIsLeft();
  });

  test('does not hold up a worker that stops, and keeps no socket of its', async () => {
    const worker = await openSettlementWorker(store, () => Promise.resolve(), 1);
    redis.freeze();
    await withinAwake(STOP_LIMIT_MS, store.close(Promise.resolve(worker), 1_000));
    await untilNoSocketIsLeft();
  });

  test('is not waited for by whoever closes a queue that is still being opened', async () => {
    redis.freeze();
    const queue = new SettlementQueue(store);
    const ends: string[] = [];
    const failing = queue.backlog().catch(() => ends.push('opening'));
    await queue.close();
    ends.push('closing');
    await failing;
    expect(ends).toEqual(['closing', 'opening']);
    await untilNoSocketIsLeft();
  });

  async function openQueue(): Promise<SettlementQueue> {
    const queue = new SettlementQueue(store);
    await queue.backlog();
    return queue;
  }

  async function untilNoSocketIsLeft(): Promise<void> {
    await eventually(() => {
      expect(openSockets()).toBe(socketsBefore);
    });
  }
});

/** What would keep this process from ending. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}
