// Fails when something that users install has a known fault that is grave. Where the registry offers no audit it is left out, and said.
import { spawnSync } from 'node:child_process';
import { judgeAudit } from './judge-audit.mjs';

const LIMIT_MS = 120_000;

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
  timeout: LIMIT_MS,
});
const { verdict, text } = judgeAudit(stdout);
console.log(verdict === 'left-out' ? `LEFT OUT: the audit of dependencies: ${text}` : text);
process.exit(verdict === 'findings' ? 1 : 0);
