import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  stat,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { newId } from '../../src/database/new-id.js';
import type { Acceptance, Delivery } from '../../src/deliveries/delivery.js';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { encodeFrame } from '../../src/spool/frame.js';
import { Inventory } from '../../src/spool/inventory.js';
import { Replayer } from '../../src/spool/replayer.js';
import type { SpoolTimes } from '../../src/spool/spool-options.js';
import { listFolders } from '../../src/spool/spool-files.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { Gate } from '../faults/gate.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import {
  encodeNewerFrame,
  startKeeper,
  untilCommitted,
  useSpoolFolder,
  type GivenKeeper,
} from './given-spool.js';

const folder = useSpoolFolder();
let db: TestDatabase;
let keeper: GivenKeeper | undefined;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await keeper?.stop();
  keeper = undefined;
});
afterAll(() => db.drop());

function replay(replayPerS = 50_000, times: Partial<SpoolTimes> = {}): GivenKeeper {
  keeper = startKeeper(db, { directory: folder.path, replayPerS }, times);
  return keeper;
}

/** Whoever was heard of at the start of a test lives. */
const AS_LONG_AS_WE_LOOK = { orphanedAfterMs: 600_000 };

/** What a process that is gone has left in one segment. */
async function givenSegment(
  deliveries: readonly Delivery[],
  behind: Buffer = Buffer.alloc(0),
): Promise<string> {
  const own = path.join(folder.path, newId());
  await mkdir(own);
  const file = path.join(own, '00000001.spool');
  await writeFile(file, Buffer.concat([...deliveries.map(encodeFrame), behind]));
  return file;
}

const idsOf = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ id }) => id);
const numbered = (name: string, count: number): Delivery[] =>
  Array.from({ length: count }, (_, index) => givenDelivery(`${name}-${index}`));

test('a spool replayed twice, and by two at once, is committed once, deliveries without a resource id included', async () => {
  const deliveries = [...numbered('twice', 500), ...[1, 2, 3].map(() => givenDelivery(undefined))];
  const file = await givenSegment(deliveries);
  const copy = path.join(folder.path, 'copy');
  await copyFile(file, copy);
  const rival = startKeeper(db, { directory: folder.path, replayPerS: 50_000 });
  replay();
  await untilCommitted(db, folder.path, idsOf(deliveries));
  await rival.stop();
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(copy, file);
  await untilCommitted(db, folder.path, idsOf(deliveries));
  const stored = await db.number(
    'SELECT count(*) FROM kakao_share.deliveries WHERE id = ANY($1) AND problems IS NULL',
    [idsOf(deliveries)],
  );
  expect(stored).toBe(deliveries.length);
});

test('what the door committed after all is found: it is accepted once more and stays as it was', async () => {
  const delivery = givenDelivery('unknown outcome');
  await db.database.transaction({ statementTimeoutMs: 5_000 }, (tx) =>
    storeDeliveries(tx, [delivery]),
  );
  await givenSegment([delivery]);
  replay();
  await untilCommitted(db, folder.path, [delivery.id]);
  expect(
    await db.number(
      `SELECT count(*) FROM kakao_share.deliveries WHERE resource_id = 'unknown outcome'`,
    ),
  ).toBe(1);
});

test('a key that somebody holds is waited for: the delivery keeps its resource id', async () => {
  const delivery = givenDelivery('held');
  await givenSegment([delivery]);
  await db.database.transaction({ statementTimeoutMs: 20_000 }, async (holder) => {
    await storeDeliveries(holder, [delivery]);
    replay();
    // Longer than the door's patience, at which it would be quarantined there.
    await holder.query('SELECT pg_sleep(2)');
  });
  await untilCommitted(db, folder.path, [delivery.id]);
  expect(
    await db.rows('SELECT resource_id FROM kakao_share.deliveries WHERE id = $1', [delivery.id]),
  ).toEqual([{ resource_id: 'held' }]);
}, 60_000);

test('a torn tail is cut off and told, all before it is committed', async () => {
  const deliveries = numbered('torn', 3);
  await givenSegment(deliveries, encodeFrame(givenDelivery('never finished')).subarray(0, 100));
  const { said } = replay();
  await untilCommitted(db, folder.path, idsOf(deliveries));
  await eventually(() => {
    expect(said.warnings.join()).toContain('100 bytes of a frame');
  });
  expect(said.errors).toEqual([]);
});

test('a damaged segment is kept and told, all before the damage is committed', async () => {
  const deliveries = numbered('damaged', 3);
  const file = await givenSegment(deliveries, Buffer.from('this was no frame, ever'));
  const { said, keeper: running } = replay();
  await untilCommitted(db, folder.path, idsOf(deliveries));
  expect(await readdir(path.dirname(file))).toContain('00000001.damaged');
  await eventually(() => {
    expect(said.errors.join()).toContain('is damaged from byte');
    expect(running.standing()).toMatchObject({ state: 'ok', damaged: 1 });
  });
});

test('webhooks of a later version are told once, kept as they are, and alarm nobody while their own process lives', async () => {
  const deliveries = numbered('beside newer', 3);
  const file = await givenSegment(deliveries, encodeNewerFrame(givenDelivery('newer')));
  const bytes = await readFile(file);
  const alive = path.join(path.dirname(file), 'alive');
  await writeFile(alive, '');
  const { said, committed, keeper: running } = replay(50_000, AS_LONG_AS_WE_LOOK);
  const beside = numbered('beside a later version', 3);
  const others = await givenSegment(beside);
  // It was looked at, and is left to its owner.
  await eventually(async () => {
    expect(committed).toEqual(idsOf(beside));
    expect(await readdir(path.dirname(others)).catch(() => [])).toEqual([]);
    expect(running.standing()).toMatchObject({ bytes: bytes.length, framesWaiting: 0, newer: 0 });
  });

  await unlink(alive);
  await eventually(() => {
    expect(committed).toEqual([...idsOf(beside), ...idsOf(deliveries)]);
    expect(running.standing()).toMatchObject({ state: 'ok', newer: 1, damaged: 0, refused: 0 });
    expect(said.errors).toEqual([expect.stringContaining('Run the later version')]);
  });
  expect(said.errors.join()).toContain(file);
  // It takes some looks until another file is gone: this one stays, and nothing more is said.
  const other = await givenSegment(numbered('some looks later', 1));
  await eventually(() => expect(stat(other)).rejects.toThrow('ENOENT'));
  expect(said.errors).toHaveLength(1);
  expect(await readFile(file)).toEqual(bytes);

  // The later version has run, and committed them.
  await unlink(file);
  await eventually(() => {
    expect(running.standing().newer).toBe(0);
    expect(said.infos).toContainEqual(expect.stringContaining('nothing of a later version'));
  });
});

test('what cannot be read is told once, and keeps nobody from writing, nor the rest from being committed', async () => {
  const foreign = path.join(folder.path, newId());
  await writeFile(foreign, 'A file where a folder should be: not even root can list it.');
  const disk = path.join(folder.path, newId());
  // Reading it fails, as a sector that went bad does.
  await mkdir(path.join(disk, '00000001.spool'), { recursive: true });
  const deliveries = numbered('beside unreadable', 3);
  await givenSegment(deliveries);
  const { said, committed, keeper: running } = replay();
  await eventually(() => {
    expect(committed).toEqual(expect.arrayContaining(idsOf(deliveries)));
    expect(running.standing()).toMatchObject({ state: 'ok', framesWaiting: 0, damaged: 2 });
  });
  // At any moment, whatever the looks between find.
  for (const delivery of numbered('written beside unreadable', 40)) {
    await running.lifeboat.keep(delivery, 10_000);
    expect(running.standing().state).not.toBe('broken');
  }
  const told = said.errors.filter((line) => line.includes('cannot be read'));
  expect(told.length).toBe(2);
  expect(told.join()).toContain(foreign);
  expect(told.join()).toContain(disk);
});

test('a frame that the database refuses even alone is set aside, and holds nobody up', async () => {
  const deliveries = numbered('beside refused', 10);
  // Not even quarantine takes it: no id of ours looks like this.
  const guilty = givenDelivery('refused', { id: 'no-uuid' });
  const file = await givenSegment([...deliveries.slice(0, 5), guilty, ...deliveries.slice(5)]);
  const { said, keeper: running } = replay();
  await untilCommitted(db, folder.path, idsOf(deliveries));
  await eventually(() => {
    expect(running.standing()).toMatchObject({ state: 'ok', refused: 1 });
  });
  expect(said.errors.join()).toContain('no-uuid');
  expect(said.errors.join()).not.toContain('minji');
  const kept = await readFile(path.join(path.dirname(file), 'no-uuid.refused'));
  expect(kept).toEqual(encodeFrame(guilty));
});

test('the replay keeps to its rate', async () => {
  const deliveries = numbered('rate', 600);
  await givenSegment(deliveries);
  const startedAt = performance.now();
  replay(300);
  await untilCommitted(db, folder.path, idsOf(deliveries));
  // Three batches of 200: two rests of two thirds of a second between them at the least.
  expect(performance.now() - startedAt).toBeGreaterThan(1_300);
});

test('a folder is committed in the order in which it was written', async () => {
  const deliveries = numbered('order', 1_000);
  await givenSegment(deliveries);
  const { committed } = replay();
  await untilCommitted(db, folder.path, idsOf(deliveries));
  expect(committed).toEqual(idsOf(deliveries));
});

test('the spool says what waits in it and since when, and that it is empty again', async () => {
  const oldest = new Date('2026-01-02T03:04:05Z');
  const deliveries = [givenDelivery('oldest', { receivedAt: oldest }), ...numbered('waiting', 4)];
  const gate = await Gate.lock(db, 'LOCK TABLE kakao_share.delivery_keys IN SHARE MODE');
  const file = await givenSegment(deliveries);
  const { keeper: running } = replay();
  await eventually(() => {
    expect(running.standing()).toMatchObject({
      state: 'in-use',
      framesWaiting: 5,
      oldestReceivedAt: oldest,
    });
  });
  expect(running.standing().bytes).toBe((await readFile(file)).length);
  await gate.open();
  await untilCommitted(db, folder.path, idsOf(deliveries));
  await eventually(async () => {
    expect(running.standing()).toMatchObject({ state: 'ok', framesWaiting: 0, bytes: 0 });
    expect((await listFolders(folder.path)).length).toBe(1);
  });
});

test('what a living process has spooled waits there alone, until that process is not heard of any more', async () => {
  const deliveries = numbered('of another process', 3);
  const file = await givenSegment(deliveries);
  const alive = path.join(path.dirname(file), 'alive');
  await writeFile(alive, '');
  const { committed, keeper: running } = replay(50_000, AS_LONG_AS_WE_LOOK);
  await eventually(() => {
    expect(running.standing().bytes).toBeGreaterThan(0);
  });
  expect(running.standing()).toMatchObject({ state: 'ok', framesWaiting: 0 });
  expect(committed).toEqual([]);
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(alive, longAgo, longAgo);
  await untilCommitted(db, folder.path, idsOf(deliveries));
});

test('what a process has left whose clock was ahead is replayed and tidied away, and waits for no clock', async () => {
  const deliveries = numbered('of the future', 3);
  const file = await givenSegment(deliveries);
  const own = path.dirname(file);
  await writeFile(path.join(own, 'alive'), '');
  const inAnHour = new Date(Date.now() + 3_600_000);
  for (const changed of [path.join(own, 'alive'), file, own])
    await utimes(changed, inAnHour, inAnHour);
  replay();
  await untilCommitted(db, folder.path, idsOf(deliveries));
  await eventually(async () => {
    expect((await listFolders(folder.path)).map((one) => one.path)).not.toContain(own);
  });
});

/** A replayer of what is in the folder, whose database does what it is told. */
async function replayerOn(
  accept: (batch: readonly Delivery[]) => (Acceptance | Error)[],
  replayPerS = 1e9,
): Promise<{ replayer: Replayer; inventory: Inventory; told: string[][] }> {
  const inventory = new Inventory(folder.path, 1024 ** 3);
  await inventory.look();
  const told: string[][] = [];
  const replayer = new Replayer(
    inventory,
    (batch) => Promise.resolve(accept(batch)),
    (ids) => told.push([...ids]),
    {
      ...{ ownFolder: '', orphanedAfterMs: 0, replayPerS },
      ...{ lookEveryMs: NOTHING_TO_DO_MS, isDoorBusy: () => false },
    },
    { error: () => undefined },
  );
  return { replayer, inventory, told };
}

const NOTHING_TO_DO_MS = 20_000;
const acceptanceOf = (status: Acceptance['status']) => (delivery: Delivery) => ({
  ...{ status, deliveryId: delivery.id, problems: [] },
});

test('a database that takes nothing is not told to the door as one that commits; one that knew all already is', async () => {
  await givenSegment(numbered('taken', 3));
  const gone = new Error('Connection terminated unexpectedly');
  const away = await replayerOn((batch) => batch.map(() => gone));
  await expect(away.replayer.step()).rejects.toThrow(gone);
  expect(away.told).toEqual([]);
  const back = await replayerOn((batch) => batch.map(acceptanceOf('duplicate')));
  await back.replayer.step();
  expect(back.told).toEqual([[]]);
});

test('who wakes the replay does not hurry it: it keeps to its rate', async () => {
  await givenSegment(numbered('woken', 400));
  const { replayer, told } = await replayerOn((batch) => batch.map(acceptanceOf('accepted')), 20);
  const restMs = await replayer.step();
  expect(restMs).toBeGreaterThan(8_000);
  expect(await replayer.step()).toBeGreaterThan(0);
  expect(told).toHaveLength(1);
});

test('bytes that change after they were counted hold up nothing behind them, and are found at the next look', async () => {
  const damaged = await givenSegment(numbered('changed', 3));
  const behind = numbered('behind the change', 2);
  await givenSegment(behind);
  const { replayer, inventory, told } = await replayerOn((batch) =>
    batch.map(acceptanceOf('accepted')),
  );
  const bytes = await readFile(damaged);
  await writeFile(damaged, bytes.fill(1, 40, 50));

  // What has changed is passed over, what is behind it committed, and then there is nothing to do.
  await eventually(async () => {
    expect(await replayer.step()).toBe(NOTHING_TO_DO_MS);
  });
  expect(told).toEqual([idsOf(behind)]);
  expect(inventory.damaged).toBe(0);
  await inventory.look();
  expect(inventory.damaged).toBe(1);
});
