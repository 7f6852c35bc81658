import type { Logger } from '@nestjs/common';
import { describeError, errorCodeOf } from '../database/database-errors.js';
import type { Database, Transaction } from '../database/database.js';
import type { ShareEvent } from '../events/domain-event.js';
import {
  DestinationBusyError,
  DestinationGoneError,
  EventRefusedError,
  type EventTransport,
  type Pause,
} from '../relay/event-transport.js';
import { LookupOverdueError } from './bounded-lookups.js';
import { logAttempt } from './delivery-log.js';
import {
  AddressRefusedError,
  EndpointFailedError,
  EndpointKeysError,
  UnknownEndpointError,
} from './endpoint-errors.js';
import type { EndpointKeys, EndpointSecret } from './endpoint-keys.js';
import { destinationOf, type ServedEndpoint } from './endpoint.js';
import { judgeAnswer, type Answer, type Judgement } from './judge-answer.js';
import { readSending } from './read-sending.js';
import { signatureHeaders } from './sign-event.js';
import { tellPause } from './tell-pause.js';
import type { WebhookSender } from './webhook-sender.js';

/** From the lookup of the name to the answer: below what the relay gives a call, so that it is we who end it and log it. */
const ATTEMPT_LIMIT_MS = 8_000;

/** No such name, no way there, nobody listening. */
const NOT_CONNECTED = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'];
/** As if it asked for a rest of any length: what it never saw is not the event's fault. */
const AT_ONCE = { retryAfterMs: 0 };

export interface EndpointTransportParts {
  readonly database: Database;
  readonly keys: EndpointKeys;
  readonly sender: WebhookSender;
  readonly logger: Logger;
  readonly now?: () => Date;
  readonly attemptLimitMs?: number;
}

/**
 * Sends one endpoint its events as signed webhooks, one request each. Where it is and what signs is read anew for every
 * attempt, so that a change counts from the next one on.
 */
export class EndpointTransport implements EventTransport {
  readonly name: string;
  readonly audience = { kind: 'endpoint' } as const;
  readonly batchSize = 1;
  /** Requests at a time, of one relay: what a small server takes without noticing. */
  readonly parallelShards = 4;
  readonly maxRestMs = 5 * 60_000;
  /** A night and a working day to notice. */
  readonly pauseAfterMs = 24 * 3_600_000;
  includesRoomHash: boolean;

  constructor(
    private readonly endpoint: ServedEndpoint,
    private readonly parts: EndpointTransportParts,
  ) {
    this.name = destinationOf(endpoint.id);
    this.includesRoomHash = endpoint.includesRoomHash;
  }

  /** Nothing is asked of somebody's server but what it is there for. */
  async connect(): Promise<void> {
    // Whether it is there shows with the next event.
  }

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    for (const event of events) {
      signal.throwIfAborted();
      try {
        actOn(await this.#attempt(event, signal), event);
      } catch (error) {
        // Deleted meanwhile: what waited is dropped with it, so nothing has failed.
        if (error instanceof UnknownEndpointError) return;
        throw error;
      }
    }
  }

  async onPaused(tx: Transaction, pause: Pause): Promise<void> {
    await tellPause(tx, this.endpoint, pause);
  }

  close(): Promise<void> {
    this.parts.sender.close();
    return Promise.resolve();
  }

  async #attempt(event: ShareEvent, signal: AbortSignal): Promise<Judgement> {
    const {
      database,
      sender,
      now = () => new Date(),
      attemptLimitMs = ATTEMPT_LIMIT_MS,
    } = this.parts;
    const attemptedAt = now();
    const begunAt = performance.now();
    const timeUp = AbortSignal.timeout(attemptLimitMs);
    const { url, secrets } = await readSending(database, this.endpoint.id);
    const body = JSON.stringify(event);
    let answer: Answer | undefined;
    let judgement: Judgement;
    try {
      const headers = this.#headers(secrets, { id: event.id, body, sentAt: attemptedAt });
      answer = await sender.post({ url, headers, body }, AbortSignal.any([signal, timeUp]));
      judgement = judgeAnswer(answer, attemptedAt);
    } catch (error) {
      judgement = timeUp.aborted
        ? { outcome: 'failed', reason: `there was no answer within ${attemptLimitMs} ms` }
        : { outcome: 'failed', reason: reasonOf(error), ...(neverSent(error) && AT_ONCE) };
    }
    await this.#log({
      ...{ endpointId: this.endpoint.id, eventId: event.id, attemptedAt },
      ...{ durationMs: performance.now() - begunAt, statusCode: answer?.statusCode },
      outcome: judgement.outcome,
      error: 'reason' in judgement ? judgement.reason : undefined,
    });
    return judgement;
  }

  #headers(
    secrets: readonly EndpointSecret[],
    message: Parameters<typeof signatureHeaders>[1],
  ): Record<string, string> {
    const { keys } = this.parts;
    const signing = secrets.map((secret) => keys.secretOf(this.endpoint.id, secret));
    return {
      // Not application/cloudevents+json: the parsers that keep a request's raw bytes for a signature take this type alone.
      'Content-Type': 'application/json',
      'User-Agent': 'nestjs-kakao-share',
      ...signatureHeaders(signing, message),
    };
  }

  /** What was delivered stays so when the log cannot be written. */
  async #log(attempt: Parameters<typeof logAttempt>[1]): Promise<void> {
    try {
      await logAttempt(this.parts.database, attempt);
    } catch (error) {
      this.parts.logger.warn(
        `An attempt of ${this.name} is not in its log: ${describeError(error)}`,
      );
    }
  }
}

/** For the log and for operators: no address behind us, nothing of the URL, nothing that the endpoint said. */
function reasonOf(error: unknown): string {
  if (isOurs(error)) return error.message;
  return `the connection failed: ${errorCodeOf(error) ?? 'for no known reason'}`;
}

/** Whether the event itself cannot have been what went wrong. */
function neverSent(error: unknown): boolean {
  return isOurs(error) || NOT_CONNECTED.includes(errorCodeOf(error) ?? '');
}

/** Whether we kept it from being sent, and say why. */
function isOurs(error: unknown): error is Error {
  return [AddressRefusedError, EndpointKeysError, LookupOverdueError].some(
    (ours) => error instanceof ours,
  );
}

function actOn(judgement: Judgement, event: ShareEvent): void {
  switch (judgement.outcome) {
    case 'delivered':
      return;
    case 'refused':
      throw new EventRefusedError(event.id, judgement.reason);
    case 'gone':
      throw new DestinationGoneError(judgement.reason);
    case 'failed':
      if (judgement.retryAfterMs === undefined) throw new EndpointFailedError(judgement.reason);
      throw new DestinationBusyError(judgement.reason, judgement.retryAfterMs);
  }
}
