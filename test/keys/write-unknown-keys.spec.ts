import { randomBytes } from 'node:crypto';
import { forgetUnknownKeys } from '../../src/keys/forget-unknown-keys.js';
import { MAX_REQUESTS_PER_KEY, MAX_UNKNOWN_KEYS } from '../../src/keys/unknown-key-bounds.js';
import { writeUnknownKeys, type Finding } from '../../src/keys/write-unknown-keys.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenRequest } from './given-unknown.js';

const NOW = new Date();
const DAY_MS = 24 * 3_600_000;

function finding(network: string, hits: number, requests = 0, at = NOW): Finding {
  const proof = randomBytes(16);
  return {
    ...{ fingerprint: proof.toString('hex').slice(0, 8), proof, network, hits, weight: hits },
    ...{ firstSeenAt: at, lastSeenAt: at },
    requests: Array.from({ length: requests }, () => givenRequest(at)),
  };
}

describe('unknown keys of several processes', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  beforeEach(async () => {
    await db.rows('DELETE FROM kakao_share.unknown_keys');
  });
  afterAll(async () => {
    await db.drop();
  });

  const count = (table: string): Promise<number> =>
    db.number(`SELECT count(*) FROM kakao_share.${table}`);

  test('at once they fill no more places than there are, and the one key from elsewhere keeps its own', async () => {
    const genuine = finding('kakao', 1, 3);
    const strangers = Array.from({ length: 4 }, () =>
      Array.from({ length: MAX_UNKNOWN_KEYS }, () => finding('stranger', 500, 1)),
    );
    await Promise.all(
      [[genuine], ...strangers].map((findings) => writeUnknownKeys(db.database, findings, NOW)),
    );
    expect(await count('unknown_keys')).toBe(MAX_UNKNOWN_KEYS);
    expect(await count('unknown_key_requests')).toBe(MAX_UNKNOWN_KEYS - 1 + 3);
    const [kept] = await db.rows('SELECT kept FROM kakao_share.unknown_keys WHERE proof = $1', [
      genuine.proof,
    ]);
    expect(kept).toEqual({ kept: 3 });
  });

  test('add up where they saw the same key, and a key that lost its place is not told as kept', async () => {
    const key = finding('kakao', 2, 2);
    await writeUnknownKeys(db.database, [key], NOW);
    const again = { ...key, hits: 5, requests: [givenRequest(NOW)] };
    const [standing] = await writeUnknownKeys(db.database, [again], NOW);
    expect(standing).toMatchObject({ proof: key.proof, kept: 3 });
    expect(await db.number('SELECT hits FROM kakao_share.unknown_keys')).toBe(7);

    const full = Array.from({ length: MAX_UNKNOWN_KEYS - 1 }, (_, i) => finding(`${i}`, 9));
    await writeUnknownKeys(db.database, full, NOW);
    expect(await writeUnknownKeys(db.database, [finding('late', 1, 1)], NOW)).toEqual([]);
    expect(await count('unknown_keys')).toBe(MAX_UNKNOWN_KEYS);
  });

  test('after a commit whose outcome got lost are kept once, and with them what has come since', async () => {
    const key = finding('kakao', 2, 2);
    await writeUnknownKeys(db.database, [key], NOW);
    const again = { ...key, requests: [...key.requests, givenRequest(NOW)] };
    const other = finding('elsewhere', 1, 1);
    const standings = await writeUnknownKeys(db.database, [again, other], NOW);
    expect(standings.map(({ kept }) => kept)).toEqual([3, 1]);
    expect(await count('unknown_key_requests')).toBe(4);
  });

  test('keep the first requests of a key, and no more than so many', async () => {
    const key = finding('kakao', 1, MAX_REQUESTS_PER_KEY - 1);
    await writeUnknownKeys(db.database, [key], NOW);
    const more = { ...key, requests: [givenRequest(NOW), givenRequest(NOW)] };
    expect(await writeUnknownKeys(db.database, [more], NOW)).toMatchObject([
      { kept: MAX_REQUESTS_PER_KEY },
    ]);
    expect(await count('unknown_key_requests')).toBe(MAX_REQUESTS_PER_KEY);
    const large = { ...finding('other', 1), requests: [givenRequest(NOW, 3 * 1024 * 1024)] };
    expect(await writeUnknownKeys(db.database, [large], NOW)).toMatchObject([{ kept: 0 }]);
  });

  test('forget requests after 30 days, and keys that did not come for so long', async () => {
    const long = new Date(NOW.getTime() - 31 * DAY_MS);
    const gone = finding('a', 1, 2, long);
    const still = finding('b', 1, 2, long);
    await writeUnknownKeys(db.database, [gone, still], NOW);
    const today = { ...still, lastSeenAt: NOW, requests: [givenRequest(NOW)] };
    await writeUnknownKeys(db.database, [today], NOW);
    await forgetUnknownKeys(db.database);
    const rows = await db.rows('SELECT proof, kept FROM kakao_share.unknown_keys');
    expect(rows).toEqual([{ proof: still.proof, kept: 1 }]);
    expect(await count('unknown_key_requests')).toBe(1);
  });
});
