import path from 'node:path';

interface Judgement {
  readonly verdict: 'clean' | 'findings' | 'left-out';
  readonly text: string;
}

describe('the audit of dependencies', () => {
  let judgeAudit: (output: string) => Judgement;

  beforeAll(async () => {
    const file = path.resolve('scripts/judge-audit.mjs');
    ({ judgeAudit } = (await import(file)) as { judgeAudit: typeof judgeAudit });
  });

  const reportOf = (counts: Record<string, number>, vulnerabilities = {}): string =>
    JSON.stringify({ vulnerabilities, metadata: { vulnerabilities: counts } });

  test('is clean when nothing grave is known', () => {
    expect(judgeAudit(reportOf({ low: 3, moderate: 2, high: 0, critical: 0 })).verdict).toBe(
      'clean',
    );
  });

  test.each(['high', 'critical'])('fails on one that is %s, and names it', (severity) => {
    const { verdict, text } = judgeAudit(
      reportOf({ [severity]: 1 }, { bad: { name: 'bad', severity } }),
    );
    expect([verdict, text]).toEqual(['findings', `1 grave: bad (${severity})`]);
  });

  test('is left out where the registry offers none', () => {
    expect(judgeAudit('{"statusCode":405,"error":{"summary":""}}').verdict).toBe('left-out');
  });

  test.each(['', 'not JSON', '{}', 'null', '{"statusCode":500}', '{"error":{"code":"ENOLOCK"}}'])(
    'fails on what is no report: %s',
    (output) => {
      expect(judgeAudit(output).verdict).toBe('findings');
    },
  );
});
