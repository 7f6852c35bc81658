import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import {
  describeError,
  errorCodeOf,
  isConnectionLoss,
  isTimeout,
} from '../database/database-errors.js';
import { statusOfError } from './status-of-error.js';

/** An error as RFC 9457 has it. */
interface ProblemDocument {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** Which fields are wrong, where the request was. */
  readonly errors?: readonly string[];
}

const UNDEFINED_TABLE = '42P01';

/** Answers every error with a problem document; what nobody foresaw goes to the log, not to the caller. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const problem = this.#toProblem(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.writeHead(problem.status, {
      'Content-Type': 'application/problem+json',
      ...(problem.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    });
    response.end(JSON.stringify(problem));
  }

  #toProblem(error: unknown): ProblemDocument {
    const told = statusOfError(error);
    if (told !== undefined) return problemOfRoom(told, error as Error);
    if (error instanceof HttpException) return fromHttpException(error);
    const status = statusOf(error);
    if (status !== undefined && status < 500) return problemOf(status);
    this.#logger.error(`Request failed: ${describeError(error)}`);
    if (errorCodeOf(error) === UNDEFINED_TABLE) return problemOf(503, 'migrations are pending');
    return isConnectionLoss(error) || isTimeout(error)
      ? problemOf(503, 'the database does not answer')
      : problemOf(500);
  }
}

/** An error of ours; where it lists faults, each names its field. */
function problemOfRoom(status: number, error: Error & { faults?: unknown }): ProblemDocument {
  return Array.isArray(error.faults)
    ? { ...problemOf(status), errors: error.faults.map(String) }
    : problemOf(status, error.message);
}

/** A body parser's own word for what every client gets wrong once. */
function whatWasNotRead(cause: unknown): string | undefined {
  const isBrokenJson =
    typeof cause === 'object' &&
    cause !== null &&
    'type' in cause &&
    cause.type === 'entity.parse.failed';
  return isBrokenJson ? 'the body is not valid JSON' : undefined;
}

function fromHttpException(error: HttpException): ProblemDocument {
  // Passed on from Express or a body parser, whose words repeat the input: JSON, path or charset.
  if (error.cause !== undefined) return problemOf(error.getStatus(), whatWasNotRead(error.cause));
  const body = error.getResponse();
  const message: unknown = typeof body === 'object' && 'message' in body ? body.message : body;
  // The validation pipe lists one message per fault; they name fields, not values.
  if (Array.isArray(message))
    return { ...problemOf(error.getStatus()), errors: message.map(String) };
  // Express's own words repeat the path, which may hold an id.
  if (error.getStatus() === 404 && String(message).startsWith('Cannot '))
    return problemOf(404, 'no such route');
  return problemOf(error.getStatus(), typeof message === 'string' ? message : undefined);
}

function problemOf(status: number, detail?: string): ProblemDocument {
  const title = STATUS_CODES[status] ?? 'Error';
  return {
    type: 'about:blank',
    title,
    status,
    ...(detail === undefined || detail === title ? {} : { detail }),
  };
}

/** Body parsers and routers of Express throw errors that carry a status. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  return typeof error.status === 'number' && error.status >= 400 && error.status <= 599
    ? error.status
    : undefined;
}
