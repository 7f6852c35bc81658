import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newId } from '../../src/database/new-id.js';
import { encodeFrame } from '../../src/spool/frame.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { useSpoolFolder } from './given-spool.js';

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
  expect(await spool('replay')).toMatchObject(all);
  expect(await spool('replay')).toMatchObject(all);
  const count = (some: string[]): Promise<number> =>
    db.number('SELECT count(*) FROM kakao_share.deliveries WHERE id = ANY($1)', [some]);
  expect([await count(ids), await count([refused])]).toEqual([3, 0]);
  expect((await spool('replay', '--refused')).stdout).toBe('committed=1 failed=0\n');
  expect(await count([refused])).toBe(1);
  expect(await readdir(own)).toEqual(['00000001.spool']);
});

test('what means nothing is answered with the usage', async () => {
  const { code, stderr } = await spool('show', '--limit', '0');
  expect(code).toBe(2);
  expect(stderr).toContain('--limit is a number');
  expect(stderr).toContain('Usage: nestjs-kakao-share spool');
});
