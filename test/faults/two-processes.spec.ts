import { KAKAO_LIMIT_MS, type Answer } from '../../src/simulator/send.js';
import { listFolders } from '../../src/spool/spool-files.js';
import { Pulse } from '../support/pulse.js';
import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  spoolFolderOf,
  untilSettled,
  untilTold,
  type StoreName,
} from '../support/test-service.js';
import { Gate } from './gate.js';
import { pointsOf, proveWhole } from './proof.js';

/** Of which one is fast enough for the database on any machine. */
const MAX_BURSTS = 5;

interface Answered {
  status: string;
  deliveryId: string;
}

describe.each(QUEUE_STORES)('two processes on one database, queue on $store', ({ store }) => {
  let db: TestDatabase;
  let one: ServiceProcess;
  let other: ServiceProcess;
  let pulse: Pulse;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    pulse = await Pulse.start();
    const environment = serviceEnvironment(db, store as StoreName);
    [one, other] = await Promise.all([
      startServiceProcess(environment),
      startServiceProcess(environment),
    ]);
  });
  afterAll(async () => {
    await pulse.stop();
    await killServiceProcesses();
    await db.drop();
  });

  const sendAtOnce = (id: string): Promise<Answer[]> =>
    Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        (index % 2 === 0 ? one : other).share(shareBy(id), id),
      ),
    );
  /** Those that are committed stay for some seconds. */
  const spooledSegments = async (): Promise<number> =>
    (await listFolders(spoolFolderOf(db))).flatMap(({ segments }) => segments).length;
  const untilSpoolIsTidy = (): Promise<void> =>
    eventually(async () => {
      expect(await spooledSegments()).toBe(0);
    });

  test('the same request a hundred times at once is answered 2xx each time and pays once', async () => {
    const sent: string[] = [];
    let answers: Answer[];
    do {
      await untilSpoolIsTidy();
      const id = `the same ${sent.length}`;
      sent.push(id);
      answers = await sendAtOnce(id);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
      // Where the database was too slow some were spooled, and nobody knew yet that they are repeats.
    } while (sent.length < MAX_BURSTS && (await spooledSegments()) > 0);
    const bodies = answers.map(({ body }) => JSON.parse(body) as Answered);
    expect(bodies.filter(({ status }) => status === 'accepted')).toHaveLength(1);
    expect(bodies.filter(({ status }) => status === 'duplicate')).toHaveLength(99);
    expect(new Set(bodies.map(({ deliveryId }) => deliveryId)).size).toBe(1);
    await untilSettled(db);
    await untilTold(db);
    expect(await db.number('SELECT count(*) FROM kakao_share.shares')).toBe(sent.length);
    for (const id of sent) {
      const told = await db.rows(
        `SELECT e.type FROM kakao_share.events e JOIN kakao_share.users u ON u.id = e.user_ref
         WHERE u.user_id = $1 ORDER BY e.sequence`,
        [id],
      );
      expect(told).toEqual([{ type: 'kakao.share.recorded' }, { type: 'reward.credited' }]);
      expect(await pointsOf(db, id)).toBe(100);
    }
    await proveWhole(db, sent);
  });

  test('a process that is frozen with a key in its hand holds up nobody: its repeat is spooled within 3 s, and they are one share in the end', async () => {
    const gate = await Gate.close(db, { table: 'kakao_share.open_deliveries', on: 'INSERT' });
    const heldAnswer = one.share(shareBy('held'), 'held');
    await gate.untilReached(/INSERT INTO .*delivery_keys/);
    one.freeze();
    await gate.letPass();

    const sentAtMs = performance.now();
    const [same, ...others] = await Promise.all([
      other.share(shareBy('held'), 'held'),
      ...Array.from({ length: 50 }, (_, index) =>
        other.share(shareBy(`free-${index}`), `free-${index}`),
      ),
    ]);
    const slowestMs = Math.max(...[same, ...others].map(({ latencyMs }) => latencyMs));
    expect(slowestMs - pulse.lostSince(sentAtMs)).toBeLessThan(KAKAO_LIMIT_MS);
    expect(same.status).toBe(200);
    expect((JSON.parse(same.body) as Answered).status).toBe('accepted');
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));

    one.thaw();
    await heldAnswer;
    await gate.open();
    const key = `FROM kakao_share.delivery_keys WHERE resource_id = 'held'`;
    await eventually(async () => {
      expect(await db.number(`SELECT count(*) ${key}`)).toBe(1);
    });
    await untilSettled(db);
    await untilTold(db);
    expect(await pointsOf(db, 'free-49')).toBe(100);
    expect(await pointsOf(db, 'held')).toBe(100);
    await proveWhole(db, ['held', ...others.map((_, index) => `free-${index}`)]);
  });
});
