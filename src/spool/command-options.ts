import { parseArgs } from 'node:util';

/** What `spool` was asked for. */
export interface SpoolCommandOptions {
  readonly action: 'list' | 'show' | 'replay';
  /** Instead of `SPOOL_DIR`. */
  readonly directory: string | undefined;
  /** Of `show`: at most so many deliveries. */
  readonly limit: number;
  /** Of `show` and `replay`: the refused ones, and no others. */
  readonly refused: boolean;
  /** Of `replay`: why, for the audit; empty for the others. */
  readonly reason: string;
}

/** It was asked in a way that means nothing. */
export class SpoolUsageError extends Error {
  readonly code = 'KAKAO_SHARE_SPOOL_USAGE';
  override readonly name = 'SpoolUsageError';
}

export const SPOOL_USAGE = `Usage: nestjs-kakao-share spool list [--dir <folder>]
       nestjs-kakao-share spool show [--dir <folder>] [--limit <n>] [--refused]
       nestjs-kakao-share spool replay --reason <text> [--dir <folder>] [--refused]

  list     folders, segments, deliveries, torn bytes, refused ones, what is damaged, of a later version or
           cannot be read, and the oldest delivery
  show     deliveries as lines of JSON, at most --limit (100); with --refused those that the database refuses.
           They are personal data
  replay   commits what is there, once and to the end, also beside running webs; with --refused what was refused.
           The audit keeps who did it, why, and what came of it

  --dir    instead of SPOOL_DIR (or "spool" under DATA_DIR)
`;

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000_000;

/** @throws {SpoolUsageError} */
export function parseSpoolOptions(args: readonly string[]): SpoolCommandOptions {
  const { positionals, values } = parse(args);
  const [action, ...rest] = positionals;
  if ((action !== 'list' && action !== 'show' && action !== 'replay') || rest.length > 0) {
    throw new SpoolUsageError('Say one of list, show and replay.');
  }
  const limit = values.limit === undefined ? DEFAULT_LIMIT : Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new SpoolUsageError(`--limit is a number from 1 to ${MAX_LIMIT}.`);
  }
  const { reason = '', refused = false } = values;
  if (action === 'replay' && reason.trim() === '') {
    throw new SpoolUsageError('Say why with --reason.');
  }
  return { action, directory: values.dir, limit, refused, reason };
}

function parse(args: readonly string[]): {
  positionals: string[];
  values: {
    dir?: string | undefined;
    limit?: string | undefined;
    refused?: boolean | undefined;
    reason?: string | undefined;
  };
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        limit: { type: 'string' },
        refused: { type: 'boolean' },
        reason: { type: 'string' },
      },
    });
  } catch (error) {
    throw new SpoolUsageError(String((error as { message?: unknown }).message), { cause: error });
  }
}
