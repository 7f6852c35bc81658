import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { networksFault, parseNetwork } from '../config/endpoint-networks.js';
import { asNetwork } from '../config/kakao-networks.js';

/** Networks that webhooks are taken from cannot be read, or the number of proxies is none. */
export class CallerNetworksError extends Error {
  readonly code = 'KAKAO_SHARE_CALLER_NETWORKS';
  override readonly name = 'CallerNetworksError';
}

type Request = Pick<IncomingMessage, 'headers' | 'socket'>;

/** More than anybody puts one behind the other. */
const MAX_PROXIES = 10;

/** From where webhooks are taken: from everywhere, unless networks are named. */
export class CallerNetworks {
  readonly #named = new BlockList();

  /**
   * @param trustedProxies how many proxies stand in front, each adding to `X-Forwarded-For` whom it was called by
   * @throws {CallerNetworksError}
   */
  constructor(
    private readonly networks: readonly string[] = [],
    private readonly trustedProxies = 0,
  ) {
    const written = networks.map(asNetwork);
    const fault = networksFault(written);
    if (fault !== undefined) throw new CallerNetworksError(`The list of networks ${fault}.`);
    if (!Number.isInteger(trustedProxies) || trustedProxies < 0 || trustedProxies > MAX_PROXIES)
      throw new CallerNetworksError(`Trusted proxies are a number from 0 to ${MAX_PROXIES}.`);
    for (const network of written) {
      const parsed = parseNetwork(network);
      if (parsed !== undefined)
        this.#named.addSubnet(parsed.address, parsed.bits, `ipv${parsed.family}`);
    }
  }

  /** Who calls, undefined where nobody vouches for it. */
  addressOf(request: Request): string | undefined {
    return callerAddress(request, this.trustedProxies);
  }

  /** Whether a webhook may come from where this one does. */
  allow(request: Request): boolean {
    if (this.networks.length === 0) return true;
    const address = this.addressOf(request);
    return address !== undefined && this.#named.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

/**
 * Who called the outermost of exactly so many proxies. What stands further left in `X-Forwarded-For` was written by the caller, and
 * a request that passed fewer proxies has no caller that anybody vouches for.
 */
export function callerAddress(request: Request, trustedProxies: number): string | undefined {
  if (trustedProxies === 0) return plainAddress(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'];
  const callers = (Array.isArray(forwarded) ? forwarded.join() : (forwarded ?? '')).split(',');
  return plainAddress(callers.at(-trustedProxies)?.trim() ?? '');
}

/** Some proxies add the port, and a socket for both families has IPv4 addresses mapped into IPv6. */
function plainAddress(text: string): string | undefined {
  const address = text
    .replace(/^\[([^\]]*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/^::ffff:(?=[\d.]+$)/i, '');
  // An address with a zone, `fe80::1%eth0`, is of this machine's neighbourhood.
  return isIP(address) === 0 || address.includes('%') ? undefined : address;
}
