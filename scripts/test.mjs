// Runs every suite on the embedded Postgres 18, and what touches the database once more on the server that
// TEST_DATABASE_URL names, e.g. a Postgres 15. Arguments go to jest.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const jest = [
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
// Process and host suites start their own servers or say nothing about the database's version.
const ON_EVERY_POSTGRES = [
  'test/settlement',
  'test/deliveries',
  'test/events',
  'test/ledger',
  'test/operations',
];

function run(args, environment = {}) {
  const result = spawnSync(process.execPath, [...jest, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

const asked = process.argv.slice(2);
run(asked);
if (process.env.TEST_DATABASE_URL && asked.length === 0) {
  run(ON_EVERY_POSTGRES, { TEST_ON_EXTERNAL_POSTGRES: '1' });
}
