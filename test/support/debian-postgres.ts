import { existsSync, readdirSync } from 'node:fs';
import { appendFile, chmod, chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram, type ServerUser } from '../../src/database/embedded-postgres/run-program.js';
import { chooseServerUser } from '../../src/database/embedded-postgres/server-user.js';
import { freePort } from './free-port.js';

const VERSIONS_FOLDER = '/usr/lib/postgresql';
const TOOLS = ['initdb', 'pg_ctl', 'pg_basebackup', 'pg_dump', 'pg_restore', 'pg_verifybackup'];
const PROGRAM_LIMIT_MS = 120_000;
/** Less than that, and more than its own minute: a busy machine needs longer to recover. */
const SERVER_LIMIT_S = '110';

/** Where Debian keeps a Postgres with all of its tools, the newest one; undefined where there is none. */
export function findDebianPostgres(): string | undefined {
  if (!existsSync(VERSIONS_FOLDER)) return undefined;
  const versions = readdirSync(VERSIONS_FOLDER).sort((one, other) => Number(other) - Number(one));
  return versions
    .map((version) => path.join(VERSIONS_FOLDER, version, 'bin'))
    .find((folder) => TOOLS.every((tool) => existsSync(path.join(folder, tool))));
}

/** Servers of a suite's own on one machine, as an operator has them: data folders that servers are started on. */
export class DebianPostgres {
  private constructor(
    private readonly binFolder: string,
    /** Holds everything, and belongs to the servers' user. */
    readonly folder: string,
    /** Whom the servers run as; undefined: we are an ordinary user. */
    readonly user: ServerUser | undefined,
  ) {}

  /** @throws where there are no tools: ask {@link findDebianPostgres} first */
  static async open(): Promise<DebianPostgres> {
    const binFolder = findDebianPostgres();
    if (binFolder === undefined) throw new Error("Debian's Postgres is not installed.");
    const folder = await mkdtemp(path.join(tmpdir(), 'kakao-share-debian-'));
    const user = await chooseServerUser();
    await chmod(folder, 0o755);
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    return new DebianPostgres(binFolder, folder, user);
  }

  /** The path in which an operator finds the tools. */
  get path(): string {
    return `${this.binFolder}:${process.env.PATH ?? ''}`;
  }

  dataDir(name: string): string {
    return path.join(this.folder, name);
  }

  async initialise(name: string, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const args = [
      '-D',
      this.dataDir(name),
      '-U',
      'kakao_share',
      '--auth=trust',
      '--locale=C.UTF-8',
    ];
    await this.#run('initdb', [...args, '-E', 'UTF8']);
    const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value}'\n`);
    await appendFile(path.join(this.dataDir(name), 'postgresql.conf'), lines.join(''));
  }

  /** Copies a running server into a data folder that can be started as its standby. */
  async copy(primaryPort: number, name: string): Promise<void> {
    const from = ['-d', urlAt(primaryPort, 'postgres'), '-X', 'stream', '-c', 'fast', '-R'];
    await this.#run('pg_basebackup', [...from, '-D', this.dataDir(name)]);
  }

  /** Starts the server of a data folder and waits until it answers. @returns the port */
  async start(name: string, atPort?: number): Promise<number> {
    const port = atPort ?? (await freePort());
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
    const log = path.join(this.folder, `${name}.log`);
    const args = [
      'start',
      '-w',
      '-t',
      SERVER_LIMIT_S,
      '-D',
      this.dataDir(name),
      '-l',
      log,
      '-o',
      options,
    ];
    await this.#run('pg_ctl', args).catch(async (error: unknown) => {
      throw new Error(`It said: ${await readFile(log, 'utf8')}`, { cause: error });
    });
    return port;
  }

  /** @param mode `immediate` is a crash: nothing is flushed */
  async stop(name: string, mode: 'fast' | 'immediate'): Promise<void> {
    await this.#run('pg_ctl', [
      'stop',
      '-w',
      '-t',
      SERVER_LIMIT_S,
      '-m',
      mode,
      '-D',
      this.dataDir(name),
    ]);
  }

  /** What the server of a data folder has said since it was first started. */
  readLog(name: string): Promise<string> {
    return readFile(path.join(this.folder, `${name}.log`), 'utf8');
  }

  /** For `afterAll`: whatever runs is ended, the folder goes. */
  async close(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (existsSync(path.join(this.dataDir(name), 'postmaster.pid')))
        await this.stop(name, 'immediate');
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #run(tool: string, args: readonly string[]): Promise<void> {
    const options = { user: this.user, cwd: this.folder, timeoutMs: PROGRAM_LIMIT_MS };
    const { exitCode, output } = await runProgram(path.join(this.binFolder, tool), args, options);
    if (exitCode !== 0) throw new Error(`${tool} failed (${exitCode ?? 'signal'}): ${output}`);
  }
}

export function urlAt(port: number, database = 'kakao_share'): string {
  return `postgres://kakao_share@127.0.0.1:${port}/${database}`;
}
