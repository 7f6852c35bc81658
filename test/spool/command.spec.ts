import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { newId } from '../../src/database/new-id.js';
import { encodeFrame } from '../../src/spool/frame.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { encodeNewerFrame, useSpoolFolder } from './given-spool.js';

// Each test starts processes, on a machine that may be busy.
jest.setTimeout(90_000);

const folder = useSpoolFolder();
let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `nestjs-kakao-share spool …` with the folder from `SPOOL_DIR`. */
async function spool(...args: string[]): Promise<Ended> {
  const env = {
    ...{ PATH: process.env.PATH, NODE_ENV: 'production', SPOOL_DIR: folder.path },
    DATABASE_URL: db.url,
  };
  const child = spawn(process.execPath, ['dist/cli.js', 'spool', ...args], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

const WHY = ['--reason', 'its machine is gone'];
const oldest = new Date('2026-01-02T03:04:05.000Z');

/** A folder with a segment that ends torn, and a refused delivery. */
async function givenSpool(
  name: string,
): Promise<{ folder: string; ids: string[]; refused: string }> {
  const own = path.join(folder.path, newId());
  const deliveries = [
    givenDelivery(`${name}-1`, { receivedAt: oldest }),
    givenDelivery(`${name}-2`, { body: Buffer.from([0xff, 0x00]) }),
    givenDelivery(`${name}-3`),
  ];
  const refused = givenDelivery(`${name}-refused`);
  await mkdir(own);
  const torn = encodeFrame(givenDelivery('torn')).subarray(0, 50);
  await writeFile(
    path.join(own, '00000001.spool'),
    Buffer.concat([...deliveries.map(encodeFrame), torn]),
  );
  await writeFile(path.join(own, `${refused.id}.refused`), encodeFrame(refused));
  return { folder: own, ids: deliveries.map(({ id }) => id), refused: refused.id };
}

test('list tells folders, segments, torn bytes, what was refused, and the oldest delivery, and changes nothing', async () => {
  const given = await givenSpool('listed');
  const { code, stdout } = await spool('list');
  expect(code).toBe(0);
  expect(stdout).toContain(given.folder);
  expect(stdout).toMatch(/00000001\.spool bytes=\d+ deliveries=3 tornBytes=50/);
  expect(stdout).toContain(`${given.refused}.refused`);
  expect(stdout).toMatch(
    /folders=1 deliveries=3 bytes=\d+ refused=1 damaged=0 oldest=2026-01-02T03:04:05.000Z/,
  );
  expect((await readdir(given.folder)).sort()).toEqual(
    ['00000001.spool', `${given.refused}.refused`].sort(),
  );
});

test('show gives deliveries as lines of JSON, no more than asked for, from any folder', async () => {
  const { ids, refused } = await givenSpool('shown');
  const lines = (await spool('show', '--limit', '2', '--dir', folder.path)).stdout
    .trim()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      ...{ id: ids[0], resourceId: 'shown-1', receivedAt: oldest.toISOString() },
      body: expect.stringContaining('"user_id":"minji"') as string,
    }),
    expect.objectContaining({ id: ids[1], bodyBase64: '/wA=' }),
  ]);
  const refusedLines = (await spool('show', '--refused')).stdout.trim().split('\n');
  expect(refusedLines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([refused]);
});

test('replay commits everything once, and what was refused when it is asked for', async () => {
  const { folder: own, ids, refused } = await givenSpool('replayed');
  const all = { code: 0, stdout: 'committed=3 failed=0\n' };
  expect(await spool('replay', ...WHY)).toMatchObject(all);
  expect(await spool('replay', ...WHY)).toMatchObject(all);
  const count = (some: string[]): Promise<number> =>
    db.number('SELECT count(*) FROM kakao_share.deliveries WHERE id = ANY($1)', [some]);
  expect([await count(ids), await count([refused])]).toEqual([3, 0]);
  expect((await spool('replay', '--refused', ...WHY)).stdout).toBe('committed=1 failed=0\n');
  expect(await count([refused])).toBe(1);
  expect(await readdir(own)).toEqual(['00000001.spool']);
});

interface AuditRow {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly after: object;
  readonly reason: string;
}

/** What the audit has of replays that were asked for with these words. */
async function auditOf(reason: string): Promise<AuditRow[]> {
  return db.rows<AuditRow>(
    'SELECT actor, app, action, target, after, reason FROM kakao_share.audit WHERE reason = $1 ORDER BY id',
    [reason],
  );
}

test('the audit says who replayed what and why, and what came of it', async () => {
  await givenSpool('audited');
  const where = { machine: hostname(), directory: folder.path };
  await spool('replay', '--reason', 'all of it');
  const [asked, done, ...more] = await auditOf('all of it');
  const who = { actor: expect.stringMatching(/^cli:./) as string, app: null };
  expect(asked).toMatchObject({ ...who, action: 'spool.replay' });
  expect(asked?.after).toEqual({ ...where, refused: false });
  expect(done).toMatchObject({ ...who, action: 'spool.replayed', target: asked?.target });
  expect(done?.after).toEqual({ committed: 3, failed: 0, unread: 0 });
  expect(more).toEqual([]);
  await spool('replay', '--refused', '--reason', 'the refused one');
  expect((await auditOf('the refused one')).map(({ after }) => after)).toEqual([
    { ...where, refused: true },
    { committed: 1, failed: 0, unread: 0 },
  ]);
});

test('a folder and a file that cannot be read keep nothing behind them from being replayed, which does not end well', async () => {
  // A file where a folder should be, and a folder where files should be: not even root can read them.
  const foreign = path.join(folder.path, newId());
  await writeFile(foreign, '');
  const own = path.join(folder.path, newId());
  const [segment, refused] = ['00000001.spool', `${newId()}.refused`].map((name) =>
    path.join(own, name),
  );
  for (const unreadable of [segment, refused]) await mkdir(unreadable ?? '', { recursive: true });
  await givenSpool('behind');

  const replayed = await spool('replay', '--reason', 'what can be read');
  expect(replayed).toMatchObject({ code: 1, stdout: 'committed=3 failed=0 unread=2\n' });
  for (const unreadable of [foreign, segment])
    expect(replayed.stderr).toContain(`${unreadable} cannot be read`);
  expect((await auditOf('what can be read')).map(({ action, after }) => [action, after])).toEqual([
    ['spool.replay', expect.objectContaining({ refused: false })],
    ['spool.replayed', { committed: 3, failed: 0, unread: 2 }],
  ]);

  const tried = await spool('replay', '--refused', ...WHY);
  expect(tried).toMatchObject({ code: 1, stdout: 'committed=1 failed=0 unread=2\n' });
  expect(tried.stderr).toContain(`${refused} cannot be read`);
});

test('a folder that is not there is no empty spool, and what is cut off is no end', async () => {
  const nowhere = path.join(folder.path, 'nowhere');
  expect((await spool('list', '--dir', nowhere)).stderr).toContain(`${nowhere} is not there`);
  await givenSpool('cut');
  expect((await spool('show', '--limit', '2')).stderr).toContain('more than --limit 2');
  expect((await spool('show', '--limit', '3')).stderr).toBe('');
});

test('webhooks of a later version are listed, left where they are, and no replay ends well for them', async () => {
  const own = path.join(folder.path, newId());
  const segment = path.join(own, '00000001.spool');
  const newer = encodeNewerFrame(givenDelivery('newer'));
  const bytes = Buffer.concat([encodeFrame(givenDelivery('before newer')), newer]);
  await mkdir(own);
  await writeFile(segment, bytes);
  const { stdout } = await spool('list');
  expect(stdout).toContain(`deliveries=1 newerBytes=${newer.length}`);
  expect(stdout).toMatch(/unreadable=0 newer=1$/m);
  const replayed = await spool('replay', '--reason', 'rolled back');
  expect(replayed).toMatchObject({ code: 1, stdout: 'committed=1 failed=0 unread=1\n' });
  expect(replayed.stderr).toContain(segment);
  expect(await readFile(segment)).toEqual(bytes);
  expect((await auditOf('rolled back'))[1]?.after).toEqual({ committed: 1, failed: 0, unread: 1 });
});

test('where a segment or a refused frame is damaged is said by show and by replay, which does not end well', async () => {
  const own = path.join(folder.path, newId());
  const whole = encodeFrame(givenDelivery('before the damage'));
  const flipped = encodeFrame(givenDelivery('damaged'));
  flipped.writeUInt8(flipped.readUInt8(40) ^ 1, 40);
  const files = {
    '00000001.spool': Buffer.concat([whole, flipped]),
    '00000002.damaged': Buffer.concat([whole, flipped]),
    [`${newId()}.refused`]: flipped,
  };
  await mkdir(own);
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(own, name), bytes);
  const [segment, damaged, refused] = Object.keys(files).map((name) => path.join(own, name));
  const told = (file: string | undefined, fromByte: number): string =>
    `${file} holds what this version cannot read, from byte ${fromByte} on`;

  const shown = await spool('show');
  expect(shown.stdout.trim().split('\n')).toHaveLength(2);
  expect(shown.stderr).toContain(told(segment, whole.length));
  expect((await spool('show', '--refused')).stderr).toContain(told(refused, 0));

  const replayed = await spool('replay', '--reason', 'after the damage');
  expect(replayed).toMatchObject({ code: 1, stdout: 'committed=2 failed=0 unread=2\n' });
  for (const file of [segment, damaged])
    expect(replayed.stderr).toContain(told(file, whole.length));
  expect((await auditOf('after the damage'))[1]?.after).toMatchObject({ unread: 2 });
  expect(await readFile(damaged ?? '')).toEqual(files['00000002.damaged']);
});

test('a replay without a reason is no replay', async () => {
  const { ids } = await givenSpool('unreasoned');
  for (const words of [[], ['--reason', ' ']]) {
    const { code, stderr } = await spool('replay', ...words);
    expect(code).toBe(2);
    expect(stderr).toContain('--reason');
  }
  expect(
    await db.number('SELECT count(*) FROM kakao_share.deliveries WHERE id = ANY($1)', [ids]),
  ).toBe(0);
});

test('what means nothing is answered with the usage', async () => {
  const { code, stderr } = await spool('show', '--limit', '0');
  expect(code).toBe(2);
  expect(stderr).toContain('--limit is a number');
  expect(stderr).toContain('Usage: nestjs-kakao-share spool');
});
