import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { within } from '../../src/lifecycle/within.js';
import { eventually } from '../support/eventually.js';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 60_000;

/** An example in a process of its own. */
export interface ExampleProcess {
  /** What it has printed, line by line. */
  lines(): string[];
  /** Asks it to stop. @returns its exit code */
  stop(): Promise<number | null>;
  kill(): void;
}

/** Runs a file of `examples/` as its first lines say, until it waits for events. */
export async function startExample(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<ExampleProcess> {
  const child = spawn(process.execPath, [`examples/${name}.mjs`], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const kill = (): void => void child.kill('SIGKILL');
  try {
    await eventually(() => {
      if (!output.includes('Waiting for') && child.exitCode === null) throw new Error(output);
    }, START_LIMIT_MS);
    if (child.exitCode !== null) throw new Error(`The example ended at its start: ${output}`);
  } catch (error) {
    kill();
    throw error;
  }
  return {
    lines: () => output.split('\n').slice(0, -1),
    kill,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await within(STOP_LIMIT_MS, `stopping ${name}`, exited);
      return code;
    },
  };
}
