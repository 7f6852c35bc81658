import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { prepareHome } from '../../src/database/embedded-postgres/cluster-home.js';
import { prepareDataFolder } from '../../src/database/embedded-postgres/data-folder.js';
import {
  EmbeddedPostgresFolderError,
  EmbeddedPostgresInUseError,
  EmbeddedPostgresMissingError,
  EmbeddedPostgresStartError,
} from '../../src/database/embedded-postgres/embedded-postgres-errors.js';
import { claimFolder } from '../../src/database/embedded-postgres/folder-owner.js';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { findBinaries } from '../../src/database/embedded-postgres/postgres-binaries.js';
import { processStart } from '../../src/database/embedded-postgres/process-start.js';
import { readableBinaries } from '../../src/database/embedded-postgres/readable-binaries.js';
import { chooseServerUser } from '../../src/database/embedded-postgres/server-user.js';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { startServer } from '../../src/database/embedded-postgres/start-server.js';
import { stopServer } from '../../src/database/embedded-postgres/stop-server.js';
import {
  buildProgram,
  copyPackages,
  linkPackages,
  startChild,
  type Child,
} from './embedded-postgres-child.js';

/** Processes that start servers and die, each for some seconds: `npm run test:all` has time for them. */
const describeInWholeRun = process.env.SUITES === 'all' ? describe : describe.skip;
const IS_ROOT = process.geteuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };
/** Docker's default for root. */
const WITHOUT_PTRACE = ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace', '--'];
/** No waiting for the disk where the test is not about what a crash leaves. */
const settings = { fsync: 'off' };

/** A data folder that was started once: copying it is faster than initdb, where the test is not about that. */
let template: string;
let folder: string;
let dataDir: string;
let cleanups: (() => Promise<unknown>)[];

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'embedded-postgres-template-'));
  const server = await startEmbeddedPostgres({ dataDir: template, settings });
  await server.stop();
});

afterAll(() => rm(template, { recursive: true }));

beforeEach(async () => {
  const made = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  await chmod(made, 0o755);
  folder = made;
  dataDir = join(made, 'data');
  cleanups = [() => rm(made, { recursive: true, force: true, maxRetries: 20 })];
});

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

describe('An embedded Postgres', () => {
  it('starts on a missing folder, and keeps its data between starts', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();

    const second = await start();

    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('is a Postgres 18 with UTF-8, on 127.0.0.1 alone, without a socket in a shared folder', async () => {
    const { url } = await startEmbeddedPostgres({ dataDir }).then(stopLater);
    const [facts] = await query(
      url,
      `SELECT current_setting('server_version_num')::int / 10000 AS version,
              current_setting('listen_addresses') AS addresses,
              current_setting('unix_socket_directories') AS sockets,
              current_setting('password_encryption') AS passwords,
              current_setting('fsync') AS fsync,
              pg_encoding_to_char(encoding) AS encoding, datlocprovider::text AS provider, datlocale AS locale
         FROM pg_database WHERE datname = current_database()`,
    );
    expect(facts).toEqual({
      version: 18,
      addresses: '127.0.0.1',
      sockets: '',
      passwords: 'scram-sha-256',
      fsync: 'on',
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
    });
  });

  it('keeps its password in a file for the owner alone, and refuses another', async () => {
    await useTemplate();
    const { url, pid } = await start();
    const password = (await readFile(join(dataDir, 'password'), 'utf8')).trim();
    const mode = (await lstat(join(dataDir, 'password'))).mode & 0o777;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');

    expect(new URL(url).password).toBe(password);
    expect(mode).toBe(0o600);
    expect(commandLine).not.toContain(password);
    await expect(query(url.replace(password, 'guess'), 'SELECT 1')).rejects.toThrow(/password/);
  });

  it('takes settings, but none that opens it to other machines', async () => {
    await useTemplate();
    const asked = {
      ...settings,
      max_connections: '17',
      listen_addresses: '*',
      application_name: "it's $HOME",
    };
    const { url } = await startEmbeddedPostgres({ dataDir, settings: asked }).then(stopLater);

    expect(await query(url, 'SHOW max_connections')).toEqual([{ max_connections: '17' }]);
    expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(url, 'SHOW application_name')).toEqual([{ application_name: "it's $HOME" }]);
  });

  it('lives in a folder whose name a shell would trip over', async () => {
    dataDir = join(folder, `Jo's "data" $(touch ${folder}/tripped) \`id\``);
    const { url } = await start();

    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(folder, 'tripped'))).toBe(false);
  });

  it('stops once, however often it is told to', async () => {
    await useTemplate();
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();

    expect(await processStart(server.pid)).toBeUndefined();
  });

  it('stops even when its folder was deleted under it', async () => {
    await useTemplate();
    const server = await start();
    // It goes on writing files meanwhile.
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20 });
    await server.stop();

    expect(await processStart(server.pid)).toBeUndefined();
  });

  it('stops in peace when it had died before, and never ends another process with its pid', async () => {
    await useTemplate();
    const server = await start();
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
    const real = await prepareDataFolder(dataDir);
    const home = await prepareHome(real, () => undefined);
    const other = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(other, 'spawn');

    const binaries = await readableBinaries(await findBinaries(), home.user, () => undefined);
    await stopServer(home, binaries, { pid: other.pid ?? 0, start: 'before' });

    other.stdin.end();
    expect(await once(other, 'exit')).toEqual([0, null]);
  });

  it('tells what the server said last when it fails to start, and leaves the folder free', async () => {
    await useTemplate();
    const failing = startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } });

    await expect(failing).rejects.toThrow(EmbeddedPostgresStartError);
    await expect(failing).rejects.toThrow(/"shared_buffers": "plenty"/);
    await expect(start()).resolves.toBeDefined();
  });

  it('takes another port when its own was taken meanwhile', async () => {
    await useTemplate();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    cleanups.push(async () => {
      taken.close();
      await once(taken, 'close');
    });
    const ports = [(taken.address() as AddressInfo).port, await freePort()];
    const log = (): void => undefined;
    const real = await prepareDataFolder(dataDir);
    const home = await prepareHome(real, log);
    const binaries = await readableBinaries(await findBinaries(), home.user, log);

    const choosePort = (): Promise<number> => Promise.resolve(ports.shift() ?? 0);
    const server = await startServer({ home, binaries, settings, log, choosePort });
    await stopServer(home, binaries, server.process);

    expect(ports).toEqual([]);
    expect(server.port).not.toBe((taken.address() as AddressInfo).port);
  });

  it('is missing with a remedy on a machine that has no binaries', async () => {
    await expect(findBinaries('sunos', 'sparc')).rejects.toThrow(EmbeddedPostgresMissingError);
    await expect(findBinaries('darwin', 'arm64')).rejects.toThrow(/DATABASE_URL.*npm ci/);
  });
});

describe('The data folder', () => {
  it('has one live owner: a second one is refused, in this process and in another', async () => {
    await useTemplate();
    const first = await start();
    const program = await buildProgram(folder);
    await linkPackages(program);

    await expect(start()).rejects.toThrow(EmbeddedPostgresInUseError);
    await expect(startChild(program, dataDir).report).rejects.toThrow(
      `Process ${process.pid} already runs the Postgres`,
    );
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('goes to exactly one of many starters that find a dead owner', async () => {
    await writeOwner({ pid: process.pid, start: 'of an earlier process', dataDir });

    const claims = await Promise.allSettled(Array.from({ length: 20 }, () => claimFolder(dataDir)));

    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const claim of claims) {
      if (claim.status === 'rejected')
        expect(claim.reason).toBeInstanceOf(EmbeddedPostgresInUseError);
    }
    expect(await readdir(dataDir)).toEqual(['owner']);
  });

  it('is not owned by a record that was copied with it, nor by one that a crash emptied', async () => {
    const start = await processStart(process.pid);
    await writeOwner({ pid: process.pid, start, dataDir: '/elsewhere' });
    await (await claimFolder(dataDir)).release();
    await writeOwner('');
    await (await claimFolder(dataDir)).release();

    expect(await readdir(dataDir)).toEqual([]);
  });

  it('does not keep the claims of starters that were killed before they won', async () => {
    const lost = join(dataDir, 'owner.lost');
    await mkdir(lost, { recursive: true });
    const record = { pid: process.pid, start: 'of an earlier process', dataDir };
    await writeFile(join(lost, 'lost'), JSON.stringify(record));

    await (await claimFolder(dataDir)).release();

    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is refused when everybody can write it', async () => {
    await mkdir(dataDir);
    await chmod(dataDir, 0o777);

    await expect(start()).rejects.toThrow(EmbeddedPostgresFolderError);
  });

  it('is begun afresh after a start that was killed in the middle of initdb', async () => {
    const child = await startProgram();
    const failed = expect(child.report).rejects.toThrow();
    await until(async () => (await unfinishedFolders()).length > 0);
    process.kill(child.process.pid ?? 0, 'SIGKILL');
    await Promise.all([child.exited, failed]);
    await endInitdb();
    expect(await unfinishedFolders()).not.toEqual([]);
    expect(existsSync(join(dataDir, 'server', 'cluster'))).toBe(false);

    const { url } = await start();

    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await unfinishedFolders()).toEqual([]);
  });
});

describeInWholeRun('When its process dies', () => {
  beforeEach(useTemplate);

  it('kill -9 leaves the server running; the next start stops it and has its data', async () => {
    const child = await startProgram();
    const orphan = await child.report;
    await query(orphan.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(child.process.pid ?? 0, 'SIGKILL');
    await child.exited;
    expect(await processStart(orphan.pid)).toBeDefined();

    const lines: string[] = [];
    const log = (line: string): number => lines.push(line);
    const { url } = await startEmbeddedPostgres({ dataDir, log }).then(stopLater);

    expect(await query(url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(await processStart(orphan.pid)).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining(`left running (process ${orphan.pid})`)]);
  });

  it('kill -9 of process and server loses nothing that was committed', async () => {
    const child = await startProgram();
    const { url, pid } = await child.report;
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(child.process.pid ?? 0, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await child.exited;
    await until(async () => (await processStart(pid)) === undefined);
    expect(existsSync(join(dataDir, 'server', 'cluster', 'postmaster.pid'))).toBe(true);

    const restarted = await start();

    expect(await query(restarted.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it.each(['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGQUIT'] as const)(
    '%s to its whole process group does not reach the server',
    async (signal) => {
      const child = await startProgram();
      const { url, pid } = await child.report;
      const group = child.process.pid ?? 0;
      expect(await sessionOf(pid)).not.toEqual(await sessionOf(group));

      process.kill(-group, signal);
      await child.exited;

      expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      const next = await start();
      expect(await processStart(pid)).toBeUndefined();
      await next.stop();
    },
  );

  it('a lock file whose pid went to another process of the same user does not block the start', async () => {
    const user = await chooseServerUser();
    const other = spawn('cat', { ...user, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
    await once(other, 'spawn');
    const lockFile = join(dataDir, 'server', 'cluster', 'postmaster.pid');
    await writeFile(lockFile, `${other.pid ?? 0}\n${dataDir}/server/cluster\n0\n0\n\n127.0.0.1\n`);
    if (user !== undefined) await chown(lockFile, user.uid, user.gid);

    const { url } = await start();

    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(other.exitCode).toBeNull();
    other.stdin.end();
    await once(other, 'exit');
  });
});

describeInWholeRun('Whoever runs it', () => {
  it('an ordinary user can, though npm ran no install script and lost the executable bits', async () => {
    const program = await buildProgram(folder);
    await copyPackages(program);
    await spoilPackage(program);
    await mkdir(dataDir, { mode: 0o700 });
    if (IS_ROOT) await giveTo(NOBODY, [program, dataDir]);
    const user = IS_ROOT ? NOBODY : {};

    for (const table of ['first', 'second']) {
      const child = runUntilEnd(startChild(program, dataDir, user));
      const { url, pid } = await child.report;
      await query(url, `CREATE TABLE ${table} ()`);
      await child.stop();
      expect(await processStart(pid)).toBeUndefined();
    }
  });

  describeAsRoot('root, in a clone that only root can enter', () => {
    beforeEach(async () => {
      const closed = await mkdtemp('/root/embedded-postgres-');
      cleanups.push(() => rm(closed, { recursive: true }));
      folder = closed;
      dataDir = join(closed, 'data');
    });

    it('can, and keeps its data between starts in a folder of the server outside', async () => {
      const program = await buildProgram(folder);
      await copyPackages(program);
      const first = runUntilEnd(startChild(program, dataDir));
      const { url, pid } = await first.report;
      const home = await outsideHomeOf(dataDir);
      await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      expect(await readFile(`/proc/${pid}/status`, 'utf8')).not.toMatch(/^Uid:\s+0/m);
      expect((await lstat(home)).mode & 0o777).toBe(0o700);
      await first.stop();

      const second = runUntilEnd(startChild(program, dataDir));
      const restarted = await second.report;

      expect(await query(restarted.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await second.stop();
    });

    it('can without the right to look into other users’ processes, as in a container', async () => {
      const program = await buildProgram(folder);
      await linkPackages(program);
      const start = (): Child => runUntilEnd(startChild(program, dataDir, {}, WITHOUT_PTRACE));
      const killed = start();
      const orphan = await killed.report;
      await outsideHomeOf(dataDir);
      process.kill(killed.process.pid ?? 0, 'SIGKILL');
      await killed.exited;

      const next = start();
      const { url } = await next.report;

      expect(await processStart(orphan.pid)).toBeUndefined();
      expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await next.stop();
    });

    it('begins afresh when the data folder was deleted', async () => {
      const first = await start();
      const left = await outsideHomeOf(dataDir);
      await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.stop();
      await rm(dataDir, { recursive: true });

      const second = await start();

      expect(await outsideHomeOf(dataDir)).not.toBe(left);
      await expect(query(second.url, 'SELECT answer FROM kept')).rejects.toThrow(/does not exist/);
    });

    it('leaves nothing outside of a data folder among the temporary files that is gone', async () => {
      const throwaway = join(await mkdtemp(join(tmpdir(), 'embedded-postgres-')), 'data');
      cleanups.push(() => rm(dirname(throwaway), { recursive: true }));
      const first = await startEmbeddedPostgres({ dataDir: throwaway, settings }).then(stopLater);
      const left = await outsideHomeOf(throwaway);
      await first.stop();
      await rm(throwaway, { recursive: true });
      expect(existsSync(left)).toBe(true);

      await start();
      await outsideHomeOf(dataDir);

      expect(existsSync(left)).toBe(false);
    });

    it('does not share the data with a copy of the folder, not even while it runs', async () => {
      const original = await start();
      await query(original.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      const copied = join(folder, 'copy');
      await outsideHomeOf(dataDir);
      await cp(dataDir, copied, { recursive: true });

      const copy = await startEmbeddedPostgres({ dataDir: copied, settings }).then(stopLater);
      await outsideHomeOf(copied);

      await expect(query(copy.url, 'SELECT answer FROM kept')).rejects.toThrow(/does not exist/);
      expect(await query(original.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    });
  });
});

async function start(): Promise<Awaited<ReturnType<typeof startEmbeddedPostgres>>> {
  return stopLater(await startEmbeddedPostgres({ dataDir, settings }));
}

function stopLater<T extends { stop(): Promise<void> }>(server: T): T {
  cleanups.push(() => server.stop());
  return server;
}

async function useTemplate(): Promise<void> {
  await promisify(execFile)('cp', ['-a', template, dataDir]);
}

async function startProgram(): Promise<Child> {
  const program = await buildProgram(folder);
  await linkPackages(program);
  return runUntilEnd(startChild(program, dataDir));
}

/** A test that fails half-way leaves neither the process nor its server. */
function runUntilEnd(child: Child): Child {
  cleanups.push(async () => {
    child.process.kill('SIGKILL');
    const report = await child.report.catch(() => undefined);
    const name = await readFile(`/proc/${report?.pid ?? 0}/comm`, 'utf8').catch(() => '');
    if (report !== undefined && name.trim() === 'postgres') process.kill(report.pid, 'SIGQUIT');
  });
  return child;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Bounded by the time-out of the test. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setImmediate(resolve));
}

async function writeOwner(record: unknown): Promise<void> {
  await mkdir(join(dataDir, 'owner'), { recursive: true });
  const text = typeof record === 'string' ? record : JSON.stringify(record);
  await writeFile(join(dataDir, 'owner', 'an-earlier-claim'), text);
}

async function unfinishedFolders(): Promise<string[]> {
  const names = await readdir(join(dataDir, 'server')).catch(() => []);
  return names.filter((name) => name.startsWith('unfinished-') && !name.endsWith('.password'));
}

/** The initdb that the killed process left, found by the folder in its arguments. */
async function endInitdb(): Promise<void> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const args = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (!args.includes('initdb') || !args.includes(dataDir)) continue;
    try {
      process.kill(-Number(name), 'SIGKILL');
    } catch {
      // It found that nobody reads what it writes, and ended by itself.
    }
    await until(async () => (await processStart(Number(name))) === undefined);
  }
}

/** Process group and session. */
async function sessionOf(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(2, 4);
}

/** What npm leaves where install scripts are not allowed, and a package manager that drops modes. */
async function spoilPackage(program: string): Promise<void> {
  const { root, initdb, pgCtl, postgres } = await findBinaries();
  const spoilt = join(program, root.slice(root.lastIndexOf('/node_modules/')));
  for (const name of await readdir(join(spoilt, 'lib'))) {
    const path = join(spoilt, 'lib', name);
    if ((await lstat(path)).isSymbolicLink()) await unlink(path);
  }
  for (const file of [initdb, pgCtl, postgres]) {
    await chmod(join(spoilt, file.slice(root.length)), 0o644);
  }
}

async function giveTo(user: typeof NOBODY, folders: string[]): Promise<void> {
  for (const path of folders) {
    await chown(path, user.uid, user.gid);
    for (const name of await readdir(path, { recursive: true })) {
      if ((await lstat(join(path, name))).isSymbolicLink()) continue;
      await chown(join(path, name), user.uid, user.gid);
    }
  }
}

/** Also sees to its removal. */
async function outsideHomeOf(inside: string): Promise<string> {
  const { home } = JSON.parse(await readFile(join(inside, 'outside.json'), 'utf8')) as {
    home: string;
  };
  cleanups.splice(1, 0, async () => {
    await rm(home, { recursive: true, force: true });
    await rm(`${home}.origin`, { force: true });
  });
  return home;
}

function describeAsRoot(title: string, tests: () => void): void {
  if (IS_ROOT) {
    describe(title, tests);
    return;
  }
  process.stderr.write(`NOT TESTED, because this is not root: ${title}\n`);
  describe.skip(title, tests);
}
