import { KAKAO_LIMIT_MS } from '../../src/simulator/send.js';
import { eventually } from '../support/eventually.js';
import { Pulse } from '../support/pulse.js';
import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
  untilTold,
} from '../support/test-service.js';
import { startPrivatePostgres, type PrivatePostgres } from './private-postgres.js';
import { expireDispatchLeases, expireRelayLeases, proveWhole } from './proof.js';

const SENDERS = 16;
const RECOVERY_LIMIT_MS = 60_000;

describe('the database is stopped under load', () => {
  let postgres: PrivatePostgres;
  let service: ServiceProcess;
  let pulse: Pulse;
  const acknowledged: string[] = [];

  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    await givenCampaign(postgres.db);
    service = await startServiceProcess(serviceEnvironment(postgres.db));
    pulse = await Pulse.start();
  });
  let loading = false;
  afterEach(() => {
    loading = false;
  });
  afterAll(async () => {
    await pulse.stop();
    await killServiceProcesses();
    await postgres.stop();
  });

  /** Sends until it is told to stop or the test has ended, and keeps what was answered with 2xx. */
  function startLoad(name: string): { acknowledged(): number; stop(): Promise<void> } {
    loading = true;
    const before = acknowledged.length;
    const senders = Array.from({ length: SENDERS }, async (_, sender) => {
      for (let count = 0; loading; count++) {
        const id = `${name}-${sender}-${count}`;
        const { status } = await service.share(shareBy(id), id);
        if (status === 200) acknowledged.push(id);
      }
    });
    return {
      acknowledged: () => acknowledged.length - before,
      stop: async () => {
        loading = false;
        await Promise.all(senders);
      },
    };
  }

  async function untilAcknowledged(load: { acknowledged(): number }, more: number): Promise<void> {
    const goal = load.acknowledged() + more;
    await eventually(() => {
      if (load.acknowledged() < goal) throw new Error('The door does not take anything.');
    }, RECOVERY_LIMIT_MS);
  }

  async function untilSpoolIsEmpty(): Promise<void> {
    await eventually(async () => {
      expect(await service.api('/health/ready')).toMatchObject({
        body: { parts: { spool: 'ok' } },
      });
    }, RECOVERY_LIMIT_MS);
  }

  async function proveAllSettled(): Promise<void> {
    const { db } = postgres;
    // Time passes; the queue's own jobs came back with the database, or did not.
    await expireDispatchLeases(db);
    await expireRelayLeases(db);
    await untilSettled(db);
    await untilTold(db);
    await proveWhole(db, acknowledged);
  }

  test('killed and started again: the door stays open all the time, everything acknowledged is settled once', async () => {
    const load = startLoad('killed');
    await untilAcknowledged(load, 200);
    await postgres.kill();
    // Whatever comes meanwhile is kept, and answered in time.
    await untilAcknowledged(load, 200);
    const sentAtMs = performance.now();
    const kept = await service.share(shareBy('while away'), 'while away');
    expect(kept.status).toBe(200);
    expect(kept.latencyMs - pulse.lostSince(sentAtMs)).toBeLessThan(KAKAO_LIMIT_MS);
    acknowledged.push('while away');
    await postgres.startAgain();
    await untilAcknowledged(load, 200);
    await load.stop();
    await untilSpoolIsEmpty();
    await proveAllSettled();
  }, 300_000);
});
