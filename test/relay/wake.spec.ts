import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Relay } from '../../src/relay/relay.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenDestinations } from './given-destinations.js';
import { Recorder } from './recorder.js';

const ROUNDS = 20;
const PROMISED_MS = 100;

let db: TestDatabase;
let relay: Relay;
let recorder: Recorder;
let warnings: string[];

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  db = await createTestDatabase();
  recorder = new Recorder('recorder');
  await givenDestinations(db.database, ['recorder']);
  const logger = new Logger('Relay');
  warnings = [];
  jest.spyOn(logger, 'warn').mockImplementation((line: unknown) => warnings.push(String(line)));
  relay = new Relay(db.database, [recorder], logger);
  relay.start();
  await untilListening();
});
afterEach(async () => {
  await relay.stop(5_000);
  await db.drop();
});

async function listeners(): Promise<number[]> {
  const rows = await db.rows<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'kakao-share test'
       AND state = 'idle' AND query IN ('LISTEN kakao_share_outbox', 'SELECT 1')`,
  );
  return rows.map(({ pid }) => pid);
}

function untilListening(): Promise<void> {
  return eventually(async () => {
    expect(await listeners()).toHaveLength(1);
  });
}

/** How long after its commit each of several events was published, the relay being idle before, ms. */
async function delaysMs(): Promise<number[]> {
  const delays: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = recorder.told.length;
    const published = new Promise<number>((resolve) => {
      recorder.beforeAnswer = () => {
        resolve(performance.now());
        return Promise.resolve();
      };
    });
    await happen(db.database, ['minji']);
    const committedAt = performance.now();
    // Published before we heard of our own commit: no delay at all.
    delays.push(Math.max(0, (await published) - committedAt));
    expect(recorder.told.length).toBe(before + 1);
    await eventually(async () => {
      expect(await db.number('SELECT count(*) FROM kakao_share.outbox')).toBe(0);
    });
  }
  return delays.sort((one, other) => one - other);
}

test('an idle relay publishes within 100 ms of the commit, woken by nothing but the database', async () => {
  const delays = await delaysMs();
  // All but the one or two that a busy machine may hold up.
  expect(delays[Math.floor(ROUNDS * 0.9) - 1]).toBeLessThan(PROMISED_MS);
});

test('a relay whose listening connection is lost listens again, and misses nothing', async () => {
  const [pid] = await listeners();
  await db.rows('SELECT pg_terminate_backend($1)', [pid]);
  await happen(db.database, ['minji']);
  await eventually(() => {
    expect(recorder.told).toHaveLength(1);
  });
  await eventually(async () => {
    const again = await listeners();
    expect(again).toHaveLength(1);
    expect(again).not.toContain(pid);
  });
  const delays = await delaysMs();
  expect(delays[Math.floor(ROUNDS * 0.9) - 1]).toBeLessThan(PROMISED_MS);
});

test('each loss of the listening connection is told, and the next one is opened as soon as after the first', async () => {
  const startedAt = performance.now();
  for (let loss = 1; loss <= 6; loss++) {
    const [pid] = await listeners();
    await db.rows('SELECT pg_terminate_backend($1)', [pid]);
    await eventually(async () => {
      const again = await listeners();
      expect(again).toHaveLength(1);
      expect(again).not.toContain(pid);
    }, 10_000);
  }
  expect(warnings).toHaveLength(6);
  // With a back-off that grows from loss to loss it would be 8 s at the least.
  expect(performance.now() - startedAt).toBeLessThan(7_500);
});

test('while one shard is being told, another’s news is told at once, by the next free teller', async () => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const parallel = Object.assign(new Recorder('parallel'), { parallelShards: 3 });
  const publish = parallel.publish.bind(parallel);
  let isHolding = false;
  parallel.publish = async (events) => {
    if (events.some(({ subject }) => subject === 'slow')) {
      isHolding = true;
      await held;
    }
    await publish(events);
  };
  relay.add(parallel);
  await eventually(async () => {
    expect(
      await db.number(
        `SELECT count(*) FROM kakao_share.destinations WHERE name = 'parallel' AND served_at IS NOT NULL`,
      ),
    ).toBe(1);
  });
  await happen(db.database, ['slow']);
  await eventually(() => {
    expect(isHolding).toBe(true);
  });
  const [slow] = await db.rows<{ shard: number }>(
    `SELECT shard FROM kakao_share.outbox WHERE destination = 'parallel'`,
  );
  const others = Array.from({ length: 8 }, (_, index) => `quick-${index}`);
  await happen(db.database, others);
  // But for those who share the slow one's shard.
  const elsewhere = await db.number(
    `SELECT count(*) FROM kakao_share.outbox WHERE destination = 'parallel' AND shard <> $1`,
    [slow?.shard],
  );
  const beganAt = performance.now();
  await eventually(() => {
    expect(parallel.told.length).toBeGreaterThanOrEqual(elsewhere);
  });
  // Long before anybody asks by himself.
  expect(performance.now() - beganAt).toBeLessThan(2_000);
  letGo();
  await eventually(() => {
    expect(parallel.told).toHaveLength(others.length + 1);
  });
});
