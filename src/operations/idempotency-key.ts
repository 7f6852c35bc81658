import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** The key under which the caller may repeat a request without it happening twice. */
export const IdempotencyKey = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    const key = headers['idempotency-key'];
    if (typeof key === 'string' && KEY.test(key)) return key;
    throw new BadRequestException([
      'Idempotency-Key: this header is needed, 1 to 200 visible characters of ASCII',
    ]);
  },
);
