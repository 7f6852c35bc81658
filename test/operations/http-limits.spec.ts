import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startAwakeClock, type AwakeClock } from '../support/awake-clock.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { get, read } from '../webhook/door.js';

const QUERY = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji';
/** 5 s for the headers, at most 1 s until that is noticed, and 1 s for a machine that is busy. */
const HEADERS_LIMIT_MS = 7_000;
/** Node's own limit, without ours, is a minute. */
const WAIT_LIMIT_MS = 40_000;

describe('what one client can hold of the service', () => {
  let db: TestDatabase;
  let service: TestService;
  let clock: AwakeClock;

  beforeAll(async () => {
    db = await createTestDatabase();
    service = await startTestService(db, { environment: { ROLES: 'web' } });
    clock = await startAwakeClock();
  });
  afterAll(async () => {
    await clock.stop();
    await service.stop();
    await db.drop();
  });

  function open(): Socket {
    const { hostname, port } = new URL(service.url);
    // Without a reader the end of the stream would never be seen.
    return connect(Number(port), hostname).resume();
  }

  test('headers that do not end, or do not begin, are hung up on within 7 s', async () => {
    const begun = performance.now();
    const begunAwake = clock.nowMs();
    const sockets = [open(), open()] as const;
    sockets[0].write('POST /webhooks/kakao/share HTTP/1.1\r\nHost: test\r\n');
    await Promise.all(
      sockets.map((socket) =>
        once(socket, 'close', { signal: AbortSignal.timeout(WAIT_LIMIT_MS) }),
      ),
    );
    expect(performance.now() - begun).toBeGreaterThan(4_000);
    expect(clock.nowMs() - begunAwake).toBeLessThan(HEADERS_LIMIT_MS);
  });

  test('a GET of 40 KB is taken, whatever flags Node was started with', async () => {
    const filled = `${QUERY}&filler=${'x'.repeat(40_000)}`;
    expect(read(await service.send(get(service, 'limits-40', filled))).status).toBe('accepted');
  });

  test('headers over 64 KiB are answered 431, before the key is judged', async () => {
    const filled = `${QUERY}&filler=${'x'.repeat(66_000)}`;
    const { status } = await service.send(get(service, 'limits-66', filled));
    expect(status).toBe(431);
  });
});
