import { DurabilityLog } from '../../src/deliveries/durability-log.js';

function givenLog(): { log: DurabilityLog; said: string[] } {
  const said: string[] = [];
  const log = new DurabilityLog({
    log: (line: string) => said.push(`log: ${line}`),
    warn: (line: string) => said.push(`warn: ${line}`),
    error: (line: string) => said.push(`error: ${line}`),
  });
  return { log, said };
}

describe('where webhooks are made durable', () => {
  test('a webhook that is answered 503 is an error in the log at once, with its reason, and one line however many follow', () => {
    const { log, said } = givenLog();
    log.note('database', 0);
    for (let nowMs = 0; nowMs < 1_000; nowMs++) log.note('nowhere', nowMs, 'no disk');
    expect(said).toEqual(['error: Webhooks cannot be made durable and are answered 503: no disk']);
    expect(log.place).toBe('nowhere');
  });

  test('the spool is a warning, and what is worse than it an error', () => {
    const { log, said } = givenLog();
    log.note('spool', 0, 'too slow');
    log.note('nowhere', 1, 'full');
    expect(said).toEqual([
      'warn: Webhooks are kept in the spool: too slow',
      'error: Webhooks cannot be made durable and are answered 503: full',
    ]);
  });

  test('a better place is told once it has been the only one for two seconds', () => {
    const { log, said } = givenLog();
    log.note('nowhere', 0, 'full');
    log.note('spool', 1_000);
    log.note('nowhere', 1_500, 'full');
    log.note('spool', 3_400);
    expect(said.length).toBe(1);
    log.note('spool', 3_500);
    log.note('database', 4_000);
    expect(said.slice(1)).toEqual(['warn: Webhooks are made durable again: in the spool']);
    log.note('database', 5_500);
    expect(said.slice(2)).toEqual(['log: Webhooks are made durable again: in the database']);
  });
});
