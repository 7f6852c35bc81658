import { applyDecorators } from '@nestjs/common';
import { IsString, Length, ValidateBy } from 'class-validator';
import { isStorableText } from '../kakao/parameter.js';

/** Text that can be looked up and stored as it is: Postgres refuses a NUL, and a lone surrogate would become another character. */
export function IsText(maxLength: number): PropertyDecorator {
  return applyDecorators(
    IsString(),
    Length(1, maxLength),
    ValidateBy({
      name: 'isStorableText',
      validator: {
        validate: (value: unknown) => typeof value !== 'string' || isStorableText(value),
        defaultMessage: () => '$property must not contain a NUL or a lone surrogate',
      },
    }),
  );
}
