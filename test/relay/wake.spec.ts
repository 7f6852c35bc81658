import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Relay } from '../../src/relay/relay.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenDestinations } from './given-destinations.js';
import { Recorder } from './recorder.js';

const ROUNDS = 11;
const PROMISED_MS = 100;
/** So long a relay rests that hears of nothing while it listens. */
const ASKED_BY_ITSELF_MS = 30_000;

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
  await listener();
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

/** The connection that listens, another one than `lost`, once it is there. */
function listener(lost?: number): Promise<number> {
  return eventually(async () => {
    const [pid, ...others] = await listeners();
    expect(others).toEqual([]);
    if (pid === undefined || pid === lost) throw new Error('nobody listens');
    return pid;
  });
}

/** @returns the connection that listens instead */
async function loseListener(): Promise<number> {
  const pid = await listener();
  await db.rows('SELECT pg_terminate_backend($1)', [pid]);
  return listener(pid);
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

/** A relay that needs longer by itself does so each time; a machine that is busy holds up some, and now and then most of them. */
async function expectPromptly(): Promise<void> {
  await eventually(async () => {
    const delays = await delaysMs();
    expect(delays[Math.floor(ROUNDS / 2)]).toBeLessThan(PROMISED_MS);
  });
}

test('an idle relay publishes within 100 ms of the commit, woken by nothing but the database', async () => {
  await expectPromptly();
});

test('a relay whose listening connection is lost listens again, and misses nothing', async () => {
  const pid = await listener();
  await db.rows('SELECT pg_terminate_backend($1)', [pid]);
  await happen(db.database, ['minji']);
  await eventually(() => {
    expect(recorder.told).toHaveLength(1);
  });
  await listener(pid);
  await expectPromptly();
});

test('each loss of the listening connection is told, and the next one is opened as soon as after the first', async () => {
  const gapsMs: number[] = [];
  for (let loss = 1; loss <= 8; loss++) {
    const lostAt = performance.now();
    await loseListener();
    gapsMs.push(performance.now() - lostAt);
  }
  expect(warnings.filter((line) => line.startsWith('No longer listening'))).toHaveLength(8);
  // With a back-off that grows from loss to loss each of the last three would take 4 s at the least.
  expect(Math.min(...gapsMs.slice(-3))).toBeLessThan(3_500);
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
  expect(performance.now() - beganAt).toBeLessThan(ASKED_BY_ITSELF_MS / 2);
  letGo();
  await eventually(() => {
    expect(parallel.told).toHaveLength(others.length + 1);
  });
});
