import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { ShareEvent } from '../events/domain-event.js';
import { checkHandlers, type FoundHandler } from './check-handlers.js';
import type { ShareEventHandler } from './handler-transport.js';
import { heardBy } from './on-share-event.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds the methods with `@OnShareEvent` in all modules of the application. */
@Injectable()
export class ShareEventHandlers {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** @throws {ShareEventHandlerError} naming every handler that cannot be served */
  find(): ShareEventHandler[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    const seen = new Set<unknown>();
    const found = wrappers.flatMap((wrapper) => {
      const { instance } = wrapper as { instance: unknown };
      // An alias names what another token provides.
      if (wrapper.isAlias || (instance !== undefined && seen.has(instance))) return [];
      seen.add(instance);
      return this.#handlersOf(wrapper, instance);
    });
    checkHandlers(found);
    return found.map(({ name, types, handle }) => ({
      name,
      types: types === '*' ? undefined : types,
      handle,
    }));
  }

  #handlersOf(wrapper: Wrapper, instance: unknown): FoundHandler[] {
    const prototype = prototypeOf(wrapper, instance);
    return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
      const options = prototype === null ? undefined : heardBy(prototype, method);
      if (prototype === null || options === undefined) return [];
      const place = `${prototype.constructor.name}.${method}`;
      return {
        place,
        name: `handler:${options.name ?? place}`,
        types: options.types,
        isSingle: wrapper.isDependencyTreeStatic() && !wrapper.isTransient,
        handle: (event: ShareEvent) =>
          (instance as Record<string, (event: ShareEvent) => unknown>)[method]?.(event),
      };
    });
  }
}

/** Where there is no instance yet, one per request, the class tells what it would have. */
function prototypeOf({ metatype }: Wrapper, instance: unknown): object | null {
  if (typeof instance === 'object' && instance !== null) {
    return Object.getPrototypeOf(instance) as object | null;
  }
  return (metatype as { prototype?: object } | null)?.prototype ?? null;
}
