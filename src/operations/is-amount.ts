import { applyDecorators } from '@nestjs/common';
import { IsInt, Matches, Max, Min } from 'class-validator';

/** A positive integer that JSON and JavaScript hold exactly; a text or a fraction is none. */
export function IsAmount(): PropertyDecorator {
  return applyDecorators(IsInt(), Min(1), Max(Number.MAX_SAFE_INTEGER));
}

/** What is counted: `point`, unless a campaign pays in something else. */
export function IsUnit(): PropertyDecorator {
  return applyDecorators(
    Matches(/^[a-z][a-z0-9_-]{0,31}$/, {
      message: '$property must be lower-case letters, digits, "-" and "_", at most 32',
    }),
  );
}

export const DEFAULT_UNIT = 'point';
