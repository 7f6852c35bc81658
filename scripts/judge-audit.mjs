// What `npm audit --json` said, as a verdict.
const GRAVE = ['high', 'critical'];

/** @returns {{ verdict: 'clean' | 'findings' | 'left-out', text: string }} */
export function judgeAudit(output) {
  const report = parse(output);
  const counts = report?.metadata?.vulnerabilities;
  if (counts !== undefined) {
    const found = GRAVE.reduce((sum, level) => sum + Number(counts[level] ?? 0), 0);
    if (found === 0) return { verdict: 'clean', text: 'no dependency has a known grave fault' };
    const names = Object.values(report.vulnerabilities ?? {})
      .filter(({ severity }) => GRAVE.includes(severity))
      .map(({ name, severity }) => `${name} (${severity})`);
    return { verdict: 'findings', text: `${found} grave: ${names.join(', ')}` };
  }
  // A registry that offers no audit, such as a mirror, says so; anything else that is no report is a fault of the run.
  if ([404, 405, 501].includes(report?.statusCode))
    return { verdict: 'left-out', text: `the registry offers no audit (${report.statusCode})` };
  return { verdict: 'findings', text: 'npm audit gave no report' };
}

function parse(output) {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
