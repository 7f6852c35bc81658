import { readdir } from 'node:fs/promises';
import { listFolders } from '../../src/spool/spool-files.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  killSpoolChildren,
  readSpool,
  startKeeper,
  startSpoolChild,
  untilAcknowledged,
  untilCommitted,
  useSpoolFolder,
} from './given-spool.js';

/** Each flush may take its time on a disk that others use as well. */
const WRITE_LIMIT_MS = 120_000;

const folder = useSpoolFolder();
let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(killSpoolChildren);
afterAll(() => db.drop());

const countKeys = (name: string): Promise<number> =>
  db.number(`SELECT count(*) FROM kakao_share.delivery_keys WHERE resource_id LIKE $1`, [
    `${name}-%`,
  ]);

test('a process that is killed in the middle of writing has kept everything it acknowledged', async () => {
  const child = startSpoolChild(folder.path, 'killed');
  await untilAcknowledged(child, 300);
  child.kill('SIGKILL');
  await child.exited;
  const kept = new Set((await readSpool(folder.path)).map(({ id }) => id));
  expect(child.acknowledged().filter((id) => !kept.has(id))).toEqual([]);
});

test('another process commits what a killed one has left, and removes its folder', async () => {
  const child = startSpoolChild(folder.path, 'left');
  await untilAcknowledged(child, 300);
  child.kill('SIGKILL');
  await child.exited;
  const heir = startKeeper(db, { directory: folder.path, replayPerS: 50_000 });
  await untilCommitted(db, folder.path, child.acknowledged());
  await eventually(async () => {
    expect(await readdir(folder.path)).toHaveLength(1);
  });
  await heir.stop();
  expect(await readdir(folder.path)).toEqual([]);
  expect(heir.said.errors).toEqual([]);
}, 240_000);

test('two processes on one disk, one of them replaying and deleting all the time, disturb each other in nothing', async () => {
  // Files are deleted under their writers as soon as they are committed: what they write meanwhile must not go with them.
  const eager = { rollAfterMs: 100_000, dropAfterMs: 0, orphanedAfterMs: 20, lookEveryMs: 2 };
  const options = { directory: folder.path, replayPerS: 100_000 };
  const keepers = [startKeeper(db, options, eager), startKeeper(db, options, eager)];
  const children = ['one', 'two'].map((name) =>
    startSpoolChild(folder.path, name, { senders: 3, deliveries: 1_000 }),
  );
  await eventually(() => {
    if (!children.every((child) => child.isDone())) throw new Error('They still write.');
  }, WRITE_LIMIT_MS);
  await untilCommitted(
    db,
    folder.path,
    children.flatMap((child) => child.acknowledged()),
  );
  expect([await countKeys('one'), await countKeys('two')]).toEqual([1_000, 1_000]);
  for (const each of keepers) {
    await each.stop();
    expect(each.said.errors).toEqual([]);
  }
}, 240_000);

test('an owner that was frozen while others committed and deleted its segments loses nothing when it wakes', async () => {
  const child = startSpoolChild(folder.path, 'frozen', { deliveries: 4_000 });
  const heir = startKeeper(db, { directory: folder.path, replayPerS: 100_000 });
  for (const least of [200, 800]) {
    await untilAcknowledged(child, least);
    child.kill('SIGSTOP');
    const before = child.acknowledged();
    await untilCommitted(db, folder.path, before);
    await eventually(async () => {
      const folders = await listFolders(folder.path);
      expect(folders.filter(({ segments }) => segments.length > 0)).toEqual([]);
    });
    child.kill('SIGCONT');
  }
  await eventually(() => {
    if (!child.isDone()) throw new Error('It still writes.');
  }, WRITE_LIMIT_MS);
  expect(child.acknowledged()).toHaveLength(4_000);
  await untilCommitted(db, folder.path, child.acknowledged());
  await heir.stop();
}, 240_000);
