import { Logger } from '@nestjs/common';
import type { Destination } from '../relay/destinations.js';
import type { Relay } from '../relay/relay.js';
import { HandlerTransport, type ShareEventHandler } from '../transports/handler-transport.js';
import type { SettlementModuleOptions } from './settlement-options.js';

/**
 * Lets the relay tell the application's handlers, and says in the log who hears of what.
 * @returns their destinations; none where this process tells no handler
 */
export function serveHandlers(
  handlers: readonly ShareEventHandler[],
  relay: Relay,
  options: SettlementModuleOptions,
): Destination[] {
  const logger = new Logger('ShareEventHandlers');
  const missing = whatIsMissing(options);
  if (missing !== undefined && handlers.length > 0) {
    const names = handlers.map(({ name }) => name).join(', ');
    logger.warn(`Not run by this process, which lacks ${missing}: ${names}`);
  }
  if (missing !== undefined) return [];
  return handlers.map((handler) => {
    const transport = new HandlerTransport(handler);
    transport.includesRoomHash = options.eventRoomHash?.includes('in-process') ?? false;
    relay.add(transport);
    logger.log(`${handler.name} hears of ${handler.types?.join(', ') ?? 'all events'}`);
    return { name: transport.name, ...transport.audience };
  });
}

function whatIsMissing({ roles, eventTransports }: SettlementModuleOptions): string | undefined {
  if (!(roles?.includes('relay') ?? true)) return 'the role "relay"';
  if (!(eventTransports?.includes('in-process') ?? true)) {
    return 'the event transport "in-process"';
  }
  return undefined;
}
