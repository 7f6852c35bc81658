import { startPrivatePostgres, type PrivatePostgres } from '../faults/private-postgres.js';
import { withHeader } from '../../src/simulator/share-request.js';
import { readExposition, type Exposition } from '../metrics/exposition.js';
import { eventually } from '../support/eventually.js';
import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { serviceEnvironment, shareBy } from '../support/test-service.js';
import { post } from '../webhook/door.js';
import { toldOf } from './given-watch.js';

/** Rounds come every few seconds, on a machine that may be busy. */
const ROUNDS_MS = 60_000;
/** Runs before anything else of a process, and moves its clock. */
const SHIFT_CLOCK = `const now = Date.now; const Old = Date;
  globalThis.Date = class extends Old { constructor(...given) { if (given.length === 0) super(now() + 5000); else super(...given); } };
  globalThis.Date.now = () => now() + 5000;`;

interface Ready {
  readonly status: string;
  readonly parts: { readonly alarms: readonly { readonly alarm: string }[] };
}

let postgres: PrivatePostgres;
let environment: Record<string, string>;
let web: ServiceProcess;
let worker: ServiceProcess;

beforeAll(async () => {
  postgres = await startPrivatePostgres();
  // How quickly this machine answers is no matter here.
  const ALARMS_OFF = 'answers-slow';
  environment = { ...serviceEnvironment(postgres.db), ALARMS_OFF, LOG_LEVEL: 'info' };
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(SHIFT_CLOCK)}`;
  [web, worker] = await Promise.all([
    startServiceProcess({ ...environment, ROLES: 'web' }),
    startServiceProcess({ ...environment, ROLES: 'worker,relay', NODE_OPTIONS }),
  ]);
}, 240_000);
afterAll(async () => {
  await killServiceProcesses();
  await postgres.stop();
});

async function expectOf(
  service: ServiceProcess,
  alarms: readonly string[],
  status: string,
): Promise<void> {
  await eventually(async () => {
    const { status: code, body } = await service.api<Ready>('/health/ready');
    const names = body.parts.alarms.map(({ alarm }) => alarm);
    expect({ code, status: body.status, names }).toEqual({ code: 200, status, names: alarms });
    expect(gaugesOf(await metricsOf(service))).toEqual(alarms);
  }, ROUNDS_MS);
}

/** The alarms that the metrics show as raised. */
function gaugesOf({ samples }: Exposition): string[] {
  const raised = samples.filter(({ name, value }) => name === 'kakao_share_alarm' && value === 1);
  return raised.map(({ labels }) => labels.alarm ?? '').sort();
}

async function switchFsync(value: 'on' | 'off'): Promise<void> {
  await postgres.db.rows(`ALTER SYSTEM SET fsync = ${value}`);
  await postgres.db.rows('SELECT pg_reload_conf()');
}

async function metricsOf(service: ServiceProcess): Promise<Exposition> {
  const headers = { Authorization: `Bearer ${environment.ADMIN_TOKEN ?? ''}` };
  return readExposition(await (await fetch(`${service.url}/metrics`, { headers })).text());
}

/** Enough for an alarm, which ends five minutes after the last of them. */
async function presentWrongKeys(): Promise<void> {
  const forged = post(web, 'forged', '{}');
  for (let count = 0; count < 20; count++)
    await web.send(withHeader(forged, 'Authorization', `KakaoAK wrong-key-${count}`));
}

const told = (alarm: string): Promise<string[]> => toldOf(postgres.db, alarm);

test('what one process sees and what is wrong with the database stands in health and metrics of every process, and is told once', async () => {
  await switchFsync('off');
  await presentWrongKeys();
  const all = ['clock-skew', 'database-unsafe', 'webhooks-refused'];
  await expectOf(web, all, 'degraded');
  await expectOf(worker, all, 'degraded');
  for (const alarm of all) expect(await told(alarm)).toEqual(['alarm.raised *']);
}, 240_000);

/** The levels of the lines that say so. */
function levelsOf(service: ServiceProcess, text: string): number[] {
  const lines = service.output().split('\n').slice(0, -1);
  return lines
    .filter((line) => line.includes(text))
    .map((line) => (JSON.parse(line) as { level: number }).level);
}

test('one log says what is wrong with the database, none holds what was presented', async () => {
  await switchFsync('on');
  await expectOf(web, ['clock-skew', 'webhooks-refused'], 'ok');
  await expectOf(worker, ['clock-skew', 'webhooks-refused'], 'ok');
  expect(await told('database-unsafe')).toEqual(['alarm.raised *', 'alarm.cleared *']);
  // Whichever of them judged it, and what it said may still be on its way to us.
  await eventually(() => {
    const levels = [web, worker].flatMap((service) => levelsOf(service, 'Alarm database-unsafe'));
    expect(levels.sort()).toEqual([30, 50]);
  }, ROUNDS_MS);
  const output = web.output() + worker.output();
  const alarms = await postgres.db.rows('SELECT * FROM kakao_share.alarms');
  expect(output + JSON.stringify(alarms)).not.toMatch(/wrong-key/);
}, 240_000);

test('a spool in use is told while the database is away, in health and metrics alike, until it is empty', async () => {
  await presentWrongKeys();
  await postgres.kill();
  for (const id of ['spooled-1', 'spooled-2'])
    expect((await web.share(shareBy('minji'), id)).status).toBe(200);
  await eventually(async () => {
    const { status, body } = await web.api<Ready>('/health/ready');
    const names = body.parts.alarms.map(({ alarm }) => alarm);
    expect({ status, names }).toEqual({
      status: 200,
      names: expect.arrayContaining(['spool-in-use']) as unknown,
    });
  }, ROUNDS_MS);
  const page = await metricsOf(web);
  expect(page.value('kakao_share_webhooks_total', { place: 'spool' })).toBe(2);
  expect(page.value('kakao_share_spool_waiting_webhooks')).toBe(2);
  expect(page.value('kakao_share_alarm', { alarm: 'spool-in-use' })).toBe(1);
  expect(page.value('kakao_share_scrape_error', { part: 'deliveries' })).toBe(1);
  await postgres.startAgain();
  await expectOf(web, ['clock-skew', 'webhooks-refused'], 'ok');
  expect((await metricsOf(web)).value('kakao_share_spool_waiting_webhooks')).toBe(0);
}, 240_000);

test('a process that stops takes what it saw of itself with it', async () => {
  await presentWrongKeys();
  await expectOf(web, ['clock-skew', 'webhooks-refused'], 'ok');
  // While the database was away nobody could say that it went on: it may have been over for a moment.
  const before = await told('clock-skew');
  expect(before.at(-1)).toBe('alarm.raised *');
  await worker.end('SIGTERM');
  await expectOf(web, ['webhooks-refused'], 'ok');
  expect(await told('clock-skew')).toEqual([...before, 'alarm.cleared *']);
}, 240_000);
