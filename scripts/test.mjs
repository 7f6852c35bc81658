// Runs the suites on the embedded Postgres 18, and what decides and writes about deliveries and points once more on the server that
// TEST_DATABASE_URL names, e.g. a Postgres 15. SUITES=all leaves out nothing: the longest suites, and everything else that touches
// the database on that server. Arguments go to jest.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const jest = [
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
const ON_EVERY_POSTGRES = [
  'test/settlement/(whole-path|verdicts|replayed|mended|late|poison)',
  'test/deliveries/(accept-batch|store-deliveries)',
  'test/events',
  'test/ledger',
  'test/keys/write-unknown-keys',
  'test/keys/last-use',
];
// Process and host suites start their own servers or say nothing about the database's version.
const ALSO_IF_ASKED = [
  ...['test/settlement', 'test/deliveries', 'test/consumers', 'test/relay', 'test/endpoints'],
  ...['test/operations', 'test/watch'],
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
    'every-alarm',
    'rules',
    'frozen-queue',
    'frozen-redis',
    'dispatcher',
    'bounded-server',
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

// Most take half a minute and more, for processes that are started or for clocks: `npm run test:all` has time for them.
const LONGEST = [
  'test/examples/',
  'test/watch/real-causes',
  'test/watch/every-alarm',
  'test/host/slow-database',
  'test/faults/crash-around-settlement',
  'test/faults/stopped-database',
  'test/faults/lost-queue',
  'test/faults/terminal',
  'test/spool/command',
  'test/commands/deliveries',
  'test/settlement/budget\\.spec',
  'test/watch/processes',
  'test/at-least-once/every-transport',
  'test/database/embedded-postgres',
  'test/relay/coming-and-going',
  'test/deliveries/sweep',
  'test/host/every-parser',
  'test/host/data-source',
  'test/keys/key-files',
];

const isWhole = process.env.SUITES === 'all';
const asked = process.argv.slice(2);
if (asked.length > 0) run(asked);
else {
  const leftOut = isWhole ? [UNDER_LOAD] : [UNDER_LOAD, ...LONGEST];
  run([`--testPathIgnorePatterns=${leftOut.join('|')}`]);
  run([UNDER_LOAD, '--runInBand']);
}
if (process.env.TEST_DATABASE_URL && asked.length === 0) {
  const leftToFirst = `--testPathIgnorePatterns=${ON_ONE_POSTGRES.join('|')}`;
  const also = isWhole ? ALSO_IF_ASKED : [];
  run([...ON_EVERY_POSTGRES, ...also, leftToFirst], {
    TEST_ON_EXTERNAL_POSTGRES: '1',
  });
}
