import { BlockList, isIP, isIPv4 } from 'node:net';
import { networksFault, parseNetwork } from '../config/endpoint-networks.js';
import { EndpointNetworksError } from './endpoint-errors.js';
import { isPublicAddress } from './special-networks.js';

/** Where calls may go: to public addresses over TLS, and to the networks that the operator named, over plain HTTP too. */
export class NetworkPolicy {
  readonly #named = new BlockList();

  /** @throws {EndpointNetworksError} when a network is none */
  constructor(networks: readonly string[]) {
    const fault = networksFault(networks);
    if (fault !== undefined) throw new EndpointNetworksError(`The list of networks ${fault}.`);
    for (const network of networks) {
      const parsed = parseNetwork(network);
      if (parsed === undefined) continue;
      this.#named.addSubnet(parsed.address, parsed.bits, `ipv${parsed.family}`);
    }
  }

  /** Whether this address may be called over this protocol, `https:` or `http:`. */
  allows(address: string, protocol: string): boolean {
    // An address with a zone, `fe80::1%eth0`, is of this machine's neighbourhood.
    if (isIP(address) === 0 || address.includes('%')) return false;
    if (this.#named.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')) return true;
    return protocol === 'https:' && isPublicAddress(address);
  }
}
