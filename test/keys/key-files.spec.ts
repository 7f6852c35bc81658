import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withHeader } from '../../src/simulator/share-request.js';
import { eventually } from '../support/eventually.js';
import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { serviceEnvironment } from '../support/test-service.js';
import { post } from '../webhook/door.js';

const BODY = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';
const SENDERS = 4;
const TEST_LIMIT_MS = 180_000;

const newKey = (): string => randomBytes(16).toString('hex');

type Apps = Readonly<Record<string, readonly string[]>>;

/** A setting that names a file, and what such files look like. */
interface KeyFile {
  readonly setting: string;
  /** As whoever rotates keys writes them. */
  readonly write: (apps: Apps) => string;
  /** The apps that a share is of when its key moves from `game` to `shop`. */
  readonly apps: readonly string[];
  /** What cannot be used of a key that is mistyped beside one that is not, and what is told of it. */
  readonly unusable: (typed: string, lasting: string) => readonly (readonly [string, string])[];
}

const TOO_LARGE = 'x'.repeat(1024 * 1024);
const KEY_FILES: readonly KeyFile[] = [
  {
    setting: 'KAKAO_APPS',
    write: (apps) => JSON.stringify(apps),
    apps: ['game', 'shop'],
    unusable: (typed, lasting) => [
      [`{"shop":["${typed}"`, 'KAKAO_APPS must be JSON'],
      [`{"${typed}":[]}`, 'KAKAO_ADMIN_KEYS or KAKAO_APPS: App number 1 has no usable name'],
      [`{"shop":["${typed} x"]}`, 'that is none'],
      ['{}', 'KAKAO_ADMIN_KEYS or KAKAO_APPS: No admin key at all'],
      [`{"shop":["${lasting}","${typed.slice(0, 15)}"]}`, 'fewer than 16 characters'],
      ['', 'KAKAO_APPS_FILE names an empty file'],
      [`"${typed}${TOO_LARGE}"`, 'KAKAO_APPS_FILE names a file of more than'],
    ],
  },
  {
    setting: 'KAKAO_ADMIN_KEYS',
    write: (apps) => Object.values(apps).flat().join(),
    apps: ['default'],
    unusable: (typed, lasting) => [
      [`${typed} x`, 'that is none'],
      [`${lasting},${typed},${typed}`, 'The same admin key is named twice'],
      // Cut in the middle of a key.
      [`${lasting},${typed.slice(0, 15)}`, 'fewer than 16 characters'],
      ['', 'KAKAO_ADMIN_KEYS_FILE names an empty file'],
      [`${typed}${TOO_LARGE}`, 'KAKAO_ADMIN_KEYS_FILE names a file of more than'],
    ],
  },
];

describe.each(KEY_FILES)(
  'admin keys in the file of $setting, while the service runs',
  (keyFile) => {
    const { setting, unusable } = keyFile;
    const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-keys-'));
    const file = path.join(folder, 'keys');
    const lasting = newKey();
    const seen = [lasting];
    let db: TestDatabase;
    let service: ServiceProcess;
    let sent = 0;
    let swaps = 0;

    beforeAll(async () => {
      db = await createTestDatabase();
      writeInPlace({ shop: [lasting] });
      service = await startServiceProcess({
        ...serviceEnvironment(db),
        INTENT_SIGNING_KEYS: randomBytes(32).toString('hex'),
        ...{ KAKAO_ADMIN_KEYS: '', [`${setting}_FILE`]: file },
        LOG_LEVEL: 'info',
      });
    }, TEST_LIMIT_MS);
    afterAll(async () => {
      await killServiceProcesses();
      await db.drop();
      rmSync(folder, { recursive: true });
    });

    function writeInPlace(apps: Apps): void {
      writeFileSync(file, keyFile.write(apps));
    }

    function rename(apps: Apps): void {
      writeFileSync(`${file}.new`, keyFile.write(apps));
      renameSync(`${file}.new`, file);
    }

    /** As Kubernetes does it: the file is a link into a folder that is swapped as a whole. */
    function swapLink(apps: Apps): void {
      const version = path.join(folder, `version-${++swaps}`);
      mkdirSync(version);
      writeFileSync(path.join(version, 'keys'), keyFile.write(apps));
      symlinkSync(path.join(version, 'keys'), `${file}.new`);
      renameSync(`${file}.new`, file);
    }

    function hangUp(): void {
      process.kill(service.pid, 'SIGHUP');
    }

    async function statusWith(key: string): Promise<number> {
      const request = post(service, `key-file-${++sent}`, BODY);
      return (await service.send(withHeader(request, 'Authorization', `KakaoAK ${key}`))).status;
    }

    async function untilStatus(key: string, status: number): Promise<void> {
      await eventually(async () => {
        expect(await statusWith(key)).toBe(status);
      }, 30_000);
    }

    async function untilLogged(text: string | RegExp): Promise<void> {
      await eventually(() => {
        expect(service.output()).toMatch(text);
      }, 30_000);
    }

    const timesLogged = (text: string): number => service.output().split(text).length - 1;

    test.each([
      ['written in place', writeInPlace],
      ['renamed', rename],
      ['swapped by its link', swapLink],
    ])(
      'a file that is %s under load brings new keys, and no webhook with a key of both rings is refused',
      async (_, write) => {
        const added = newKey();
        seen.push(added);
        const statuses: number[] = [];
        let loading = true;
        const senders = Array.from({ length: SENDERS }, async () => {
          while (loading) statuses.push(await statusWith(lasting));
        });
        // Also from app to app: each webhook is of the one ring or of the other.
        write({ game: [lasting], shop: [added] });
        await untilStatus(added, 200);
        write({ shop: [lasting] });
        await untilStatus(added, 401);
        loading = false;
        await Promise.all(senders);
        expect(statuses.length).toBeGreaterThan(SENDERS);
        expect(statuses.filter((status) => status !== 200)).toEqual([]);
        await eventually(async () => {
          const apps = await db.rows<{ app: string }>(
            'SELECT DISTINCT app FROM kakao_share.deliveries ORDER BY app',
          );
          expect(apps.map(({ app }) => app)).toEqual(keyFile.apps);
        });
      },
      TEST_LIMIT_MS,
    );

    test(
      'a file that cannot be used leaves the keys in force, and is told by its setting, once, and once more when it is mended',
      async () => {
        const typed = newKey();
        seen.push(typed);
        const cases = unusable(typed, lasting);
        for (const [content, told] of cases) {
          const before = timesLogged(told);
          writeFileSync(file, content);
          hangUp();
          await eventually(() => {
            expect(timesLogged(told)).toBe(before + 1);
          }, 30_000);
          expect(await statusWith(lasting)).toBe(200);
        }
        rmSync(file);
        hangUp();
        await untilLogged(
          `${setting}_FILE names a file that cannot be read. The keys in force stay.`,
        );
        mkdirSync(file);
        expect(await statusWith(lasting)).toBe(200);
        rmSync(file, { recursive: true });
        writeInPlace({ shop: [lasting] });
        hangUp();
        await untilLogged('The key files can be used again');
        for (const [, told] of cases) expect([told, timesLogged(told)]).toEqual([told, 1]);
        expect(timesLogged('watching the key files failed')).toBe(0);
      },
      TEST_LIMIT_MS,
    );

    test(
      'SIGHUP reads them again at once and does not stop the process',
      async () => {
        const added = newKey();
        seen.push(added);
        hangUp();
        await untilLogged('The key files were read again: nothing is new');
        rename({ shop: [lasting, added] });
        hangUp();
        await untilStatus(added, 200);
        await untilLogged(
          /Kakao admin keys changed, by fingerprint: (shop|default) \+[0-9a-f]{8}"/,
        );
      },
      TEST_LIMIT_MS,
    );

    // The other setting is about one app.
    if (setting === 'KAKAO_APPS')
      test(
        'an app that is new in the file has campaigns and intents without a restart, and one that has gone has not',
        async () => {
          const added = newKey();
          seen.push(added);
          const campaign = {
            app: 'newcomer',
            name: 'first',
            state: 'live',
            rules: { startsAt: '2020-01-01T00:00:00+09:00', amount: 5, caps: { unlimited: true } },
          };
          const create = (): ReturnType<typeof service.api<{ id: string }>> =>
            service.api('/v1/campaigns', { method: 'POST', body: JSON.stringify(campaign) });
          expect(await create()).toMatchObject({ status: 400 });
          rename({ shop: [lasting], newcomer: [added] });
          hangUp();
          await untilStatus(added, 200);
          const { status, body } = await create();
          expect([status, body]).toEqual([201, expect.objectContaining({ app: 'newcomer' })]);
          const issued = await service.api('/v1/share-intents', {
            method: 'POST',
            body: JSON.stringify({ app: 'newcomer', userId: 'jisoo', campaignId: body.id }),
          });
          expect(issued).toMatchObject({ status: 201, body: { app: 'newcomer' } });
          rename({ shop: [lasting] });
          hangUp();
          await untilStatus(added, 401);
          expect(await create()).toMatchObject({ status: 400 });
        },
        TEST_LIMIT_MS,
      );

    test('no key stands in the log', () => {
      expect(seen.filter((key) => service.output().includes(key))).toEqual([]);
    });
  },
);

test(
  'SIGHUP without a key file ends the process in order: its terminal was closed',
  async () => {
    const db = await createTestDatabase();
    try {
      const service = await startServiceProcess(serviceEnvironment(db));
      expect(await service.end('SIGHUP')).toEqual({ code: 0, signal: null });
    } finally {
      await killServiceProcesses();
      await db.drop();
    }
  },
  TEST_LIMIT_MS,
);
