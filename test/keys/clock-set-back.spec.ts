import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { UnknownKeys } from '../../src/keys/unknown-keys.js';
import type { UnknownKey } from '../../src/keys/unknown-key.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => db.drop());

function unknownKey(): UnknownKey {
  const proof = randomBytes(16);
  return { fingerprint: proof.toString('hex').slice(0, 8), proof, network: 'kakao' };
}

test('an unknown key is told of also after the clock was set back', async () => {
  const lines: string[] = [];
  const logger = new Logger('UnknownKeys');
  logger.warn = (line: unknown) => void lines.push(String(line));
  const unknownKeys = new UnknownKeys(db.database, logger);
  const untilTold = async ({ fingerprint }: UnknownKey): Promise<void> => {
    await eventually(() => {
      expect(lines.join()).toContain(fingerprint);
    });
  };
  const [before, after] = [unknownKey(), unknownKey()];
  unknownKeys.onApplicationBootstrap();
  try {
    unknownKeys.hit(before, new Date());
    await untilTold(before);

    const [wallClock, monotonic] = [Date.now, performance.now.bind(performance)];
    jest.spyOn(Date, 'now').mockImplementation(() => wallClock() - HOUR_MS);
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + MINUTE_MS);
    unknownKeys.hit(after, new Date());
    await untilTold(after);
  } finally {
    await unknownKeys.beforeApplicationShutdown();
  }
});
