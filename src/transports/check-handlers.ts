import {
  DOMAIN_EVENT_TYPES,
  type DomainEventType,
  type ShareEvent,
} from '../events/domain-event.js';
import { ShareEventHandlerError } from './share-event-handler-error.js';

/** A method that asks to hear of events. */
export interface FoundHandler {
  /** Class and method, for whoever looks for it. */
  readonly place: string;
  /** Its destination. */
  readonly name: string;
  readonly types: readonly DomainEventType[] | '*';
  /** There is one instance, for the whole application. */
  readonly isSingle: boolean;
  readonly handle: (event: ShareEvent) => unknown;
}

/** Readable in logs and addresses. */
const NAME = /^handler:[\w$.-]{1,100}$/;

/** @throws {ShareEventHandlerError} */
export function checkHandlers(handlers: readonly FoundHandler[]): void {
  const faults = handlers.flatMap((handler, index) => [
    ...ownFaults(handler),
    ...(handlers.findIndex(({ name }) => name === handler.name) === index
      ? []
      : [
          `${handler.place} would be a second ${handler.name}. Provide its class in one module and export it from there, or give ` +
            'each its own name: @OnShareEvent({ types, name }).',
        ]),
  ]);
  if (faults.length > 0) throw new ShareEventHandlerError(faults);
}

function ownFaults({ place, name, types, isSingle }: FoundHandler): string[] {
  const faults: string[] = [];
  if (!NAME.test(name)) {
    faults.push(
      `${place} has a name that cannot be used. Give it one of letters, digits, "_", "$", "." and "-", at most 100: ` +
        '@OnShareEvent({ types, name }).',
    );
  }
  if (!isSingle) {
    faults.push(
      `${place} belongs to a provider that is made anew for each request or user of it, or needs one that is: an event has no ` +
        'request. Put the method on a provider of the default scope.',
    );
  }
  if (types === '*') return faults;
  if (types.length === 0) faults.push(`${place} hears of no type. Name one, or "*".`);
  const unknown = types.filter((type) => !DOMAIN_EVENT_TYPES.includes(type));
  if (unknown.length > 0) {
    faults.push(
      `${place} asks for ${unknown.map((type) => `"${type}"`).join(', ')}. There are: ${DOMAIN_EVENT_TYPES.join(', ')}.`,
    );
  }
  return faults;
}
