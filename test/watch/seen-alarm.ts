import { readExposition } from '../metrics/exposition.js';
import { linesOf, type DistantWeb } from '../support/distant-web.js';
import { eventually } from '../support/eventually.js';
import { toldOf } from './given-watch.js';

/** Rounds come every few seconds, later after an outage, on a machine that may be busy. */
export const ROUNDS_MS = 60_000;
/** By the levels that pino writes. */
const SEVERITIES: Readonly<Record<number, string>> = { 50: 'critical', 40: 'warning' };
type Severity = 'critical' | 'warning';

export interface Ready {
  readonly status: string;
  readonly parts: {
    readonly database: string;
    readonly spool: string;
    readonly alarms: readonly { readonly alarm: string; readonly severity: string }[];
  };
}

type Spoken = Pick<DistantWeb, 'service'>;

/** The value of a gauge in `/metrics`. */
export async function gaugeOf(
  { service }: { readonly service: Pick<DistantWeb['service'], 'url' | 'adminToken'> },
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const headers = { Authorization: `Bearer ${service.adminToken}` };
  const page = await (await fetch(`${service.url}/metrics`, { headers })).text();
  return readExposition(page).value(name, labels);
}

/** Waits until the process tells of an alarm in its log, its health and its metrics: all that needs no database. */
export async function untilSeen(web: DistantWeb, alarm: string, severity: Severity): Promise<void> {
  await eventually(async () => {
    expect(expectInTurn([web], alarm, severity)).toBe(severity);
    const { body } = await web.service.api<Ready>('/health/ready');
    const shown = body.parts.alarms.filter((one) => one.alarm === alarm);
    expect(shown).toMatchObject([{ alarm, severity }]);
    if (severity === 'critical') expect(body.status).not.toBe('ok');
    expect(await gaugeOf(web, 'kakao_share_alarm', { alarm })).toBe(1);
  }, ROUNDS_MS);
}

/** Waits until it is told to everybody who hears of events. */
export async function untilTold(web: DistantWeb, alarm: string, app = '*'): Promise<void> {
  await eventually(async () => {
    expect(await toldOf(web.db, alarm)).toEqual([`alarm.raised ${app}`]);
  }, ROUNDS_MS);
}

/**
 * Waits until an alarm that was raised once is over everywhere, which is told once as well.
 * @param options.beside who may have judged that, and logged it, instead
 */
export async function untilOver(
  web: DistantWeb,
  alarm: string,
  severity: Severity,
  { app = '*', beside = [] }: { app?: string; beside?: readonly Spoken[] } = {},
): Promise<void> {
  await eventually(async () => {
    expect(expectInTurn([web, ...beside], alarm, severity)).toBe('over');
    const { body } = await web.service.api<Ready>('/health/ready');
    expect(body.parts.alarms.map((one) => one.alarm)).not.toContain(alarm);
    expect(await gaugeOf(web, 'kakao_share_alarm', { alarm })).toBe(0);
    expect(await toldOf(web.db, alarm)).toEqual([`alarm.raised ${app}`, `alarm.cleared ${app}`]);
  }, ROUNDS_MS);
}

/**
 * Raised, over, raised again: each is logged once. A disk that is slow enough gives up what waits for it, and has room for a moment.
 * @returns what was logged last
 */
function expectInTurn(
  processes: readonly Spoken[],
  alarm: string,
  severity: Severity,
): string | undefined {
  const said = processes.flatMap(linesOf).filter(({ msg }) => msg.startsWith(`Alarm ${alarm}`));
  const turns = said.map(({ level, msg }) => {
    if (level === 30 && msg.endsWith(' is over')) return 'over';
    return msg.length > `Alarm ${alarm}: `.length ? SEVERITIES[level] : msg;
  });
  expect(turns).toEqual(turns.map((_, index) => (index % 2 === 0 ? severity : 'over')));
  return turns.at(-1);
}
