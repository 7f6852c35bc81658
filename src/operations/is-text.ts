import { applyDecorators } from '@nestjs/common';
import { IsString, Length, NotContains } from 'class-validator';

/** Text that can be looked up: Postgres text holds no NUL and would refuse the whole query. */
export function IsText(maxLength: number): PropertyDecorator {
  return applyDecorators(
    IsString(),
    Length(1, maxLength),
    NotContains('\0', { message: '$property must not contain a NUL' }),
  );
}
