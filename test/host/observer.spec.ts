import { Module } from '@nestjs/common';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { WebhookModule, type DoorObserver } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy } from '../support/test-service.js';
import {
  ADMIN_KEY,
  APPS,
  hostDataSource,
  PATH,
  PLATFORMS,
  startHost,
  told,
  type Host,
  type Platform,
} from './host.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

async function startObserved(platform: Platform, observer: DoorObserver): Promise<Host> {
  @Module({
    imports: [
      ...(hostDataSource(db.url) ?? []),
      WebhookModule.forRoot({ apps: APPS, queue: { postgres: { url: db.url } }, observer }),
    ],
  })
  class HostModule {}
  return startHost(platform, { imports: [HostModule] });
}

describe.each(PLATFORMS)('on %s', (platform) => {
  test('an observer hears of each answer once, how long it took, and what was taken in', async () => {
    const answers: (number | undefined)[] = [];
    const taken: string[] = [];
    const host = await startObserved(platform, {
      answered(status, durationMs) {
        expect(durationMs).toBeGreaterThanOrEqual(0);
        answers.push(status);
      },
      taken: (...what) => void taken.push(what.join(' ')),
    });
    const id = `observed on ${platform}`;
    await host.share(shareBy('minji'), id);
    await host.share(shareBy('minji'), id);
    await host.share(shareBy('minji'), id, { adminKey: 'wrong' });
    await eventually(() => {
      expect(answers).toEqual([200, 200, 401]);
    });
    expect(taken).toEqual(['default accepted database', 'default duplicate database']);
    await host.close();
  });

  test('an observer hears whether the key was right, of what is refused too', async () => {
    const answers: [number | undefined, boolean][] = [];
    const host = await startObserved(platform, {
      answered: (status, _, hasRightKey) => void answers.push([status, hasRightKey]),
      taken: () => undefined,
    });
    for (const key of [ADMIN_KEY, 'wrong']) {
      const headers = { Authorization: `KakaoAK ${key}` };
      const body = 'x'.repeat(64 * 1024 + 1);
      await fetch(`${host.url}${PATH}`, { method: 'POST', headers, body });
    }
    await eventually(() => {
      expect(answers).toEqual([
        [413, true],
        [401, false],
      ]);
    });
    await host.close();
  });

  test('a sender who leaves before the answer is told as one', async () => {
    const answers: (number | 'left')[] = [];
    const host = await startObserved(platform, {
      answered: (status) => void answers.push(status ?? 'left'),
      taken: () => undefined,
    });
    const { port, hostname } = new URL(host.url);
    const socket = createConnection(Number(port), hostname, () => {
      const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: KakaoAK ${ADMIN_KEY}\r\nContent-Length: 9\r\n\r\n{`;
      socket.write(head, () => socket.destroy());
    });
    await once(socket, 'close');
    await eventually(() => {
      expect(answers).toEqual(['left']);
    });
    await host.close();
  });

  test('an observer that throws harms no webhook', async () => {
    const fail = (): never => {
      throw new Error('not today');
    };
    const host = await startObserved(platform, { answered: fail, taken: fail });
    const answer = await host.share(shareBy('minji'), `observed by a fault on ${platform}`);
    expect(told(answer)).toEqual({ http: 200, said: 'accepted' });
    await eventually(() => {
      expect(host.errors.join('\n')).toMatch(/The observer of WebhookModule throws/);
    });
    await host.close();
  });
});
