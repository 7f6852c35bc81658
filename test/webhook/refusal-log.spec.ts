import { jest } from '@jest/globals';
import { RefusalLog } from '../../src/webhook/refusal-log.js';
import { BODY_REFUSALS, NOT_ALLOWED, UNAUTHORIZED } from '../../src/webhook/refusal.js';

const QUIET_MS = 10_000;

describe('what the door turns away is told', () => {
  let lines: string[];
  let log: RefusalLog;

  beforeEach(() => {
    jest.useFakeTimers();
    lines = [];
    log = new RefusalLog({ warn: (line: string) => void lines.push(line) });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function refuseTimes(count: number): void {
    for (let i = 0; i < count; i += 1) log.add(UNAUTHORIZED);
  }

  test('at once, and then in one line per 10 s, however many there are', () => {
    refuseTimes(1_000);
    expect(lines).toEqual([`Refused 1 webhook with 401: ${UNAUTHORIZED.title}`]);
    jest.advanceTimersByTime(QUIET_MS - 1);
    expect(lines).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(lines.slice(1)).toEqual([`Refused 999 webhooks with 401: ${UNAUTHORIZED.title}`]);
    refuseTimes(2);
    expect(lines).toHaveLength(2);
    jest.advanceTimersByTime(QUIET_MS);
    expect(lines.slice(2)).toEqual([`Refused 2 webhooks with 401: ${UNAUTHORIZED.title}`]);
  });

  test('status by status', () => {
    for (const refusal of [UNAUTHORIZED, NOT_ALLOWED, BODY_REFUSALS['too-slow'], UNAUTHORIZED])
      log.add(refusal);
    expect(lines.map((line) => line.split(':')[0])).toEqual(
      [401, 405, 408].map((status) => `Refused 1 webhook with ${status}`),
    );
  });

  test('at once again after a quiet time without any', () => {
    refuseTimes(1);
    jest.advanceTimersByTime(QUIET_MS);
    expect(jest.getTimerCount()).toBe(0);
    refuseTimes(1);
    expect(lines).toHaveLength(2);
  });

  test('to the last one when the door closes', () => {
    refuseTimes(4);
    log.close();
    expect(lines.slice(1)).toEqual(['Refused 3 webhooks with 401']);
    expect(jest.getTimerCount()).toBe(0);
  });
});
