// Fails when something that users install has a known fault that is grave. Where the registry offers no audit it is left out, and said.
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { judgeAudit } from './judge-audit.mjs';

const LIMIT_MS = 120_000;
/** A registry that does not answer at the moment says nothing about anybody. */
const TRIES = 3;
const PAUSE_MS = 10_000;

function audit() {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  return judgeAudit(stdout);
}

let judged = audit();
for (let tries = 1; judged.verdict === 'findings' && tries < TRIES; tries++) {
  await pause(PAUSE_MS);
  judged = audit();
}
const { verdict, text } = judged;
console.log(verdict === 'left-out' ? `LEFT OUT: the audit of dependencies: ${text}` : text);
process.exit(verdict === 'findings' ? 1 : 0);
