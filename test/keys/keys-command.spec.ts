import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { presentedKey } from '../../src/kakao/key-ring.js';
import { writeUnknownKeys } from '../../src/keys/write-unknown-keys.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenRequest } from './given-unknown.js';

const TEST_LIMIT_MS = 90_000;

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the command keys', () => {
  const [inForce, unknown] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const presented = presentedKey(`KakaoAK ${unknown}`);
  const fingerprint = presented?.fingerprint ?? '';
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    const now = new Date();
    const { proof = Buffer.alloc(16) } = presented ?? {};
    const key = { fingerprint, proof, network: 'kakao', weight: 2, hits: 2 };
    const times = { firstSeenAt: now, lastSeenAt: now };
    const requests = [givenRequest(now), givenRequest(now)];
    await writeUnknownKeys(db.database, [{ ...key, ...times, requests }], now);
  });
  afterAll(async () => {
    await db.drop();
  });

  function run(keys: string, ...words: string[]): Run {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['dist/cli.js', 'keys', ...words],
      {
        encoding: 'utf8',
        timeout: 60_000,
        env: {
          PATH: process.env.PATH,
          NODE_ENV: 'production',
          DATABASE_URL: db.url,
          KAKAO_ADMIN_KEYS: keys,
        },
      },
    );
    expect(`${stdout}${stderr}`).not.toContain(unknown);
    expect(`${stdout}${stderr}`).not.toContain(inForce);
    return { status, stdout, stderr };
  }

  test(
    'replays what came with an unknown key only once it is in force, says what became of it, and who did it is known',
    async () => {
      const replay = ['replay', fingerprint, '--reason', 'rotation'];
      expect(run(inForce, ...replay)).toMatchObject({ status: 1, stdout: '' });
      const done = run(`${inForce},${unknown}`, ...replay);
      // What they said was nothing.
      expect(done).toMatchObject({ status: 0, stderr: '' });
      expect(done.stdout).toContain('2 quarantined');
      const [audit] = await db.rows<{ actor: string }>('SELECT actor FROM kakao_share.audit');
      expect(audit?.actor).toMatch(/^cli:./);
    },
    TEST_LIMIT_MS,
  );

  test(
    'forgets with a reason alone, and answers bad usage with 2',
    () => {
      expect(run(inForce, 'forget', fingerprint).status).toBe(2);
      expect(run(inForce, 'forget', fingerprint, '--reason', 'not ours').status).toBe(0);
      expect(run(inForce, 'unknown')).toMatchObject({ status: 0, stdout: '' });
      expect(run(inForce).stdout).toMatch(/^[0-9a-f]{8} {2}default {2}in force .*never/);
    },
    TEST_LIMIT_MS,
  );
});
