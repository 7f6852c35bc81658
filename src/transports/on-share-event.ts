import type { DomainEventType, ShareEvent } from '../events/domain-event.js';
import { ShareEventHandlerError } from './share-event-handler-error.js';

/** What a method of a provider hears of. */
export interface OnShareEventOptions<Name extends DomainEventType = DomainEventType> {
  readonly types: readonly Name[] | '*';
  /**
   * What its progress is kept under, after `handler:`. Default `<class>.<method>`: give one where code is minified, or before
   * you rename class or method, since a new name is a new handler, which hears of what happens from then on.
   */
  readonly name?: string;
}

/** Refuses a method that could not take what it asked for. */
export type ShareEventDecorator<Name extends DomainEventType> = <
  Handler extends (event: ShareEvent<Name>) => unknown,
>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Handler>,
) => void;

const METADATA = 'kakao-share:on-share-event';

/**
 * Lets a method of a provider, or of a controller, hear of events of these types, or of all (`'*'`).
 *
 * ```ts
 * @OnShareEvent('reward.credited')
 * async tell(event: ShareEvent<'reward.credited'>): Promise<void> { … }
 * ```
 *
 * Handlers run in each process that has the role `relay` and the event transport `in-process`. Each is a destination of its own:
 * it hears of every event at least once from the first start with it on, of one user's events one after another, and where it
 * throws or hangs it alone waits. What throws `EventRefusedError` is set aside at once. Guards, pipes, interceptors and filters
 * do not apply.
 */
export function OnShareEvent<const Name extends DomainEventType>(
  ...types: readonly [Name, ...Name[]]
): ShareEventDecorator<Name>;
export function OnShareEvent(all: '*'): ShareEventDecorator<DomainEventType>;
export function OnShareEvent<const Name extends DomainEventType>(
  options: OnShareEventOptions<Name>,
): ShareEventDecorator<Name>;
export function OnShareEvent(
  ...given: readonly (DomainEventType | '*' | OnShareEventOptions)[]
): ShareEventDecorator<DomainEventType> {
  const [first] = given;
  const options =
    typeof first === 'object'
      ? first
      : { types: given.includes('*') ? ('*' as const) : (given as readonly DomainEventType[]) };
  return (target, method) => {
    refuseMisplaced(target, method);
    // Kept beside the method, not on it: other decorators put another function in its place.
    Reflect.defineMetadata(METADATA, options, target, method);
  };
}

/** What a method asked to hear of, also where it was inherited. */
export function heardBy(prototype: object, method: string): OnShareEventOptions | undefined {
  return Reflect.getMetadata(METADATA, prototype, method) as OnShareEventOptions | undefined;
}

/** Neither would ever be found, and nobody would notice. */
function refuseMisplaced(target: object, method: string): void {
  if (typeof target === 'function') {
    throw new ShareEventHandlerError([
      `${target.name}.${method} is static. Put @OnShareEvent on a method of the provider itself.`,
    ]);
  }
  if (Reflect.hasOwnMetadata(METADATA, target, method)) {
    throw new ShareEventHandlerError([
      `${target.constructor.name}.${method} has @OnShareEvent twice. Name all types in one.`,
    ]);
  }
}
