import { applyDecorators } from '@nestjs/common';
import { IsInt, Max, Min } from 'class-validator';
import { MAX_AMOUNT } from '../ledger/limits.js';
import { Must } from './field-rules.js';

const UNIT = /^[a-z][a-z0-9_-]{0,31}$/;

/** A positive integer that one transfer moves; a text or a fraction is none. */
export function IsAmount(): PropertyDecorator {
  return applyDecorators(IsInt(), Min(1), Max(MAX_AMOUNT));
}

/** What is counted: `point`, unless a campaign pays in something else. */
export function IsUnit(): PropertyDecorator {
  return Must(
    'be 1 to 32 lower-case letters, digits, "_" and "-", the first a letter',
    (value) => typeof value === 'string' && UNIT.test(value),
  );
}

export const DEFAULT_UNIT = 'point';
