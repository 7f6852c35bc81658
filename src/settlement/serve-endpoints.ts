import { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import { EndpointKeysError } from '../endpoints/endpoint-errors.js';
import { EndpointSetup } from '../endpoints/endpoint-setup.js';
import type { Relay } from '../relay/relay.js';
import type { SettlementModuleOptions } from './settlement-options.js';

/**
 * What lets the relay call endpoints; undefined where this process calls none.
 * @throws {EndpointKeysError} when it shall and has no keys to sign with
 */
export function serveEndpoints(
  database: Database,
  relay: Relay,
  { roles, eventTransports, eventEndpoints }: SettlementModuleOptions,
): EndpointDirectory | undefined {
  const isRelay = roles?.includes('relay') ?? true;
  if (!isRelay || eventTransports?.includes('webhooks') !== true) return undefined;
  if (eventEndpoints === undefined)
    throw new EndpointKeysError(
      'The transport "webhooks" is chosen and has no keys: give the option "eventEndpoints", or EVENT_ENDPOINT_KEYS to the service.',
    );
  const { keys, policy } = new EndpointSetup(eventEndpoints);
  const logger = new Logger('EventEndpoints');
  return new EndpointDirectory({ database, relay, keys, policy, logger });
}
