import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

/** JSON lines on standard output. Nothing that is logged carries input, and these names never do even by mistake. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: { service: 'kakao-share' },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['authorization', '*.authorization', 'headers', '*.headers', '*.token', '*.key'],
      remove: true,
    },
  });
}

/** Nest's own account of how it puts an application together: for whoever debugs that. */
const CHATTY = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** Lets Nest, and everything that logs through it, write with pino. */
export class PinoLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.#write('info', message, context);
  }
  error(message: unknown, ...context: unknown[]): void {
    this.#write('error', message, context);
  }
  warn(message: unknown, ...context: unknown[]): void {
    this.#write('warn', message, context);
  }
  debug(message: unknown, ...context: unknown[]): void {
    this.#write('debug', message, context);
  }
  verbose(message: unknown, ...context: unknown[]): void {
    this.#write('trace', message, context);
  }
  fatal(message: unknown, ...context: unknown[]): void {
    this.#write('fatal', message, context);
  }

  /** Nest passes the context last and, for errors, a stack before it. */
  #write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    context: unknown[],
  ): void {
    const name = context.at(-1);
    const stack = context.length > 1 ? context[0] : undefined;
    const text = message instanceof Error ? message.message : String(message);
    const told = level === 'info' && typeof name === 'string' && CHATTY.has(name) ? 'debug' : level;
    this.logger[told](
      {
        ...(typeof name === 'string' ? { context: name } : {}),
        ...(typeof stack === 'string' ? { stack } : {}),
      },
      text,
    );
  }
}
