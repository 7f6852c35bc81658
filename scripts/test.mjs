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
  'test/relay',
  'test/endpoints',
  'test/consumers',
  'test/ledger',
  'test/operations',
  'test/watch',
  'test/keys/write-unknown-keys',
  'test/keys/last-use',
];
// Among these, what tells of ports, sockets, headers, logs, load, processes or pure rules.
const ON_ONE_POSTGRES = [
  ...['logs', 'http-limits', 'operations-port', 'security-headers', 'throttling', 'access'],
  ...['share-status-parts', 'share-status-streams', 'simulation-load', 'unreachable-brokers'],
  ...['webhook-sender', 'network-policy', 'endpoint-transport', 'bounded-lookups', 'judge-answer'],
  ...['judge-failure', 'long-outage', 'slow-batches', 'slow-listeners', 'rolling-deploy'],
  ...[
    'redis-alarms',
    'processes',
    'real-causes',
    'rules',
    'frozen-queue',
    'share-event-verifier',
    'catalogue',
  ],
].map((name) => `/${name}\\.spec`);

function run(args, environment = {}) {
  const result = spawnSync(process.execPath, [...jest, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

// Judges how long answers take, so nothing else may work beside it.
const UNDER_LOAD = 'test/faults/under-load';

const asked = process.argv.slice(2);
if (asked.length > 0) run(asked);
else {
  run([`--testPathIgnorePatterns=${UNDER_LOAD}`]);
  run([UNDER_LOAD, '--runInBand']);
}
if (process.env.TEST_DATABASE_URL && asked.length === 0) {
  const leftToFirst = `--testPathIgnorePatterns=${ON_ONE_POSTGRES.join('|')}`;
  run([...ON_EVERY_POSTGRES, leftToFirst], { TEST_ON_EXTERNAL_POSTGRES: '1' });
}
