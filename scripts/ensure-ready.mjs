// Makes `npm start` and `npm test` work on a fresh clone: installs when the lock file has changed,
// builds (with --build) when a source file has changed. Plain Node only, as nothing is installed yet.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`nestjs-kakao-share needs Node 20.19 or later; this is ${process.versions.node}.`);
  process.exit(1);
}

const root = path.resolve(import.meta.dirname, '..');
const fileList = (folder) =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();

function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function bringUpToDate(stampFile, files, produces, command, args) {
  const digest = digestOf(files);
  const stamp = path.join(root, stampFile);
  const upToDate =
    existsSync(path.join(root, produces)) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === digest;
  if (upToDate) return;
  run(command, args);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

const at = (name) => path.join(root, name);
// The stamp is written by this script alone, so a node_modules made by `npm ci` is checked once more, by npm.
bringUpToDate('node_modules/.installed-for', [at('package-lock.json')], 'node_modules', 'npm', [
  'ci',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
]);

if (process.argv.includes('--build')) {
  const sources = [
    ...fileList('src'),
    at('tsconfig.json'),
    at('tsconfig.build.json'),
    at('package-lock.json'),
  ];
  bringUpToDate('node_modules/.built-from', sources, 'dist/main.js', 'npm', [
    'run',
    '--silent',
    'build',
  ]);
}
