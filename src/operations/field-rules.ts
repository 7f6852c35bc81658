import { applyDecorators } from '@nestjs/common';
import { Transform, Type, type ClassConstructor } from 'class-transformer';
import { IsObject, ValidateBy, ValidateIf, ValidateNested } from 'class-validator';

/** A field must be as told; the message completes a sentence that begins with the field. */
export function Must(message: string, isRight: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({
    name: 'must',
    validator: { validate: isRight, defaultMessage: () => `must ${message}` },
  });
}

export function IsIntegerFrom(min: number, max: number): PropertyDecorator {
  return Must(
    `be an integer from ${min} to ${max}`,
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
  );
}

export function IsOneOf(words: readonly string[]): PropertyDecorator {
  return Must(`be one of ${words.join(', ')}`, (value) => words.includes(value as string));
}

export function IsBoolean(): PropertyDecorator {
  return Must('be true or false', (value) => typeof value === 'boolean');
}

/** The field may be absent; null is no way of leaving it out. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_, value: unknown) => value !== undefined);
}

/** Null says something here; to leave the field out is the same. */
export function MayBeNull(): PropertyDecorator {
  return ValidateIf((_, value: unknown) => value !== undefined && value !== null);
}

/** An object of known fields. A list is none, though class-validator would look into it. */
export function IsObjectOf<T extends object>(type: () => ClassConstructor<T>): PropertyDecorator {
  const message = 'must be an object';
  return applyDecorators(IsObject({ message }), ValidateNested({ message }), Type(type));
}

/** Keeps an object with names of the caller's own as it was sent: class-transformer would drop `toString`, say. */
export function KeepAsSent(): PropertyDecorator {
  return Transform(({ obj, key }) => (obj as Record<string, unknown>)[key]);
}
