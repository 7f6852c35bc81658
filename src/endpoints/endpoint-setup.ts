import { EndpointKeys } from './endpoint-keys.js';
import { EndpointsOffError } from './endpoint-errors.js';
import { NetworkPolicy } from './network-policy.js';

/** What signed webhooks need to know. */
export interface EndpointOptions {
  /**
   * What the secrets of endpoints are derived from, newest first, 32 characters or more each: the same in every process. One
   * that is rotated stays behind the newest until no secret needs it.
   */
  readonly keys: readonly string[];
  /** Networks where endpoints may be though they are private, and without TLS: `10.1.0.0/16`. Default none. */
  readonly networks?: readonly string[];
}

/** What creating and changing endpoints needs: where they may be, and the keys of their secrets. */
export class EndpointSetup {
  readonly policy: NetworkPolicy;
  readonly #keys: EndpointKeys | undefined;

  /**
   * @param options undefined: endpoints can be looked at, paused and deleted, but nobody would call a new one
   * @throws {EndpointKeysError}
   * @throws {EndpointNetworksError}
   */
  constructor(options: EndpointOptions | undefined) {
    this.policy = new NetworkPolicy(options?.networks ?? []);
    this.#keys = options === undefined ? undefined : new EndpointKeys(options.keys);
  }

  /** @throws {EndpointsOffError} when signed webhooks are not set up */
  get keys(): EndpointKeys {
    if (this.#keys === undefined) throw new EndpointsOffError();
    return this.#keys;
  }
}
