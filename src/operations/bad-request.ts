import { BadRequestException } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

/** A person mends a few at a time; a request can hold thousands. */
const MAX_MESSAGES = 50;
const MAX_NAME_CHARS = 64;

/** Tells what is wrong with which field, by its path. */
export function toBadRequest(faults: readonly ValidationError[]): BadRequestException {
  const messages = faults.flatMap((fault) => messagesOf(fault, ''));
  return new BadRequestException([...new Set(messages)].slice(0, MAX_MESSAGES));
}

function messagesOf(
  { property, constraints, children }: ValidationError,
  parent: string,
): string[] {
  const path = parent === '' ? property : `${parent}.${harmlessName(property)}`;
  return [
    ...Object.entries(constraints ?? {}).map(([rule, message]) => {
      if (rule !== 'whitelistValidation')
        return `${path}: ${message.startsWith(`${property} `) ? message.slice(property.length + 1) : message}`;
      // On its own it is input, and of no help; among rules it is what somebody mistyped.
      return parent === ''
        ? 'a field was given that is not known here'
        : `${path}: is not known here`;
    }),
    ...(children ?? []).flatMap((child) => messagesOf(child, path)),
  ];
}

/** A name from the input, fit for an answer. */
export function harmlessName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '').slice(0, MAX_NAME_CHARS) || '?';
}
