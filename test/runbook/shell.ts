import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Block } from './document.js';

/** A block waits for something at most two minutes by itself, longer on a busy machine. */
const BLOCK_LIMIT_MS = 300_000;

export interface ShellOptions {
  /** What the operator's environment holds, beyond `PATH`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Who types, where it is not we. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** An operator's terminal: one bash, to which blocks are pasted one after another. The first failure ends it. */
export class Shell {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #said = '';
  #complaints = '';

  private constructor(
    private readonly folder: string,
    { environment, cwd = process.cwd(), user }: ShellOptions,
  ) {
    this.#child = spawn('bash', ['-euo', 'pipefail'], {
      ...user,
      cwd,
      env: { PATH: process.env.PATH, HOME: folder, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.#complaints += text));
  }

  static async open(options: ShellOptions): Promise<Shell> {
    const folder = await mkdtemp(path.join(tmpdir(), 'kakao-share-runbook-'));
    if (options.user !== undefined) await chown(folder, options.user.uid, options.user.gid);
    return new Shell(folder, options);
  }

  /** Pastes a block and waits for its end; what it wrote to its standard output. @throws where it failed */
  async run({ text, line }: Block): Promise<string> {
    const file = path.join(this.folder, `${line}.sh`);
    await writeFile(file, `${text}\n`);
    await chmod(file, 0o644);
    const end = randomUUID();
    const before = this.#said.length;
    // Commands that read their standard input would swallow what is pasted next.
    this.#child.stdin?.write(`. ${file} </dev/null\nprintf '%s\\n' ${end}\n`);
    await this.#until(() => this.#said.includes(end), `line ${line}:\n${text}`);
    return this.#said.slice(before, this.#said.indexOf(end)).trim();
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #until(isDone: () => boolean, what: string): Promise<void> {
    const give = AbortSignal.timeout(BLOCK_LIMIT_MS);
    while (!isDone()) {
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || give.aborted)
        throw new Error(
          `${ended ? 'It failed' : 'It did not end'}: ${what}\n${this.#said}\n${this.#complaints}`,
        );
      const stdout = this.#child.stdout;
      await Promise.race([
        this.#exited,
        ...(stdout ? [once(stdout, 'data', { signal: give }).catch(() => undefined)] : []),
      ]);
    }
  }
}
