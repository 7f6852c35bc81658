import { BadRequestException, type PipeTransform } from '@nestjs/common';
import { harmlessName } from './bad-request.js';

/** Nest and class-transformer leave these out without a word: a rule that asks for such a parameter would ask for nothing. */
const LEFT_OUT = ['__proto__', 'constructor', 'prototype'];
/** Deep nesting is cheap to send and dear to handle; nothing here is half as deep. */
const MAX_NESTING = 32;

/** Refuses names that the validation would leave out silently, and nesting that it would not survive. */
export class PlainNamesPipe implements PipeTransform {
  transform(value: unknown): unknown {
    refuseIn(value, '', 0);
    return value;
  }
}

function refuseIn(value: unknown, path: string, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === MAX_NESTING) throw new BadRequestException(`nested more than ${MAX_NESTING} deep`);
  const name = LEFT_OUT.find((word) => Object.hasOwn(value, word));
  if (name !== undefined)
    throw new BadRequestException([`${path}${name}: is a name that cannot be used here`]);
  for (const [key, inner] of Object.entries(value)) {
    refuseIn(inner, `${path}${harmlessName(key)}.`, depth + 1);
  }
}
