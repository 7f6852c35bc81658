import type { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { requireCurrentSchema } from '../database/schema-state.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import type { Relay } from '../relay/relay.js';
import { trimDeliveryLog } from './delivery-log.js';
import type { EndpointKeys } from './endpoint-keys.js';
import { EndpointTransport } from './endpoint-transport.js';
import { destinationOf, readEndpoints } from './endpoint.js';
import type { NetworkPolicy } from './network-policy.js';
import { WebhookSender } from './webhook-sender.js';

/** How long a new endpoint waits for its first event, and a deleted one is still asked for. */
const LOOK_EVERY_MS = 2_000;
const REMOVE_LIMIT_MS = 5_000;
const TRIM_EVERY_MS = 10 * 60_000;
/** While there is more to drop: a batch, a breath for the others, the next batch. */
const NEXT_BATCH_MS = 50;

export interface EndpointDirectoryParts {
  readonly database: Database;
  readonly relay: Relay;
  readonly keys: EndpointKeys;
  readonly policy: NetworkPolicy;
  readonly logger: Logger;
}

/** Lets the relay serve the endpoints that there are, as they come and go, and keeps their delivery log from growing for ever. */
export class EndpointDirectory {
  readonly #served = new Map<string, EndpointTransport>();
  #isSchemaCurrent = false;
  readonly #looking: BackgroundLoop;
  readonly #trimming: BackgroundLoop;

  constructor(private readonly parts: EndpointDirectoryParts) {
    const { database, logger } = parts;
    this.#looking = new BackgroundLoop('looking for endpoints', () => this.#look(), logger);
    this.#trimming = new BackgroundLoop(
      'trimming the delivery log',
      async () => {
        await requireCurrentSchema(database);
        const isMore = await trimDeliveryLog(database, await readClock(database));
        return isMore ? NEXT_BATCH_MS : TRIM_EVERY_MS;
      },
      logger,
    );
  }

  start(): void {
    this.#looking.start();
    this.#trimming.start();
  }

  /** Stop it before the relay, to which it gives endpoints. */
  async stop(limitMs: number): Promise<void> {
    await Promise.all([this.#looking, this.#trimming].map((loop) => loop.stop(limitMs)));
  }

  async #look(): Promise<number> {
    const { database, relay, keys, policy, logger } = this.parts;
    if (!this.#isSchemaCurrent) await requireCurrentSchema(database);
    this.#isSchemaCurrent = true;
    const endpoints = await readEndpoints(database);
    const names = new Set(endpoints.map(({ id }) => destinationOf(id)));
    const gone = [...this.#served.keys()].filter((name) => !names.has(name));
    await Promise.all(
      gone.map(async (name) => {
        this.#served.delete(name);
        await relay.remove(name, REMOVE_LIMIT_MS);
      }),
    );
    for (const endpoint of endpoints) {
      const known = this.#served.get(destinationOf(endpoint.id));
      if (known !== undefined) {
        known.includesRoomHash = endpoint.includesRoomHash;
        continue;
      }
      const sender = new WebhookSender(policy);
      const transport = new EndpointTransport(endpoint, { database, keys, sender, logger });
      relay.add(transport);
      this.#served.set(transport.name, transport);
    }
    return LOOK_EVERY_MS;
  }
}
