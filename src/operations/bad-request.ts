import { BadRequestException } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

/** Tells what is wrong with which field. A field that nobody knows is not named: its name is input. */
export function toBadRequest(faults: readonly ValidationError[]): BadRequestException {
  const messages = faults.flatMap(({ constraints = {} }) =>
    Object.entries(constraints).map(([rule, message]) =>
      rule === 'whitelistValidation' ? 'a field was given that is not known here' : message,
    ),
  );
  return new BadRequestException([...new Set(messages)]);
}
