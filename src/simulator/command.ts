import { randomBytes } from 'node:crypto';

import { findAdminKey } from './admin-key.js';
import { parseCommandOptions } from './command-options.js';
import type { CommandOptions } from './command-options.js';
import { curlLine, KEY_VARIABLE } from './curl.js';
import { HELP_TEXT } from './help-text.js';
import { startProgressBar } from './progress-bar.js';
import { runScenario } from './run.js';
import { simulateShares } from './scenario.js';
import type { ScenarioOptions } from './scenario.js';
import { SimulatorError } from './simulator-error.js';
import { summaryText } from './summary-text.js';
import { defaultArguments } from './tap.js';
import { checkTarget } from './target.js';

/** What a command may touch of the process around it. */
export interface CommandIo {
  /** The result: summary, curl line or help. */
  readonly stdout: NodeJS.WritableStream;
  /** Progress and faults. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Ends the run early, with a summary. Without it SIGINT and SIGTERM do. */
  readonly signal?: AbortSignal;
}

/**
 * `simulate`: sends a scenario and tells how it was answered.
 * @param argv the words after `simulate`
 * @returns the exit code: 0 every answer as expected, 1 not, 2 bad usage
 */
export async function simulateCommand(
  argv: readonly string[],
  io: Partial<CommandIo> = {},
): Promise<0 | 1 | 2> {
  const { stdout, stderr, env } = process;
  const full: CommandIo = { stdout, stderr, env, cwd: process.cwd(), ...io };
  try {
    return await simulate(parseCommandOptions(argv), full);
  } catch (error) {
    if (!(error instanceof SimulatorError)) throw error;
    full.stderr.write(`${error.code}: ${error.message}. ${error.remedy}\n`);
    return 2;
  }
}

async function simulate(options: CommandOptions, io: CommandIo): Promise<0 | 1> {
  if (options.help) {
    io.stdout.write(HELP_TEXT);
    return 0;
  }
  checkTarget(options.url, options.allowRemote);
  const seed = options.seed ?? randomBytes(6).toString('hex');
  const scenario = { ...scenarioOf(options, seed), adminKey: keyFor(options, io) };
  if (options.curl !== undefined) {
    io.stdout.write(`${curlOf(scenario, options.curl, options.showKey)}\n`);
    return 0;
  }
  return send(options, scenario, io);
}

function scenarioOf(options: CommandOptions, seed: string): Omit<ScenarioOptions, 'adminKey'> {
  const { url, count, users, roomsPerTap, mix, extraArguments } = options;
  const argumentsOf: ScenarioOptions['argumentsOf'] = (tap) => ({
    ...defaultArguments(tap),
    ...extraArguments,
  });
  return { seed, url, count, users, roomsPerTap, mix, argumentsOf };
}

/** A line that shows the key as a variable needs none. */
function keyFor(options: CommandOptions, io: CommandIo): string {
  if (options.curl !== undefined && !options.showKey) return `<${KEY_VARIABLE}>`;
  return findAdminKey({ ...options, env: io.env, cwd: io.cwd });
}

function curlOf(scenario: ScenarioOptions, wanted: number, showKey: boolean): string {
  for (const { number, request } of simulateShares(scenario)) {
    if (number === wanted) return curlLine(request, showKey ? undefined : scenario.adminKey);
  }
  throw new Error('a scenario is as long as its count');
}

async function send(
  options: CommandOptions,
  scenario: ScenarioOptions,
  io: CommandIo,
): Promise<0 | 1> {
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  if (!io.signal) process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const bar = options.progress ? startProgressBar(io.stderr, options.count) : undefined;
  try {
    const { ratePerSecond, concurrency } = options;
    const summary = await runScenario(simulateShares(scenario), {
      ratePerSecond,
      concurrency,
      signal: io.signal ?? stop.signal,
      onAnswer: () => bar?.advance(),
    });
    bar?.stop();
    const { seed } = scenario;
    io.stdout.write(
      options.json
        ? `${JSON.stringify({ seed, ...summary }, undefined, 2)}\n`
        : summaryText(summary, seed),
    );
    return summary.mismatches === 0 ? 0 : 1;
  } finally {
    bar?.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
