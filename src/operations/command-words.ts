import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync } from 'class-validator';
import { userInfo } from 'node:os';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { BadRequestException } from '@nestjs/common';
import { toBadRequest } from './bad-request.js';

/** The words of a command cannot be understood; says which, never what was given. */
export class CommandUsageError extends Error {
  readonly code = 'KAKAO_SHARE_COMMAND_USAGE';
  override readonly name = 'CommandUsageError';
}

/** Reads options and the words between them. @throws {CommandUsageError} */
export function parseWords<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ options: Options; strict: true; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new CommandUsageError((error as Error).message.split('.')[0] ?? 'bad usage');
  }
}

/** Holds what was asked for to the rules of the API. @throws {CommandUsageError} */
export function checkRequest<T extends object>(type: ClassConstructor<T>, given: object): T {
  const asked = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  const request = plainToInstance(type, asked);
  const faults = validateSync(request, { whitelist: true, forbidNonWhitelisted: true });
  if (faults.length === 0) return request;
  throw new CommandUsageError(wordsOf(toBadRequest(faults)).join('; '));
}

function wordsOf(error: BadRequestException): string[] {
  const body = error.getResponse();
  const told: unknown = typeof body === 'object' && 'message' in body ? body.message : body;
  return Array.isArray(told) ? told.map(String) : [String(told)];
}

/** Who works on the command line, for the audit. */
export function commandActor(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // A container may run under a number that no name belongs to.
    return `cli:uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Runs one of a command's parts; bad usage is said with where to read more. */
export async function runChecked(
  helpText: string,
  args: readonly string[],
  run: () => Promise<number>,
): Promise<number> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    (args.length === 0 ? process.stderr : process.stdout).write(helpText);
    return args.length === 0 ? 2 : 0;
  }
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof CommandUsageError)) throw error;
    process.stderr.write(`${error.message}\nSee --help.\n`);
    return 2;
  }
}

export function say(what: unknown): void {
  process.stdout.write(`${typeof what === 'string' ? what : JSON.stringify(what, null, 2)}\n`);
}
