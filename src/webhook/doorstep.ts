import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KakaoKeyRing, KeyHolder } from '../kakao/key-ring.js';
import { RESOURCE_ID_HEADER } from '../kakao/resource-id.js';
import type { CallerNetworks } from './caller-networks.js';
import type { DoorTeller } from './door-teller.js';
import type { KeyWitness } from './key-witness.js';
import { readBody } from './read-body.js';
import { RefusalLog } from './refusal-log.js';
import {
  BODY_REFUSALS,
  FOREIGN,
  NOT_ALLOWED,
  refuse,
  UNAUTHORIZED,
  writeRefusal,
  type Refusal,
} from './refusal.js';
import { parseTarget } from './request-target.js';

/** A webhook that Kakao sent, as bytes: proven by its key, not looked at any further. */
export interface Arrival extends KeyHolder {
  readonly receivedAt: Date;
  /** The same moment by `performance.now()`: a clock that is set meanwhile takes no time from it, and gives none. */
  readonly arrivedAtMs: number;
  readonly method: string;
  /** Every value that the resource id's header was sent with. */
  readonly resourceIds: readonly string[] | undefined;
  /** Worth keeping; never Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Buffer;
  /** Undefined when somebody before us has read it and kept no bytes. */
  readonly body: Buffer | undefined;
}

const KEPT_HEADERS = [
  'content-type',
  'content-encoding',
  'user-agent',
  RESOURCE_ID_HEADER,
] as const;
const MAX_KEPT_HEADER_CHARS = 1_024;
/** What parsers go by, of a body that is taken; and what would let a platform answer a webhook with 304. */
const SPENT_HEADERS = [
  'content-type',
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'if-none-match',
  'if-modified-since',
] as const;

/**
 * Stands before the host's parsers, pipes and guards, on our path alone: judges method, caller and key before a byte of the body is
 * read, then takes the body as bytes. What passes goes on to the controller as a request without a body.
 *
 * Nobody can stand before what read the body outside of Nest (an Express application with `express.json()` that Nest was
 * mounted on, a cloud function). Then its `rawBody` counts if it is a Buffer. A body that is left only as parsed is not used:
 * a 19-digit user id is rounded there and names somebody else. Such a webhook is kept in quarantine.
 */
export class Doorstep {
  readonly #arrivals = new WeakMap<IncomingMessage, Arrival>();
  readonly #logger = new Logger(Doorstep.name);
  readonly #refusalLog = new RefusalLog(this.#logger);
  #toldOfEarlierReader = false;

  constructor(
    private readonly keyRing: KakaoKeyRing,
    private readonly callers: CallerNetworks,
    private readonly teller: DoorTeller,
    private readonly witness: KeyWitness,
  ) {}

  /** Resolves to true when the request may go on, to false when it has been answered here. */
  async admit(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const [receivedAt, arrivedAtMs] = [new Date(), performance.now()];
    this.teller.follow(response);
    const { method = '' } = request;
    if (method !== 'GET' && method !== 'POST') return this.#refuse(response, NOT_ALLOWED);
    if (!this.callers.allow(request)) return this.#refuse(response, FOREIGN);
    const holder = this.keyRing.identify(onlyValue(valuesOf(request, 'authorization')));
    if (holder === undefined) return this.#refuseStranger(request, response, receivedAt);
    this.witness.used(holder, receivedAt);
    this.teller.genuine(response);
    const body = await readBody(request);
    if (body === 'read-before') this.#tellOfEarlierReader(method);
    else if (typeof body === 'string')
      return this.#refuse(response, BODY_REFUSALS[body], { close: true });
    this.#arrivals.set(request, {
      ...holder,
      receivedAt,
      arrivedAtMs,
      method,
      resourceIds: valuesOf(request, RESOURCE_ID_HEADER),
      headers: keptHeaders(request),
      query: queryOf(request),
      body: body === 'read-before' ? undefined : body,
    });
    // Whatever parser comes next finds a request that has no body.
    for (const name of SPENT_HEADERS) Reflect.deleteProperty(request.headers, name);
    return true;
  }

  /** The answer is there at once and always the same; what is still to come of the request is looked at behind it. */
  #refuseStranger(request: IncomingMessage, response: ServerResponse, receivedAt: Date): false {
    this.#refusalLog.add(UNAUTHORIZED);
    writeRefusal(response, UNAUTHORIZED);
    this.teller.whole(response);
    const collected = this.witness.refused(request, {
      receivedAt,
      authorization: onlyValue(valuesOf(request, 'authorization')),
      address: this.callers.addressOf(request),
      method: request.method ?? '',
      resourceIds: valuesOf(request, RESOURCE_ID_HEADER),
      headers: keptHeaders(request),
      query: queryOf(request),
    });
    // A connection that closes after its answer would take a body with it that is on its way.
    if (collected === undefined) response.end();
    else void collected.finally(() => response.end());
    return false;
  }

  #refuse(response: ServerResponse, refusal: Refusal, how?: { close: boolean }): false {
    this.#refusalLog.add(refusal);
    return refuse(response, refusal, how);
  }

  /** Loud but once: each such webhook says so itself, in its quarantine. */
  #tellOfEarlierReader(method: string): void {
    if (method === 'GET' || this.#toldOfEarlierReader) return;
    this.#toldOfEarlierReader = true;
    this.#logger.error(
      "A body parser runs before WebhookModule and leaves nothing of Kakao's webhooks: they are quarantined, and nobody is " +
        'paid. Let it leave our path alone, or keep the bytes: express.json({ verify: (req, res, bytes) => { req.rawBody = bytes } }).',
    );
  }

  /** What was admitted, or undefined for a request that did not come over this doorstep. */
  arrivalOf(request: IncomingMessage): Arrival | undefined {
    return this.#arrivals.get(request);
  }

  /** For when the last request has its answer. */
  close(): void {
    this.#refusalLog.close();
  }
}

function queryOf({ url }: IncomingMessage): Buffer {
  return Buffer.from(parseTarget(url).query, 'latin1');
}

/** Two `Authorization` headers are nobody's: which one counted would be a matter of taste. */
function onlyValue(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

/** A header as often as it was sent. Requests that no socket carried (`inject`, HTTP/2) know their headers merged only. */
function valuesOf(
  request: Pick<IncomingMessage, 'headers'> & Partial<Pick<IncomingMessage, 'headersDistinct'>>,
  name: string,
): readonly string[] | undefined {
  const merged = request.headers[name];
  return request.headersDistinct?.[name] ?? (typeof merged === 'string' ? [merged] : merged);
}

function keptHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = valuesOf(request, name)?.join(', ');
      return value === undefined ? [] : [[name, value.slice(0, MAX_KEPT_HEADER_CHARS)]];
    }),
  );
}
