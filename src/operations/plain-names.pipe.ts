import { BadRequestException, type PipeTransform } from '@nestjs/common';
import { harmlessName } from './bad-request.js';

/** Nest and class-transformer leave these out without a word: a rule that asks for such a parameter would ask for nothing. */
const LEFT_OUT = ['__proto__', 'constructor', 'prototype'];

/** Stands before the validation and refuses names that it would leave out. How deep a body is was looked at by then. */
export class PlainNamesPipe implements PipeTransform {
  transform(value: unknown): unknown {
    refuseIn(value, '');
    return value;
  }
}

function refuseIn(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  const name = LEFT_OUT.find((word) => Object.hasOwn(value, word));
  if (name !== undefined)
    throw new BadRequestException([`${path}${name}: is a name that cannot be used here`]);
  for (const [key, inner] of Object.entries(value)) {
    refuseIn(inner, `${path}${harmlessName(key)}.`);
  }
}
