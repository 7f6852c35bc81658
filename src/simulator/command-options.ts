import { parseArgs } from 'node:util';

import { isReservedWord } from '../kakao/reserved-words.js';
import { ROOMS_PER_USER } from './room.js';
import { MAX_CONCURRENCY } from './run.js';
import { DEFAULT_MIX } from './scenario.js';
import type { Mix } from './scenario.js';
import { SimulatorError } from './simulator-error.js';

/** Hours at a rate that one machine can send; an endless flood is always a mistake on a command line. */
const MAX_COUNT = 10_000_000;

/** One machine does not send more. */
const MAX_RATE_PER_SECOND = 100_000;

/** Kakao's attachment, arguments included, stays under 10 KiB. */
const MAX_ARGUMENTS = 20;

/** A first run shows a bit of everything and is over in five seconds. */
const DEFAULT_COUNT = 100;
const DEFAULT_RATE_PER_SECOND = 20;

/** What the command line says, checked. */
export interface CommandOptions {
  readonly help: boolean;
  readonly url: string;
  readonly allowRemote: boolean;
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  /** Undefined: make one up. */
  readonly seed: string | undefined;
  readonly count: number;
  /** Undefined: a burst. */
  readonly ratePerSecond: number | undefined;
  readonly concurrency: number;
  readonly roomsPerTap: number;
  readonly users: number;
  readonly mix: Mix;
  readonly extraArguments: Readonly<Record<string, string>>;
  /** Print the curl line of this request instead of sending. */
  readonly curl: number | undefined;
  readonly showKey: boolean;
  readonly progress: boolean;
  readonly json: boolean;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  url: { type: 'string', default: 'http://127.0.0.1:3000/webhooks/kakao/share' },
  'allow-remote': { type: 'boolean', default: false },
  key: { type: 'string' },
  'key-file': { type: 'string' },
  seed: { type: 'string' },
  count: { type: 'string' },
  rate: { type: 'string' },
  burst: { type: 'boolean', default: false },
  concurrency: { type: 'string' },
  method: { type: 'string', default: 'mixed' },
  encoding: { type: 'string', default: 'mixed' },
  rooms: { type: 'string' },
  users: { type: 'string' },
  repeats: { type: 'string' },
  'wrong-keys': { type: 'string' },
  forged: { type: 'string' },
  paid: { type: 'string' },
  argument: { type: 'string', multiple: true },
  curl: { type: 'string' },
  'show-key': { type: 'boolean', default: false },
  'no-progress': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** @throws SimulatorError `SIMULATOR_BAD_USAGE` */
export function parseCommandOptions(argv: readonly string[]): CommandOptions {
  const given = parseStrictly(argv);
  if (given.burst && given.rate !== undefined) throw badUsage('--burst has no --rate');
  const rate = whole('rate', given.rate, MAX_RATE_PER_SECOND) ?? DEFAULT_RATE_PER_SECOND;
  const count = whole('count', given.count, MAX_COUNT) ?? DEFAULT_COUNT;
  return {
    help: given.help,
    url: given.url,
    allowRemote: given['allow-remote'],
    key: given.key,
    keyFile: given['key-file'],
    seed: given.seed,
    count,
    ratePerSecond: given.burst ? undefined : rate,
    concurrency: whole('concurrency', given.concurrency, MAX_CONCURRENCY) ?? 64,
    roomsPerTap: whole('rooms', given.rooms, ROOMS_PER_USER) ?? 3,
    users: whole('users', given.users, MAX_COUNT) ?? 100,
    mix: {
      get: either('method', given.method, { post: 0, get: 1, mixed: DEFAULT_MIX.get }),
      form: either('encoding', given.encoding, { json: 0, form: 1, mixed: DEFAULT_MIX.form }),
      paid: percent('paid', given.paid) ?? DEFAULT_MIX.paid,
      repeats: percent('repeats', given.repeats) ?? DEFAULT_MIX.repeats,
      wrongKeys: percent('wrong-keys', given['wrong-keys']) ?? DEFAULT_MIX.wrongKeys,
      forged: percent('forged', given.forged) ?? DEFAULT_MIX.forged,
    },
    extraArguments: nameValuePairs(given.argument ?? []),
    curl: whole('curl', given.curl, count),
    showKey: given['show-key'],
    progress: !given['no-progress'],
    json: given.json,
  };
}

function parseStrictly(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true }).values;
  } catch (error) {
    // parseArgs quotes a stray word, and a stray word may be a key.
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') throw badUsage('there is a stray word');
    throw badUsage((error as Error).message.split('.')[0] ?? '');
  }
}

function whole(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw badUsage(`--${name} is not a whole number from 1 to ${most}`);
}

function percent(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/%$/, ''));
  if (/^\d+(\.\d+)?%?$/.test(text) && value <= 100) return value / 100;
  throw badUsage(`--${name} is not a percentage from 0 to 100`);
}

function either<T>(name: string, text: string, choices: Record<string, T>): T {
  const choice = Object.hasOwn(choices, text) ? choices[text] : undefined;
  if (choice !== undefined) return choice;
  throw badUsage(`--${name} is none of ${Object.keys(choices).join(', ')}`);
}

function nameValuePairs(pairs: readonly string[]): Record<string, string> {
  if (pairs.length > MAX_ARGUMENTS) throw badUsage(`more than ${MAX_ARGUMENTS} --argument`);
  const entries = pairs.map((pair) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined) throw badUsage('--argument is not name=value');
    if (isReservedWord(name)) throw badUsage(`--argument ${name} is one of Kakao's own words`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

function badUsage(message: string): SimulatorError {
  return new SimulatorError('SIMULATOR_BAD_USAGE', message, 'See "npm run simulate -- --help".');
}
