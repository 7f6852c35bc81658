import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { IDEMPOTENCY_KEY, isIdempotencyKey } from '../idempotency/idempotency-key.js';

/** The key under which the caller may repeat a request without it happening twice. */
export const IdempotencyKey = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => {
    const key = keyOf(context);
    if (key === undefined)
      throw new BadRequestException([`Idempotency-Key: this header is needed, ${IDEMPOTENCY_KEY}`]);
    return key;
  },
);

/** The same, where a repeated request is known by what it is about and the key may be left out. */
export const OptionalIdempotencyKey = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => keyOf(context),
);

function keyOf(context: ExecutionContext): string | undefined {
  const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
  const key = headers['idempotency-key'];
  if (key === undefined || isIdempotencyKey(key)) return key;
  throw new BadRequestException([`Idempotency-Key: must have ${IDEMPOTENCY_KEY}`]);
}
